"""Mean surprise at the true label, in nats a text; multi-label: summed over the classes' yes or no.

A probability counts as at least 2.2e-16 (36 nats), and so does a label unknown to the model: one such text is dear, and
the signature says how many there are. Interval: normal.
"""

from __future__ import annotations

import numpy as np

from weft.metrics._evidence import check_labels, signature, unknown_labels
from weft.metrics._interval import normal
from weft.metrics._outcomes import Outcomes, ratio_of_sums
from weft.types import LabelEvidence, Score

FIELD = "labels"
SMALLEST = float(np.finfo(np.float64).eps)


def score(evidence: LabelEvidence) -> Score:
    """Log loss >= 0 in nats/text, lower is better.

    Raises:
        DataError: no texts, or probabilities that are not numbers.
    """
    n = check_labels(evidence, "log-loss")
    nats = _nats(evidence)
    low, high = normal(nats)
    signed = signature(
        n=n,
        classes=len(evidence.classes),
        clip=f"{SMALLEST:.1e}",
        unknown=unknown_labels(evidence),
        interval="normal95",
    )
    value = float(nats.mean())
    return Score("log-loss", value, "nats/text", n, "texts", max(0.0, low), high, signed, higher_is_better=False)


def outcomes(evidence: LabelEvidence) -> Outcomes:
    """The surprise at each text."""
    return ratio_of_sums(_nats(evidence), np.ones(len(evidence.gold)))


def _nats(evidence: LabelEvidence) -> np.ndarray:
    """float64 [N], the surprise at each text."""
    if evidence.multi_label:
        chosen = np.where(evidence.gold, evidence.probabilities, 1.0 - evidence.probabilities)
        return np.asarray(-np.log(chosen.clip(SMALLEST, 1.0)).sum(axis=1))
    chosen = np.take_along_axis(evidence.probabilities, evidence.gold.clip(0)[:, None], axis=1)[:, 0]
    return np.asarray(-np.log(np.where(evidence.gold < 0, 0.0, chosen).clip(SMALLEST, 1.0)))
