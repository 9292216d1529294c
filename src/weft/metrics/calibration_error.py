"""Expected calibration error: how far the stated probabilities are from the shares that come true, on average.

The texts are sorted by the probability of the decided label and cut into 15 bins of equal mass (equal probabilities
share one); the error is the mean over texts of |stated - true| of their bin. Multi-label: every (text, class) is one
statement. The estimate leans upwards on little data; the interval's low end takes off all that chance may have added.
"""

from __future__ import annotations

import numpy as np

from weft.metrics._calibration import BINS, bin_numbers, statements
from weft.metrics._evidence import check_labels, signature, unknown_labels
from weft.metrics._interval import REPLICATES, size_interval
from weft.types import LabelEvidence, Score

FIELD = "labels"


def score(evidence: LabelEvidence) -> Score:
    """Expected calibration error in [0, 1], lower is better.

    Raises:
        DataError: no texts, or probabilities that are not numbers.
    """
    n = check_labels(evidence, "calibration-error")
    stated, true = statements(evidence)
    bins = bin_numbers(stated, BINS)
    each = stated.size // n
    # One row a text: its part in every bin's sum of (stated - true), so that a text's statements stay together.
    rows = np.zeros((n, BINS))
    np.add.at(rows, (np.arange(stated.size) // each, bins), (stated - true) / each)
    value, low, high = (min(1.0, end) for end in size_interval(rows))
    signed = signature(
        n=n,
        classes=len(evidence.classes),
        bins=f"{BINS}-equal-mass",
        unknown=unknown_labels(evidence),
        interval=f"noise-bound-basic{REPLICATES}",
    )
    return Score("calibration-error", value, "share", n, "texts", low, high, signed, higher_is_better=False)
