"""F1 over all label decisions together: the usual number of multi-label data, where no label is rare by itself.

F1 = 2 hits / (predicted + there), summed over classes first. With one label a text it equals accuracy. A label unknown
to the model is a missed one. Interval: percentiles of 1000 seeded resamplings of the texts.
"""

from __future__ import annotations

import numpy as np

from weft.metrics._evidence import check_labels, signature, unknown_labels
from weft.metrics._interval import REPLICATES
from weft.metrics._outcomes import Outcomes, estimate
from weft.metrics._table import outcome_rows, tally_of
from weft.types import LabelEvidence, Score

FIELD = "labels"


def score(evidence: LabelEvidence) -> Score:
    """Micro-averaged F1 in [0, 1]; 1 when there is no label and none is predicted.

    Raises:
        DataError: no texts, or probabilities that are not numbers.
    """
    n = check_labels(evidence, "micro-f1")
    value, low, high = estimate(outcomes(evidence))
    signed = signature(
        n=n, classes=len(evidence.classes), unknown=unknown_labels(evidence), interval=f"bootstrap{REPLICATES}"
    )
    return Score("micro-f1", value, "share", n, "texts", low, high, signed)


def outcomes(evidence: LabelEvidence) -> Outcomes:
    """True and decided labels of each text."""
    tally = tally_of(evidence)

    def statistic(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        hits, predicted, support = tally(rows, weights).sum(axis=2)
        # One label a text: every text has one, also where the model does not know it.
        wanted = support if evidence.multi_label else weights.sum(axis=1)
        whole = predicted + wanted
        shares = np.ones(len(whole))
        np.divide(2 * hits, whole, out=shares, where=whole > 0)
        return shares

    return Outcomes(outcome_rows(evidence), statistic)
