"""Surprise of the whole text in bits, shared among its characters (Unicode code points, ends of line included).

Comparable between vocabularies: the text is the same however a model cuts it, and what a model calls unknown is charged
its spelling, each character as likely as any other. Interval: normal for the ratio of sums over blocks.
"""

from __future__ import annotations

import math

from weft.metrics._likelihood import likelihood_outcomes, likelihood_score
from weft.metrics._outcomes import Outcomes
from weft.types import LikelihoodEvidence, Score

FIELD = "likelihood"


def score(evidence: LikelihoodEvidence) -> Score:
    """Bits per character, at least 0, lower is better.

    Raises:
        DataError: the text holds no characters, or likelihoods are not numbers.
    """
    return likelihood_score(evidence, "bits-per-character", "bits/character", "characters", _bits, spelled=True)


def outcomes(evidence: LikelihoodEvidence) -> Outcomes:
    """Nats and characters of each block."""
    return likelihood_outcomes(evidence, "characters", _bits, spelled=True)


def _bits(nats: float) -> float:
    return nats / math.log(2.0)
