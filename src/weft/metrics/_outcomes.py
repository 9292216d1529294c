"""What a measure makes of each text, and of any choice of texts: all that resampling knows of a measure.

A measure whose texts can be drawn again has ``outcomes(evidence) -> Outcomes`` beside ``score``. Most are a function of
sums over the texts (errors and words, n-grams that match and n-grams there are), so that a thousand corpora cost one
matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from weft.metrics._interval import bootstrap

Statistic = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Rows [K, k] and weights int [R, K] -> float [R]: the measure of R corpora, in which row j stands ``weights[:, j]``
times."""


@dataclass(frozen=True)
class Outcomes:
    """What a measure is computed from.

    Attributes:
        rows: numbers [N, k], what each text (sentence, block) counts for, in the order of the evidence.
        statistic: the measure of any choice of these rows.
    """

    rows: np.ndarray
    statistic: Statistic


def of_sums(rows: np.ndarray, value: Callable[[np.ndarray], np.ndarray]) -> Outcomes:
    """A measure of sums.

    Args:
        rows: numbers [N, S], what each text adds.
        value: sums float [R, S] -> the measure, float [R].
    """
    return Outcomes(rows.astype(np.float64), lambda chosen, weights: value(weights @ chosen))


def ratio_of_sums(tops: np.ndarray, bottoms: np.ndarray, shape: Callable[[float], float] = float) -> Outcomes:
    """A measure that is one sum over another, such as errors a word, carried through ``shape``.

    Args:
        tops, bottoms: numbers [N], what each text adds to the two sums.
    """

    def value(sums: np.ndarray) -> np.ndarray:
        # a resampling may hold nothing to divide by
        return np.array([shape(each) for each in sums[:, 0] / np.maximum(sums[:, 1], 1)])

    return of_sums(np.stack([tops, bottoms], axis=1), value)


def estimate(outcomes: Outcomes) -> tuple[float, float, float]:
    """The measure of all texts, and its 95 % interval by bootstrap over them."""
    rows, counts = np.unique(outcomes.rows, axis=0, return_counts=True)

    def statistic(weights: np.ndarray) -> np.ndarray:
        return outcomes.statistic(rows, weights)

    value = float(statistic(counts[None])[0])
    return value, *bootstrap(counts, statistic, value)
