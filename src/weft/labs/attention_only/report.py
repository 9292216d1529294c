"""The tables, and the sentences that follow from them: every name and number in them is computed from the records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.labs._contract import LabReport, LabTable
from weft.labs._results import Record
from weft.labs._translators import Part, Texts
from weft.labs.attention_only.plan import NETWORKS, TRIALS, Plan, in_turn, layers_of
from weft.types import Score


@dataclass(frozen=True)
class Measured:
    """A task and a seed: the texts, and what each network wrote for them."""

    texts: Texts
    seed: int
    records: Mapping[str, Record]

    @property
    def place(self) -> str:
        """In a sentence."""
        return f"{self.texts.name}, seed {self.seed}"

    def score(self, network: str, part: Part) -> Score:
        """The share of a part that a network has right."""
        return self.texts.score(self.records[network]["written"], part)


def gather(planned: Plan, records: Mapping[tuple[str, str], Record]) -> list[Measured]:
    """The records by task and seed."""
    return [
        Measured(
            texts,
            seed,
            {
                each.job.network: records[each.key]
                for name in NETWORKS
                for each in planned.trainings
                if each.job.network == name and each.texts.digest == texts.digest and each.job.seed == seed
            },
        )
        for (_, seed), texts in planned.texts.items()
    ]


def make(planned: Plan, measured: Sequence[Measured], paces: Sequence[Record], drawn: tuple[Path, ...]) -> LabReport:
    """The report over all trainings and paces."""
    rows = [
        (each.texts.name, each.seed, part.name, _trained_on(part), len(part.rows), *_cells(each, part))
        for each in measured
        for part in each.texts.parts
    ]
    return LabReport(
        title="Right in every symbol by the length of the source: percent, with the 95 % interval",
        columns=("texts", "seed", "length", "trained on", "n", *NETWORKS),
        rows=rows,
        sentences=(*(line for each in measured for line in _quality(each)), *_pace_sentences(paces)),
        pictures=drawn,
        notes=(*planned.notes, *_notes(planned)),
        tables=(_trainings(measured), _pace_table(paces), _in_turn_table(planned)),
    )


def _trained_on(part: Part) -> str | None:
    return None if part.seen is None else "yes" if part.seen else "no"


def _cells(each: Measured, part: Part) -> list[str]:
    return [_percent(each.score(name, part)) for name in NETWORKS]


def _percent(score: Score) -> str:
    return f"{100 * score.value:.1f} ({100 * score.low:.1f} to {100 * score.high:.1f})"


def _quality(each: Measured) -> list[str]:
    """Who has most right at the longest length that training held, and at the longest one of all."""
    known = [part for part in each.texts.parts if part.seen is not False]
    unseen = [part for part in each.texts.parts if part.seen is False]
    longest = known[-1]
    found = [f"{each.place}, the longest sources of the kind trained on ({longest.name}): {_ranked(each, longest)}."]
    if unseen:
        places = f"{unseen[0].name} and {unseen[-1].name}" if len(unseen) > 1 else unseen[0].name
        shares = "; ".join(_ranked(each, part) for part in dict.fromkeys((unseen[0], unseen[-1])))
        found.append(f"{each.place}, longer than any in training ({places}): {shares}.")
    seconds = {name: record["seconds"] for name, record in each.records.items()}
    ordered = ", ".join(f"{value:.0f} s ({name})" for name, value in sorted(seconds.items(), key=lambda item: item[1]))
    return [*found, f"{each.place}, training: {ordered}, each {_updates(each)} updates."]


def _updates(each: Measured) -> str:
    counts = {record["updates"] for record in each.records.values()}
    return " or ".join(f"{count:,}" for count in sorted(counts))


def _ranked(each: Measured, part: Part) -> str:
    ordered = sorted(NETWORKS, key=lambda name: -each.score(name, part).value)
    return ", ".join(f"{100 * each.score(name, part).value:.1f} % ({name})" for name in ordered)


def _pace_sentences(paces: Sequence[Record]) -> list[str]:
    """How the seconds of an update grow, and who is fastest where."""
    lengths = sorted({record["length"] for record in paces})
    by_place = {(record["network"], record["length"]): record["seconds"] for record in paces}
    first, last = lengths[0], lengths[-1]
    found = []
    if first < last:
        grown = [f"{by_place[name, last] / by_place[name, first]:.1f} ({name})" for name in NETWORKS]
        powers = [
            f"{math.log(by_place[name, last] / by_place[name, first]) / math.log(last / first):.2f} ({name})"
            for name in NETWORKS
        ]
        found.append(
            f"an update on strings {last / first:g} times as long ({first} to {last}) takes so many times the seconds:"
            f" {', '.join(grown)}; as a power of the length: {', '.join(powers)}."
        )
    fastest = [f"{min(NETWORKS, key=lambda name: by_place[name, length])} at {length}" for length in lengths]
    found.append(f"the fastest update: {', '.join(fastest)}.")
    return found


def _trainings(measured: Sequence[Measured]) -> LabTable:
    rows = [
        (
            each.texts.name,
            each.seed,
            name,
            record["parameters"],
            record["updates"],
            record["seconds"],
            round(1000 * record["seconds"] / max(1, record["updates"]), 1),
        )
        for each in measured
        for name, record in each.records.items()
    ]
    columns = ("texts", "seed", "network", "parameters", "updates", "seconds", "ms an update")
    return LabTable("The networks, and what their training took", columns, rows)


def _pace_table(paces: Sequence[Record]) -> LabTable:
    lengths = sorted({record["length"] for record in paces})
    by_place = {(record["network"], record["length"]): record for record in paces}
    rows = [(name, *(_milliseconds(by_place[name, length]) for length in lengths)) for name in NETWORKS]
    columns = ("network", *(f"length {length}" for length in lengths))
    return LabTable("Milliseconds of an update: the median, and the middle half", columns, rows)


def _milliseconds(record: Record) -> str:
    low, high = (f"{1000 * value:.1f}" for value in record["quarters"])
    return f"{1000 * record['seconds']:.1f} ({low} to {high})"


def _in_turn_table(planned: Plan) -> LabTable:
    longest = planned.size.paced[-1]
    rows: list[tuple[Any, ...]] = [
        (name, layers_of(recipe), *in_turn(recipe, longest)) for name, recipe in planned.networks.items()
    ]
    columns = ("network", "layers a side", "reading", "learning to write", "writing")
    return LabTable(f"Steps that wait for one another in a layer, {longest} symbols (computed)", columns, rows)


def _notes(planned: Plan) -> tuple[str, ...]:
    size = planned.size
    return (
        "right: outputs that are right in every symbol; Wilson's interval, over texts, not over trainings: another seed"
        " is another training",
        "trained on: whether training held strings of that length; numbers in words are divided into parts of about"
        " equal size, and no number of the test is trained on",
        TRIALS,
        "seconds: of training, without validation, beside what else ran; the updates of the third table are timed after"
        f" all trainings, {size.rounds} of each network in turns, on one thread, in the processor's seconds",
        "steps that wait for one another follow from the equations: a recurrence has one a symbol; convolutions and"
        " attention take all symbols of a known text at once, and write one symbol after the other like the others",
    )
