"""Mean surprise at one symbol of the model, in nats.

The number that training lowers. Interval: normal for the ratio of sums over blocks.
"""

from __future__ import annotations

from weft.metrics._likelihood import likelihood_outcomes, likelihood_score
from weft.metrics._outcomes import Outcomes
from weft.types import LikelihoodEvidence, Score

FIELD = "likelihood"


def score(evidence: LikelihoodEvidence) -> Score:
    """Nats per symbol, at least 0, lower is better.

    Raises:
        DataError: the text holds no symbols, or likelihoods are not numbers.
    """
    return likelihood_score(evidence, "nats-per-symbol", "nats/symbol", "symbols", float)


def outcomes(evidence: LikelihoodEvidence) -> Outcomes:
    """Nats and symbols of each block."""
    return likelihood_outcomes(evidence, "symbols", float)
