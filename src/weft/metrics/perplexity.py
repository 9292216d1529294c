"""Perplexity: e to the mean surprise at a symbol, the size of an equally hard choice among equals.

Symbols are the model's own (characters, words, pieces): compare only models with the same vocabulary, or use
bits-per-character or word-perplexity. Symbols scored as unknown are in it; the signature counts them. Interval: normal
for the ratio of sums over blocks, carried through the exponential.
"""

from __future__ import annotations

from weft.metrics._likelihood import likelihood_outcomes, likelihood_score, per_thing
from weft.metrics._outcomes import Outcomes
from weft.types import LikelihoodEvidence, Score

FIELD = "likelihood"


def score(evidence: LikelihoodEvidence) -> Score:
    """Perplexity per symbol, at least 1, lower is better.

    Raises:
        DataError: the text holds no symbols, or likelihoods are not numbers.
    """
    return likelihood_score(evidence, "perplexity", "per-symbol", "symbols", per_thing)


def outcomes(evidence: LikelihoodEvidence) -> Outcomes:
    """Nats and symbols of each block."""
    return likelihood_outcomes(evidence, "symbols", per_thing)
