"""The table, and the sentences that follow from it: every name and number in them is computed from what was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.labs._contract import LabReport, LabTable
from weft.labs._translators import Part, Texts, apart
from weft.metrics import Difference
from weft.types import Score

Record = dict[str, Any]
UNSEEN = "not in training"


@dataclass(frozen=True)
class Measured:
    """Texts, and what each network wrote for them; the first is what the others are held against."""

    texts: Texts
    seed: int | None
    records: Mapping[str, Record]

    @property
    def baseline(self) -> str:
        """The first network."""
        return next(iter(self.records))

    @property
    def others(self) -> list[str]:
        """The networks that are held against it."""
        return list(self.records)[1:]

    @property
    def place(self) -> str:
        """Which texts and training, in a sentence."""
        return self.texts.name if self.seed is None else f"{self.texts.name}, seed {self.seed}"

    def score(self, network: str, part: Part, metric: str = "") -> Score:
        """How good a network's outputs of a part are."""
        return self.texts.score(self.records[network]["written"], part, metric)

    def difference(self, network: str, part: Part) -> Difference:
        """By how much they are better than the baseline's."""
        before, after = (self.records[name]["written"] for name in (self.baseline, network))
        return self.texts.difference(before, after, part)


def make(measured: Sequence[Measured], drawn: tuple[Path, ...]) -> LabReport:
    """The report over all texts."""
    names = list(dict.fromkeys(name for each in measured for name in each.records))
    others = [name for name in names if name != measured[0].baseline]
    gains = tuple(f"{name} - {measured[0].baseline}" for name in others)
    return LabReport(
        title="Outputs by the length of the source: percent, with the 95 % interval",
        columns=("texts", "seed", "length", "trained on", "n", *names, *gains),
        rows=[row for each in measured for row in _rows(each, names, others)],
        sentences=tuple(sentence for each in measured for sentence in _sentences(each)),
        pictures=drawn,
        notes=_notes(measured),
        tables=(_trainings(measured),),
    )


def percent(score: Score | Difference) -> tuple[float, float, float]:
    """Value and interval, shares as percent."""
    scale = 1.0 if score.name == "bleu" else 100.0
    return scale * score.value, scale * score.low, scale * score.high


def _rows(each: Measured, names: Sequence[str], others: Sequence[str]) -> list[tuple[Any, ...]]:
    rows = []
    for part in each.texts.parts:
        seen = {None: None, True: "yes", False: "no"}[part.seen]
        cells = [_cell(each.score(name, part)) if name in each.records else None for name in names]
        cells += [_cell(each.difference(name, part), sign="+") for name in others if name in each.records]
        rows.append((each.texts.name, each.seed, part.name, seen, len(part.rows), *cells))
    return rows


def _cell(score: Score | Difference, sign: str = "") -> str:
    value, low, high = percent(score)
    return f"{value:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})"


def _sentences(each: Measured) -> list[str]:
    found = []
    for network in each.others:
        found.append(_growth(each, network))
        found += _unseen(each, network)
    return found


def known(texts: Texts) -> list[Part]:
    """The parts of lengths that training held, or of which nothing is known."""
    return [part for part in texts.parts if part.seen is not False]


def _growth(each: Measured, network: str) -> str:
    """Whether the gap grows from the shortest to the longest sources."""
    parts = known(each.texts)
    begin = f"{each.place}: {network} against {each.baseline},"
    if len(parts) < 2:
        return f"{begin} all sources are about equally long: nothing can be said of their length."
    ends = (parts[0], parts[-1])
    gaps = [each.difference(network, part) for part in ends]
    change = tuple((1.0 if gaps[0].name == "bleu" else 100.0) * value for value in apart(*gaps))
    unit = each.texts.unit
    places = [f"{_cell(gap, '+')} at {part.name} {unit}" for gap, part in zip(gaps, ends, strict=True)]
    if change[1] > 0:
        verdict = "the gap grows with length"
    elif change[2] < 0:
        verdict = "the gap shrinks with length"
    else:
        verdict = "whether the gap changes with length cannot be told from chance"
    return f"{begin} {places[0]}, {places[1]}: {verdict}, by {_signed(change)} points."


def _unseen(each: Measured, network: str) -> list[str]:
    """What is left of both at lengths that training did not hold."""
    parts = [part for part in each.texts.parts if part.seen is False]
    if not parts:
        return []
    longest = parts[-1]
    shares = ", ".join(f"{name} {_cell(each.score(name, longest))}" for name in (each.baseline, network))
    where = ", ".join(part.name for part in parts)
    gap = each.difference(network, longest)
    chance = "" if gap.real else "; the difference may be chance"
    unit = each.texts.unit
    return [f"{each.place}, lengths {UNSEEN} ({where} {unit}): at {longest.name}, {shares}{chance}."]


def _signed(values: Sequence[float]) -> str:
    value, low, high = values
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"


def _trainings(measured: Sequence[Measured]) -> LabTable:
    """What each network is, and what it cost."""
    rows = [
        (each.texts.name, each.seed, name, record["parameters"], record["updates"], record["seconds"])
        for each in measured
        for name, record in each.records.items()
    ]
    columns = ("texts", "seed", "network", "parameters", "updates", "seconds")
    return LabTable("The networks, and what their training took", columns, rows)


def _notes(measured: Sequence[Measured]) -> tuple[str, ...]:
    metrics = {each.texts.metric for each in measured}
    notes = []
    if "exact-match" in metrics:
        notes.append("outputs of strings: the share that is right in every symbol, Wilson's interval")
    if "bleu" in metrics:
        notes.append(
            "outputs of sentences: cased BLEU of sacrebleu over the texts of a part, a bootstrap over the texts"
        )
    return (
        *notes,
        "differences: both networks on the same texts, drawn together (paired bootstrap); their change from the"
        " shortest to the longest sources: the interval of Zou and Donner (2008) from both. Intervals are over texts,"
        " not over trainings: another seed is another training",
        "trained on: whether training held sources of that length; length: of the source, in characters of strings and"
        " in words of sentences; seconds: of training, without validation, beside what else ran",
    )
