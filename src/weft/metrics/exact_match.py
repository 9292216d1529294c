"""Share of texts that are written exactly as their reference: what counts where one answer is right, as of dates.

Case, punctuation and white space count. Interval: Wilson.
"""

from __future__ import annotations

import numpy as np

from weft.metrics._evidence import check_texts, signature
from weft.metrics._interval import wilson
from weft.metrics._outcomes import Outcomes, ratio_of_sums
from weft.types import Score, TextEvidence

FIELD = "texts"


def score(evidence: TextEvidence) -> Score:
    """Exact matches in [0, 1].

    Raises:
        DataError: no texts.
    """
    n = check_texts(evidence, "exact-match")
    hits = int(_hits(evidence).sum())
    low, high = wilson(hits, n)
    signed = signature(n=n, case="kept", interval="wilson95")
    return Score("exact-match", hits / n, "share", n, "texts", low, high, signed)


def outcomes(evidence: TextEvidence) -> Outcomes:
    """Whether each text is right."""
    return ratio_of_sums(_hits(evidence), np.ones(check_texts(evidence, "exact-match")))


def _hits(evidence: TextEvidence) -> np.ndarray:
    """bool [N]."""
    pairs = zip(evidence.references, evidence.hypotheses, strict=True)
    return np.array([wanted == written for wanted, written in pairs])
