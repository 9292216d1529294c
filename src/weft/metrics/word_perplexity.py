"""Perplexity per word: the surprise of the whole text, shared among its white-space separated words.

Ends of line count as words, so that models of characters, pieces and words can be compared on the same text; what a
model calls unknown is charged its spelling, each character as likely as any other. Interval: normal for the ratio of
sums over blocks, carried through the exponential.
"""

from __future__ import annotations

from weft.metrics._likelihood import likelihood_outcomes, likelihood_score, per_thing
from weft.metrics._outcomes import Outcomes
from weft.types import LikelihoodEvidence, Score

FIELD = "likelihood"


def score(evidence: LikelihoodEvidence) -> Score:
    """Perplexity per word, at least 1, lower is better.

    Raises:
        DataError: the text holds no words, or likelihoods are not numbers.
    """
    return likelihood_score(evidence, "word-perplexity", "per-word", "words", per_thing, spelled=True)


def outcomes(evidence: LikelihoodEvidence) -> Outcomes:
    """Nats and words of each block."""
    return likelihood_outcomes(evidence, "words", per_thing, spelled=True)
