"""Mean of the classes' F1, every class counting the same however rare it is.

F1 = 2 hits / (predicted + there). The mean runs over the classes that are there or predicted, as scikit-learn's does; a
label unknown to the model is a false prediction of the class that was decided. Interval: percentiles of 1000 seeded
resamplings of the texts (without a single error the resamplings have none either: the interval is then too narrow).
"""

from __future__ import annotations

import numpy as np

from weft.metrics._evidence import check_labels, signature, unknown_labels
from weft.metrics._interval import REPLICATES
from weft.metrics._outcomes import Outcomes, estimate
from weft.metrics._table import f1_by_class, outcome_rows, tally_of
from weft.types import LabelEvidence, Score

FIELD = "labels"


def score(evidence: LabelEvidence) -> Score:
    """Macro-averaged F1 in [0, 1].

    Raises:
        DataError: no texts, or probabilities that are not numbers.
    """
    n = check_labels(evidence, "macro-f1")
    value, low, high = estimate(outcomes(evidence))
    signed = signature(
        n=n,
        classes=len(evidence.classes),
        average="macro-seen",
        unknown=unknown_labels(evidence),
        interval=f"bootstrap{REPLICATES}",
    )
    return Score("macro-f1", value, "share", n, "texts", low, high, signed)


def outcomes(evidence: LabelEvidence) -> Outcomes:
    """True and decided labels of each text."""
    tally = tally_of(evidence)

    def statistic(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        f1, seen = f1_by_class(tally(rows, weights))
        return np.asarray(f1.sum(axis=1) / np.maximum(seen.sum(axis=1), 1))

    return Outcomes(outcome_rows(evidence), statistic)
