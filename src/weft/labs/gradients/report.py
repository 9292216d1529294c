"""The table, and the sentences that follow from it: every name and number in them is computed from the records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from weft.labs._contract import LabReport
from weft.labs.gradients.experiment import Settings
from weft.labs.gradients.tasks import TASKS

Record = dict[str, Any]
COLUMNS = (
    "task", "cell", "D", "solved", "error", "clipped", "f init", "f after", "f clip", "max norm", "lost",
)  # fmt: skip
TRAININGS = ("plain", "clipped")


def make(records: Sequence[Record], settings: Settings, drawn: tuple[Path, ...]) -> LabReport:
    """The report over the records of all experiments."""
    tasks = [task for task in TASKS if any(record["task"] == task for record in records)]
    return LabReport(
        title=f"Gradients against distance, {settings.hidden} units, seed {settings.seed}",
        columns=COLUMNS,
        rows=[_row(record, settings) for record in records],
        sentences=tuple(
            sentence
            for task in tasks
            for sentence in _sentences(task, [record for record in records if record["task"] == task], settings)
        ),
        pictures=drawn,
        notes=_notes(settings),
    )


def in_short(record: Record, settings: Settings) -> str:
    """One experiment in a few words, for progress."""
    plain = record["plain"]
    word = "solved" if solved(record, "plain", settings) else "not solved"
    updates = f"{word} after {plain['updates']:,} updates"
    return f"{record['task']}, D = {record['distance']:,}, {record['cell']}: {updates}, error {_number(plain['error'])}"


def solved(record: Record, training: str, settings: Settings) -> bool:
    """Whether the test error after a training is low enough; no error (not a number) is not."""
    error = record[training]["error"]
    return error is not None and error < settings.solved


def factor(at: Sequence[int], norms: Sequence[float | None]) -> float | None:
    """By what a norm is multiplied from one step to the one before it: exp of the slope of log norm over distance.

    A straight line through all norms that are above 0, by least squares; None with fewer than two of them.
    """
    points = [(x, math.log(norm)) for x, norm in zip(at, norms, strict=True) if norm]
    if len(points) < 2:
        return None
    middle = sum(x for x, _ in points) / len(points)
    level = sum(y for _, y in points) / len(points)
    covariance = sum((x - middle) * (y - level) for x, y in points)
    return math.exp(covariance / sum((x - middle) ** 2 for x, _ in points))


def arriving(measured: dict[str, Any]) -> float | None:
    """The share of ‖∂h_T/∂s_{T-1}‖ that is left at the task's distance; None where either is no finite number."""
    first, last = measured["state"][0], measured["state"][-1]
    if first is None or last is None:
        return None
    return last / first if first else 0.0


def _row(record: Record, settings: Settings) -> tuple[Any, ...]:
    word = _solved_how(*(solved(record, training, settings) for training in TRAININGS))
    plain, clipped = (record[training] for training in TRAININGS)
    factors = [factor(record["at"], record[stage]["state"]) for stage in ("initial", *TRAININGS)]
    lost = plain["lost"] + clipped["lost"]
    return (
        *(record[key] for key in ("task", "cell", "distance")),
        word,
        *(None if each["error"] is None else round(each["error"], 3) for each in (plain, clipped)),
        *(None if each is None else float(f"{each:.3g}") for each in factors),
        float(f"{plain['largest_norm']:.2g}"),
        lost,
    )


def _solved_how(plain: bool, clipped: bool) -> str:
    if plain:
        return "yes" if clipped else "plain"
    return "clipped" if clipped else "no"


def _sentences(task: str, records: Sequence[Record], settings: Settings) -> list[str]:
    distance = max(record["distance"] for record in records)
    longest = [record for record in records if record["distance"] == distance]
    place = f"{task}, D = {distance:,}"
    return [
        f"{place}, at initialization: of the gradient one step back arrives {distance:,} steps back"
        f" {_spread(longest, 'initial')}.",
        f"{place}, after training: {_spread(longest, 'plain')}.",
        f"{place}, the norm of dloss/dx_t at that distance, at initialization and after training:"
        f" {_input_norms(longest)}.",
        f"{place}: {_who(longest, lambda record: solved(record, 'plain', settings))}; "
        f"{_typical_factors(longest, settings)}.",
        f"{task}, the longest distance solved without clipping: {_reach(records, settings)}.",
        _clipping(task, records, settings),
    ]


