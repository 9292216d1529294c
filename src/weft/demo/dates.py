"""Dates in a hundred languages: how many are read right, and whether what was looked at is where the date stands."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from weft.alignment import train_model1
from weft.catalog import METRICS
from weft.data.alignments import Links, against
from weft.data.samples.dates import TARGET_SPANS, links_between, spans_of
from weft.types import Link, Score, TextEvidence

if TYPE_CHECKING:
    from weft.model import Model

SAMPLE = RECIPE = RUN = "dates"
SETTINGS = (
    *("training.epochs=1", "training.max_steps=940", "training.lr=0.005"),
    *("encoder.bidirectional=true", "encoder.hidden=96"),
)
"""Laid over the recipe: half an epoch shows it, eight are needed to read nearly all; and an encoder that reads in both
directions, whose links are truer."""
SECONDS = 100.0
"""Training ends well after this long, on however slow a machine."""

EXAMPLES = ("7 de marzo de 2024", "Mittwoch, 3. Mai 1989", "31 décembre 1999", "2 września 2031", "2019年5月1日水曜日")
"""Dates as people write them; some of them training has never seen in this form."""
DRAWN = "Mittwoch, 3. Mai 1989"
"""The date whose alignment is shown."""
ALIGNED = 300
"""Dates of the test part whose alignments are held against the true ones."""
ROUNDS, COUNTED = 5, 20_000
"""Of IBM Model 1: rounds of training, and how many pairs it sees."""


@dataclass(frozen=True)
class Dates:
    """A part of the sample."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    formats: tuple[str, ...]
    links: tuple[Links, ...]

    def __len__(self) -> int:
        return len(self.sources)

    def first(self, count: int) -> Dates:
        """The first ones."""
        return Dates(self.sources[:count], self.targets[:count], self.formats[:count], self.links[:count])


def read_dates(path: Path) -> Dates:
    """The rows of one part."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    links = tuple(links_between(row["source"], spans_of(row["spans"])) for row in rows)
    sources, targets, formats = (tuple(row[column] for row in rows) for column in ("source", "target", "format"))
    return Dates(sources, targets, formats, links)


def exact(dates: Dates, written: Sequence[str]) -> list[tuple[str, Score]]:
    """The share that is right, of all and of each format."""
    pairs = list(zip(dates.formats, dates.targets, written, strict=True))
    parts = [
        ("all", pairs),
        *((name, [pair for pair in pairs if pair[0] == name]) for name in sorted(set(dates.formats))),
    ]
    return [(name, _exact(part)) for name, part in parts]


def _exact(pairs: Sequence[tuple[str, str, str]]) -> Score:
    evidence = TextEvidence(tuple(right for _, right, _ in pairs), tuple(said for _, _, said in pairs))
    score: Score = METRICS.load("exact-match").score(evidence)
    return score


def alignment_errors(model: Model, train: Dates, test: Dates) -> dict[str, Score]:
    """Alignment error rate of attention and of IBM Model 1, between characters, against the true links.

    Only dates that the network writes right are counted: the true links are those of the right date. Empty where it
    writes none.
    """
    answers = list(enumerate(model.align(test.sources)))
    looked = [(place, seen) for place, (row, seen) in answers if seen and row["translation"] == test.targets[place]]
    if not looked:
        return {}
    gold = [test.links[place] for place, _ in looked]
    seen_by = train.first(COUNTED)
    pairs = [(tuple(source), tuple(target)) for source, target in zip(seen_by.sources, seen_by.targets, strict=True)]
    table = train_model1(pairs, iterations=ROUNDS)
    classic = [table.links(tuple(test.sources[place]), tuple(test.targets[place])) for place, _ in looked]
    metric = METRICS.load("alignment-error-rate")
    said = {"attention": [seen.links for _, seen in looked], "IBM Model 1": classic}
    return {name: metric.score(against(gold, [_digits(each) for each in links])) for name, links in said.items()}


def _digits(links: Collection[Link]) -> frozenset[Link]:
    """The links of the answer's digits; its hyphens stand for nothing."""
    within = {place for start, end in TARGET_SPANS.values() for place in range(start, end)}
    return frozenset(link for link in links if link[1] in within)
