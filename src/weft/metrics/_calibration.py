"""Are stated probabilities true? The reliability table, and the one number (temperature) that mends most of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from weft.errors import DataError, ShapeError
from weft.types import LabelEvidence

BINS = 15
SHARPEST, FLATTEST = 0.05, 20.0
"""Bounds of a fitted temperature: on hopeless data the best one is infinite, on little data of little use."""

_HALVINGS = 40


@dataclass(frozen=True)
class ReliabilityBin:
    """Statements of similar probability.

    Attributes:
        low, high: smallest and largest stated probability.
        stated, true: their mean, and the share that came true.
        n: how many statements.
    """

    low: float
    high: float
    stated: float
    true: float
    n: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dict(vars(self))


def statements(evidence: LabelEvidence) -> tuple[np.ndarray, np.ndarray]:
    """Stated probability and whether it came true: float64 [N] and bool [N] of the decided labels, or [N * C] of every
    (text, class) when multi-label."""
    if evidence.multi_label:
        return evidence.probabilities.ravel(), evidence.gold.ravel()
    return evidence.probabilities.max(axis=1), evidence.probabilities.argmax(axis=1) == evidence.gold


def bin_numbers(stated: np.ndarray, bins: int) -> np.ndarray:
    """The bin of every statement, int64 [N]: of equal size, but that equal probabilities share one bin."""
    ranks = np.searchsorted(np.sort(stated), stated, side="left")
    return np.asarray(ranks * bins // len(stated))


def reliability(evidence: LabelEvidence, bins: int = BINS) -> list[ReliabilityBin]:
    """Statements in bins of equal mass, from the least to the most certain; bins that hold nothing are left out."""
    stated, true = statements(evidence)
    if not len(stated):
        return []
    numbers = bin_numbers(stated, bins)
    parts = [(stated[numbers == b], true[numbers == b]) for b in np.unique(numbers)]
    return [ReliabilityBin(float(s.min()), float(s.max()), float(s.mean()), float(t.mean()), len(s)) for s, t in parts]


def fit_temperature(logits: np.ndarray, gold: np.ndarray) -> float:
    """The temperature T for which ``softmax(logits / T)`` (multi-label: sigmoid) surprises least, in nats.

    The surprise is convex in 1/T, so halving the interval where its slope changes sign finds the one best T. Decisions
    do not change. One more text with a label drawn blindly is imagined (Laplace's rule): 20 right answers out of 20
    must not end in probabilities of 1.

    Args:
        logits: float [N, C].
        gold: int64 [N], rows with -1 are left out; or bool [N, C] when multi-label.
    Returns:
        T between 0.05 and 20; 1.0 where no row is left or the surprise does not depend on it.
    Raises:
        ShapeError: the two do not fit.
        DataError: a logit is not a number.
    """
    if logits.ndim != 2 or gold.shape not in (logits.shape, logits.shape[:1]):
        raise ShapeError(
            "fit_temperature: logits must be [N, C] and gold [N] or [N, C], "
            f"got {list(logits.shape)} and {list(gold.shape)}"
        )
    if not np.isfinite(logits).all():
        raise DataError(
            f"fit_temperature: {int((~np.isfinite(logits)).sum())} of {logits.size} logits are not numbers",
            hint="training diverged: lower training.lr or set training.clip_norm",
        )
    if gold.ndim == 1:
        logits, gold = logits[gold >= 0], gold[gold >= 0]
    if logits.size == 0 or abs(_slope(logits, gold, 1.0)) < 1e-12:
        return 1.0
    low, high = np.log(1 / FLATTEST), np.log(1 / SHARPEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _slope(logits, gold, float(np.exp(middle))) < 0:
            low = middle
        else:
            high = middle
    return float(np.exp(-(low + high) / 2))


def _slope(logits: np.ndarray, gold: np.ndarray, sharpness: float) -> float:
    """Derivative of the mean surprise by the sharpness 1/T: expected minus true logit, one blind text included."""
    blind = 1.0 / (len(logits) + 1)
    scaled = logits.astype(np.float64) * sharpness
    if gold.ndim == 2:
        # sigmoid by tanh: no overflow at either end
        return float(((0.5 * (1.0 + np.tanh(scaled / 2)) - (1 - blind) * gold - blind / 2) * logits).mean())
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    expected = (weights * logits).sum(axis=1) / weights.sum(axis=1)
    true = (1 - blind) * logits[np.arange(len(gold)), gold] + blind * logits.mean(axis=1)
    return float((expected - true).mean())