def _spread(records: Sequence[Record], stage: str) -> str:
    """What arrives in each cell, the most first."""
    known = [(arriving(record[stage]), record["cell"]) for record in records]
    ordered = sorted(((share, cell) for share, cell in known if share is not None), reverse=True)
    words = [f"{_number(share)} ({cell})" for share, cell in ordered]
    words += [f"no finite number ({cell})" for share, cell in known if share is None]
    return ", ".join(words)


def _input_norms(records: Sequence[Record]) -> str:
    norms = [[_number(record[stage]["input"][-1]) for stage in ("initial", "plain")] for record in records]
    return ", ".join(
        f"{before} and {after} ({record['cell']})" for (before, after), record in zip(norms, records, strict=True)
    )


def _who(records: Sequence[Record], test: Callable[[Record], bool]) -> str:
    yes = [record["cell"] for record in records if test(record)]
    no = [record["cell"] for record in records if not test(record)]
    return f"solved by {', '.join(yes) or 'none'}; not by {', '.join(no) or 'none'}"


def _typical_factors(records: Sequence[Record], settings: Settings) -> str:
    """The geometric mean of a step's factor after training, of the cells that solved the task and of the others."""
    parts = []
    for word, wanted in (("solved it", True), ("did not", False)):
        chosen = [record for record in records if solved(record, "plain", settings) is wanted]
        factors = [each for record in chosen if (each := factor(record["at"], record["plain"]["state"]))]
        if factors:
            mean = math.exp(sum(map(math.log, factors)) / len(factors))
            parts.append(f"{_number(mean)} in those that {word}")
    return f"a step back multiplies the trained gradient by {' and '.join(parts) or 'no known factor'} (geometric mean)"


def _reach(records: Sequence[Record], settings: Settings) -> str:
    reached: dict[str, int] = {}
    for record in records:
        distance = record["distance"] if solved(record, "plain", settings) else 0
        reached[record["cell"]] = max(distance, reached.get(record["cell"], 0))
    by_distance = sorted(set(reached.values()), reverse=True)
    groups = [(d, [cell for cell, reach in reached.items() if reach == d]) for d in by_distance]
    return "; ".join(f"{f'{d:,}' if d else 'none'}: {', '.join(cells)}" for d, cells in groups)


def _clipping(task: str, records: Sequence[Record], settings: Settings) -> str:
    above = [record for record in records if record["plain"]["largest_norm"] >= settings.clip_norm]
    worst = max(records, key=lambda record: record["plain"]["largest_norm"])
    gained, forgone = (
        [
            f"{record['cell']} at {record['distance']:,}"
            for record in records
            if solved(record, yes, settings) and not solved(record, no, settings)
        ]
        for yes, no in (("clipped", "plain"), ("plain", "clipped"))
    )
    lost = sum(record["plain"]["lost"] for record in records)
    return (
        f"{task}: in {len(above)} of {len(records)} trainings a gradient's norm passed {_number(settings.clip_norm)}"
        f" (largest: {_number(worst['plain']['largest_norm'])}, {worst['cell']} at {worst['distance']:,};"
        f" updates lost to one that was not finite: {lost:,}). Solved only with clipping:"
        f" {', '.join(gained) or 'none'}; only without: {', '.join(forgone) or 'none'}."
    )


def _notes(settings: Settings) -> tuple[str, ...]:
    return (
        f"error: on {settings.test_rows:,} fresh sequences; 1 is a guess that has seen nothing, 0 is perfect;"
        f" solved: below {_number(settings.solved)}",
        f"clipped: the error when the gradient's norm is cut to {_number(settings.clip_norm)}"
        " (the same training where no norm reached that)",
        "f: by what one step back multiplies the norm of dh_T/ds_t (slope of the log norm): at initialization,"
        " after training, after clipped training; -: no gradient arrives at all, as behind ReLUs that are all shut",
        "max norm: the largest gradient of an unclipped update; lost: updates left out, their gradient not finite",
        f"norms: {settings.norm_rows} sequences, one random probe each, float64; training: Adam, step size"
        f" {_number(settings.lr)}, {settings.batch} sequences an update, at most {settings.updates:,} updates",
    )


def _number(value: float | None) -> str:
    return "no number" if value is None else f"{value:.2g}" if value else "0"
