"""Number prediction with supervision: the error of every seed, by attractors, beside the shortcuts.

Votes together are the mean of the log odds, a small ensemble; it is shown apart from the mean of the errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weft.labs._contract import LabTable
from weft.labs.agreement.comparing import Verdict
from weft.labs.agreement.counting import Share, right
from weft.labs.agreement.pairs import PairSet, Slice
from weft.labs.agreement.slices import ALL, slices


@dataclass(frozen=True)
class NumberTable:
    """The table, and what follows from it."""

    table: LabTable
    sentences: tuple[str, ...]


def number_table(pairs: PairSet, seeds: Mapping[str, Verdict], shortcuts: Mapping[str, np.ndarray]) -> NumberTable:
    """Errors in percent of the seeds and of the shortcuts ([N] each: 1 for a right answer, else 0)."""
    shown = slices(pairs)
    answers = {f"LSTM, {name}": right(verdict.margins) for name, verdict in seeds.items()}
    rows: list[tuple[Any, ...]] = [(name, *_errors(own, shown)) for name, own in answers.items()]
    mean = _means(list(answers.values()), shown)
    rows.append((f"LSTM, mean of {len(answers)}", *(f"{100 * value:.1f}" for value in mean.values())))
    together = right(np.mean([verdict.margins for verdict in seeds.values()], axis=0))
    rows.append(("LSTM, their votes together", *_errors(together, shown)))
    rows += [(name, *_errors(own, shown)) for name, own in shortcuts.items()]
    counts = ("n", *(f"{len(places):,}" for _, places in shown))
    title = f"{pairs.name}: number prediction, trained to say singular or plural: error in percent, 95 % interval"
    columns = ("who", *(name for name, _ in shown))
    return NumberTable(
        LabTable(title, columns, [counts, *rows]), tuple(_sentences(pairs, answers, mean, shortcuts, shown))
    )


def _errors(answers: np.ndarray, shown: Sequence[Slice]) -> list[str]:
    return [Share(float((1.0 - answers[places]).sum()), len(places)).shown() for _, places in shown]


def _means(answers: Sequence[np.ndarray], shown: Sequence[Slice]) -> dict[str, float]:
    return {name: float(np.mean([(1.0 - own[places]).mean() for own in answers])) for name, places in shown}


def _sentences(
    pairs: PairSet,
    answers: Mapping[str, np.ndarray],
    mean: Mapping[str, float],
    shortcuts: Mapping[str, np.ndarray],
    shown: Sequence[Slice],
) -> list[str]:
    whole = [float((1.0 - own).mean()) for own in answers.values()]
    spread = f", {100 * min(whole):.1f} to {100 * max(whole):.1f} over {len(whole)} seeds" if len(whole) > 1 else ""
    parts = ", ".join(f"{100 * value:.1f} % ({name})" for name, value in mean.items() if name != ALL)
    made = [f"{pairs.name}: number prediction errs in {100 * mean[ALL]:.1f} %{spread}; by part: {parts}."]
    if not shortcuts:
        return made
    for name, places in (shown[0], *pairs.slices):
        errors = {each: float((1.0 - own[places]).mean()) for each, own in shortcuts.items()}
        best = min(errors, key=errors.__getitem__)
        made.append(
            f"{pairs.name}, {name}: the best shortcut is {best!r} with {100 * errors[best]:.1f} % errors;"
            f" number prediction has {100 * mean[name]:.1f} %."
        )
    return made
