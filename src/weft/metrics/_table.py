"""The tables behind the numbers: what was decided, class by class, and which label was taken for which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from weft.errors import ConfigError
from weft.types import LabelEvidence


@dataclass(frozen=True)
class ClassRow:
    """One class: precision and recall are 0 where they are undefined (never predicted, never there).

    Attributes:
        name: the label.
        precision, recall, f1: shares.
        support: how many texts carry the label.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dict(vars(self))


def decisions(evidence: LabelEvidence) -> np.ndarray:
    """What the model decides: int64 [N], the most probable class (the first of equals); or bool [N, C], those with a
    probability of at least one half, when multi-label."""
    if evidence.multi_label:
        return np.asarray(evidence.probabilities >= 0.5)
    return np.asarray(evidence.probabilities.argmax(axis=1))


def correct(evidence: LabelEvidence) -> np.ndarray:
    """bool [N]: the label is right (multi-label: exactly the right set). A label unknown to the model is wrong."""
    right = decisions(evidence) == evidence.gold
    return np.asarray(right.all(axis=1) if evidence.multi_label else right)


def per_class(evidence: LabelEvidence) -> list[ClassRow]:
    """Precision, recall, F1 and support of every class, in the order of ``evidence.classes``."""
    rows, counts = np.unique(outcome_rows(evidence), axis=0, return_counts=True)
    sums = tally_of(evidence)(rows, counts[None])
    hits, predicted, support = sums[:, 0]
    precision, recall = _share(hits, predicted), _share(hits, support)
    f1 = f1_by_class(sums)[0][0]
    return [
        ClassRow(name, float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
        for i, name in enumerate(evidence.classes)
    ]


def confusion(evidence: LabelEvidence) -> np.ndarray:
    """Counts of (true label, decided label).

    Returns:
        int64 [C, C], rows true, columns decided; [C + 1, C] when texts carry labels unknown to the model: they are
        counted in the last row.
    Raises:
        ConfigError: multi-label evidence, where no single label is taken for another.
    """
    if evidence.multi_label:
        raise ConfigError(
            "a confusion matrix needs one label a text, got multi-label evidence",
            hint="read the per-class table instead",
        )
    size = len(evidence.classes)
    rows = np.where(evidence.gold < 0, size, evidence.gold)
    table = np.bincount(rows * size + decisions(evidence), minlength=(size + 1) * size).reshape(size + 1, size)
    return table if table[size].any() else table[:size]


def outcome_rows(evidence: LabelEvidence) -> np.ndarray:
    """True and decided labels of each text: int64 [N, 2]; bool [N, 2 C] when multi-label."""
    if evidence.multi_label:
        return np.concatenate([evidence.gold, decisions(evidence)], axis=1)
    return np.stack([evidence.gold, decisions(evidence)], axis=1)


Tally = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Outcome rows [K, k] and how often each stands in R corpora, int [R, K] -> hits, predictions and support of every
class, whole numbers [3, R, C]."""


def tally_of(evidence: LabelEvidence) -> Tally:
    """How outcomes are summed by class."""
    size = len(evidence.classes)

    def several(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        # float64 holds counts exactly, and its matrix product is the fast one
        gold, decided = rows[:, :size].astype(np.float64), rows[:, size:].astype(np.float64)
        return np.stack([weights @ (gold * decided), weights @ decided, weights @ gold])

    def single(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        gold, decided = rows.T
        hit, known = gold == decided, gold >= 0
        hits = _sum_by(weights[:, hit], gold[hit], size)
        return np.stack([hits, _sum_by(weights, decided, size), _sum_by(weights[:, known], gold[known], size)])

    return several if evidence.multi_label else single


def f1_by_class(tally: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From a tally [3, R, C]: F1 float [R, C] and bool [R, C], whether the class was there or predicted at all."""
    hits, predicted, support = tally
    return _share(2 * hits, predicted + support), (predicted + support) > 0


def _sum_by(weights: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    """Sum the columns of int [R, K] by group (int [K], each below ``size``) -> int [R, size]."""
    sums = np.zeros((len(weights), size), dtype=np.int64)
    if len(groups):
        order = np.argsort(groups, kind="stable")
        present, starts = np.unique(groups[order], return_index=True)
        sums[:, present] = np.add.reduceat(weights[:, order], starts, axis=1)
    return sums


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """``part / whole``, 0 where the whole is 0."""
    shares = np.zeros(part.shape)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
