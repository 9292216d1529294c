"""Share of texts with the right label; multi-label: with exactly the right set of labels (probability >= 0.5).

A label unknown to the model counts as wrong. Interval: Wilson.
"""

from __future__ import annotations

import numpy as np

from weft.metrics._evidence import check_labels, signature, unknown_labels
from weft.metrics._interval import wilson
from weft.metrics._outcomes import Outcomes, ratio_of_sums
from weft.metrics._table import correct
from weft.types import LabelEvidence, Score

FIELD = "labels"


def score(evidence: LabelEvidence) -> Score:
    """Accuracy in [0, 1].

    Raises:
        DataError: no texts, or probabilities that are not numbers.
    """
    n = check_labels(evidence, "accuracy")
    hits = int(correct(evidence).sum())
    low, high = wilson(hits, n)
    rule = {"match": "exact-set", "threshold": 0.5} if evidence.multi_label else {}
    signed = signature(
        n=n, classes=len(evidence.classes), **rule, unknown=unknown_labels(evidence), interval="wilson95"
    )
    return Score("accuracy", hits / n, "share", n, "texts", low, high, signed)


def outcomes(evidence: LabelEvidence) -> Outcomes:
    """Whether each text is right."""
    return ratio_of_sums(correct(evidence), np.ones(len(evidence.gold)))
