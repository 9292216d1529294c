"""Two systems measured on the same texts: how far apart they are, and how much of that is chance.

The texts are drawn again, and each time both systems are measured on the same draw (the paired bootstrap of Koehn
2004): what makes a text hard for one of them makes it hard for the other, so the difference varies less than either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weft.catalog import METRICS
from weft.errors import ConfigError, DataError
from weft.metrics._evidence import fitting, signature
from weft.metrics._interval import REPLICATES, replicates
from weft.metrics._outcomes import Outcomes
from weft.types import AlignmentEvidence, Evidence, LabelEvidence, LikelihoodEvidence, TextEvidence

FEWEST = 6
"""Texts on which two systems must differ: if all of fewer spoke for the same one, a sign test would still leave 1 in 16
to chance. The bootstrap does not see that: it draws from the few and finds them all alike."""


@dataclass(frozen=True)
class Difference:
    """How far the second system is from the first.

    Attributes:
        name: the measure.
        value: the second's number less the first's, in the measure's unit.
        low, high: 95 % confidence interval of the difference.
        above: share of the resamplings in which the second's number is the greater; equal ones count half.
        n: texts (sentences, blocks) that were drawn from; ``differing``: on how many the two differ.
        signature: settings that the interval depends on.
    """

    name: str
    value: float
    low: float
    high: float
    above: float
    n: int
    differing: int
    signature: str

    @property
    def real(self) -> bool:
        """Whether chance does not explain it: the interval is on one side of 0, and it stands on texts enough."""
        return self.differing >= FEWEST and not self.low <= 0 <= self.high

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "real": self.real}


def paired(name: str, first: Evidence, second: Evidence) -> Difference:
    """The difference of two systems in one measure, with its interval.

    Raises:
        ConfigError: no such measure, it reads another kind of evidence, or it is no function of texts drawn again.
        DataError: there is nothing to measure, or the two were not measured on the same texts.
    """
    (left, one), (right, other) = _outcomes(name, first), _outcomes(name, second)
    if why := _unlike(one, other):
        raise DataError(
            f"{name}: the two cannot be paired: {why}", hint="pair what two systems said of the same texts, in order"
        )
    width, n = left.rows.shape[1], len(left.rows)
    rows, counts = np.unique(np.concatenate([left.rows, right.rows], axis=1), axis=0, return_counts=True)
    before, after = rows[:, :width], rows[:, width:]

    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.asarray(right.statistic(after, weights) - left.statistic(before, weights))

    value = float(statistic(counts[None])[0])
    drawn = replicates(counts, statistic)
    low, high = np.percentile(drawn, [2.5, 97.5])
    differing = int(counts[(before != after).any(axis=1)].sum()) if before.shape == after.shape else n
    signed = signature(n=n, differing=differing, interval=f"paired-bootstrap{REPLICATES}")
    above = float((drawn > 0).mean() + (drawn == 0).mean() / 2)
    return Difference(name, value, min(float(low), value), max(float(high), value), above, n, differing, signed)


def unlike(name: str, first: Evidence, second: Evidence) -> str:
    """Why a measure of two systems was not taken on the same texts, as a sentence; "" where it was.

    Raises:
        ConfigError: no such measure, or it reads another kind of evidence.
    """
    return _unlike(fitting(name, first)[1], fitting(name, second)[1])


def _unlike(first: Evidence, second: Evidence) -> str:
    if isinstance(first, LabelEvidence) and isinstance(second, LabelEvidence):
        return _unlike_labels(first, second)
    if isinstance(first, LikelihoodEvidence) and isinstance(second, LikelihoodEvidence):
        parts = ("symbols", "characters", "words")
        same = all(_equal(getattr(first, part), getattr(second, part)) for part in parts)
        return "" if same else "they cut the text into different symbols or blocks"
    if isinstance(first, TextEvidence) and isinstance(second, TextEvidence):
        return _first_difference("references", first.references, second.references)
    if isinstance(first, AlignmentEvidence) and isinstance(second, AlignmentEvidence):
        kinds = ("sure", "possible")
        found = (_first_difference(f"{kind} links", getattr(first, kind), getattr(second, kind)) for kind in kinds)
        return next(filter(None, found), "")
    raise AssertionError(f"{type(first).__name__} beside {type(second).__name__}")


def _outcomes(name: str, evidence: Evidence) -> tuple[Outcomes, Evidence]:
    module, part = fitting(name, evidence)
    if not hasattr(module, "outcomes"):
        others = [other for other in METRICS.names() if hasattr(METRICS.load(other), "outcomes")]
        raise ConfigError(
            f"measure {name!r} cannot be paired: it is not computed from one outcome a text",
            hint=f"measures that can: {', '.join(others)}",
        )
    found: Outcomes = module.outcomes(part)
    if not len(found.rows):
        raise DataError(f"{name}: 0 texts to measure on", hint="give a file that is not empty")
    return found, part


def _unlike_labels(first: LabelEvidence, second: LabelEvidence) -> str:
    """Labels that only one of the two knows may be anything to the other."""
    if first.multi_label != second.multi_label:
        return "one gives a single label a text, the other any number"
    shared = set(first.classes) & set(second.classes)
    return _first_difference("labels", _named(first, shared), _named(second, shared))


def _named(evidence: LabelEvidence, shared: set[str]) -> list[object]:
    """The true label of each text, None where one of the two does not know it; or the set of those that both know."""
    names = [name if name in shared else None for name in evidence.classes]
    if not evidence.multi_label:
        return [names[place] if place >= 0 else None for place in evidence.gold.tolist()]
    return [{name for name, there in zip(names, row, strict=True) if there and name} for row in evidence.gold.tolist()]


def _first_difference(what: str, first: Sequence[object], second: Sequence[object]) -> str:
    """Where two lists part, as a sentence; what is None in one of them may be anything in the other."""
    if len(first) != len(second):
        return f"{len(first):,} {what} stand beside {len(second):,}"
    for place, (left, right) in enumerate(zip(first, second, strict=True), 1):
        if left != right and left is not None and right is not None:
            return f"their {what} part at text {place:,}: {_short(left)} and {_short(right)}"
    return ""


def _short(value: object) -> str:
    text = str(sorted(value)) if isinstance(value, set | frozenset) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _equal(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and bool(np.allclose(first, second))
