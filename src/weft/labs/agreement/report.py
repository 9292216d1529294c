"""The tables, and the sentences that follow from them: every name and number in them is computed from the verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.labs._contract import LabReport, LabTable
from weft.labs.agreement.built_in import DECK
from weft.labs.agreement.comparing import Verdict
from weft.labs.agreement.counting import CHANCE, Part, Share, apart, judges_of, left_out, parts
from weft.labs.agreement.numbers import NumberTable
from weft.labs.agreement.pairs import Pair, PairSet
from weft.labs.agreement.slices import ALL, ATTRACTORS, DISTANCE


@dataclass(frozen=True)
class Measured:
    """A set of pairs, and what each judge said of it."""

    pairs: PairSet
    verdicts: Mapping[str, Verdict]

    @property
    def parts(self) -> list[Part]:
        """The shares, part by part."""
        return parts(self.pairs, self.verdicts)


def make(
    measured: Sequence[Measured],
    *,
    baseline: str = "",
    numbers: NumberTable | None = None,
    pictures: tuple[Path, ...] = (),
) -> LabReport:
    """The report over all sets of pairs; ``baseline`` is the n-gram model that the others are held against."""
    judges = list(dict.fromkeys(name for each in measured for name in judges_of(each.verdicts)))
    rows: list[tuple[Any, ...]] = []
    for each in measured:
        rows += [(each.pairs.name, part.name, part.n, *_cells(part, judges)) for part in each.parts]
    tables = [*_deck(measured), *([numbers.table] if numbers else [])]
    return LabReport(
        title="Pairs in which the form that agrees is preferred: percent, with the 95 % interval",
        columns=("pairs", "part", "n", *judges),
        rows=rows,
        sentences=(
            *(sentence for each in measured for sentence in _sentences(each, baseline)),
            *(numbers.sentences if numbers else ()),
        ),
        pictures=pictures,
        notes=_notes(measured),
        tables=tuple(tables),
    )


def _cells(part: Part, judges: Sequence[str]) -> list[str | None]:
    return [part.shares[name].shown() if name in part.shares else None for name in judges]


def _deck(measured: Sequence[Measured]) -> list[LabTable]:
    """What every model makes of the smallest example, where it was measured."""
    for each in measured:
        places = {pair: place for place, pair in enumerate(each.pairs.pairs) if pair in DECK}
        judges = judges_of(each.verdicts)
        if places and judges:
            rows = [
                (f"{pair.prefix} [{pair.good}/{pair.bad}]", *(_odds(each.verdicts[name], place) for name in judges))
                for pair, place in places.items()
            ]
            title = f"The form that agrees, against the other: {_forms(DECK[0])} and so on"
            return [LabTable(title, ("pair", *judges), rows)]
    return []


def _forms(pair: Pair) -> str:
    return f"p({pair.good}) : p({pair.bad})"


def _odds(verdict: Verdict, place: int) -> str | None:
    """How many times as likely the good form is: ``25 : 1``."""
    margin = float(verdict.margins[place])
    if math.isnan(margin):
        return None
    odds = math.exp(min(abs(margin), 20.0))
    number = f"{odds:,.1f}" if odds < 10 else f"{odds:,.0f}" if odds < 10_000 else "over 10,000"
    return f"{number} : 1" if margin >= 0 else f"1 : {number}"


def _sentences(each: Measured, baseline: str) -> list[str]:
    found = {part.name: part for part in each.parts}
    if ALL not in found:
        return [f"{each.pairs.name}: no pair is left whose words every model knows."]
    whole = found[ALL]
    made = [f"{each.pairs.name}: the form that agrees is preferred in {_shares(whole.shares)}, of {whole.n:,} pairs."]
    for kind in (ATTRACTORS, DISTANCE):
        own = [part for part in found.values() if part.name.startswith(kind)]
        if len(own) > 1:
            ends = [f"{part.name}: {_shares(part.shares)}" for part in (own[0], own[-1])]
            made.append(f"{each.pairs.name}, {'; '.join(ends)}.")
    return [*made, *_against_the_baseline(each.pairs.name, list(found.values()), baseline)]


def _against_the_baseline(name: str, found: Sequence[Part], baseline: str) -> list[str]:
    """Where a model is above the n-grams, and where they are above chance, by intervals that do not meet."""
    judged = [part for part in found if baseline in part.shares]
    if not judged:
        return []
    made = []
    for judge in found[0].shares:
        if judge != baseline:
            above = sum(apart(part.shares[judge], part.shares[baseline]) for part in judged)
            below = sum(apart(part.shares[baseline], part.shares[judge]) for part in judged)
            made.append(f"{judge} in {above} (below in {below})")
    chance = sum(part.shares[baseline].interval[0] > CHANCE for part in judged)
    others = f"above {baseline}, by intervals that do not meet, is {', '.join(made)}; " if made else ""
    return [f"{name}, of {len(judged)} parts: {others}{baseline} itself is above chance in {chance}."]


def _shares(shares: Mapping[str, Share]) -> str:
    return ", ".join(f"{100 * share.value:.1f} % ({name})" for name, share in shares.items())


def _notes(measured: Sequence[Measured]) -> tuple[str, ...]:
    return (
        "right: log p of the prefix and the form that agrees is above that with the other form, or of the whole"
        " sentence, and a tie is half right; chance is 50 %; intervals are Wilson's, with half counts for ties",
        "n: pairs whose words every model of the row knows, so that all are measured on the same; with unknown words:"
        " pairs of which some model knows only the words in which the two differ",
        "attractors: nouns between subject and verb of the other number; distance: words from the subject's noun to"
        " the verb, 1 where the verb follows it; parts that a set does not tell are absent",
        *(note for each in measured for note in each.pairs.notes),
        *(note for each in measured for note in left_out(each.pairs, each.verdicts)),
    )
