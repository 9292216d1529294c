"""The one computation under all measures of likelihood: nats divided by what the text holds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from weft.metrics._evidence import check_likelihood, signature
from weft.metrics._interval import ratio
from weft.metrics._outcomes import Outcomes, ratio_of_sums
from weft.types import LikelihoodEvidence, Score


def likelihood_score(
    evidence: LikelihoodEvidence,
    name: str,
    unit: str,
    of: str,
    shape: Callable[[float], float],
    *,
    spelled: bool = False,
) -> Score:
    """Nats per symbol, character or word, its interval over blocks, both carried through an increasing function.

    Args:
        evidence: nats and sizes of the blocks.
        name, unit: of the score.
        of: the field of the evidence to divide by: "symbols", "characters" or "words".
        shape: nats each -> the number that is shown.
        spelled: unknown symbols are spelled out, for a number that compares models of different symbols.
    Raises:
        DataError: nothing to divide by, or likelihoods that are not numbers.
    """
    counts: np.ndarray = getattr(evidence, of)
    n = check_likelihood(evidence, counts, name, of)
    value, low, high = ratio(_nats(evidence, spelled=spelled), counts)
    blocks = len(evidence.nats)
    unknown = {"unknown": evidence.unknown} | ({"spelled": "uniform"} if spelled and evidence.spelling else {})
    signed = signature(n=n, blocks=blocks, **unknown, interval="ratio-normal95" if blocks > 1 else "none")
    ends = shape(max(0.0, low)), shape(high)
    return Score(name, shape(value), unit, n, of, *ends, signed, higher_is_better=False)


def likelihood_outcomes(
    evidence: LikelihoodEvidence, of: str, shape: Callable[[float], float], *, spelled: bool = False
) -> Outcomes:
    """What each block adds to ``likelihood_score``; arguments as there."""
    return ratio_of_sums(_nats(evidence, spelled=spelled), getattr(evidence, of), shape)


def _nats(evidence: LikelihoodEvidence, *, spelled: bool) -> np.ndarray:
    """Of each block; what unknown symbols take to be spelled out is shared out by symbols."""
    spelling = evidence.spelling if spelled else 0.0
    return np.asarray(evidence.nats + spelling * evidence.symbols / max(1, evidence.symbols.sum()))


def per_thing(nats: float) -> float:
    """Perplexity from nats; infinite where no float can hold it (beyond e^709)."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
