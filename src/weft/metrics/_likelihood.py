"""The one computation under all measures of likelihood: nats divided by what the text holds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from weft.metrics._evidence import check_likelihood, signature
from weft.metrics._interval import ratio
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
    spelling = evidence.spelling if spelled else 0.0
    value, low, high = ratio(evidence.nats + spelling * evidence.symbols / evidence.symbols.sum(), counts)
    blocks = len(evidence.nats)
    unknown = {"unknown": evidence.unknown} | ({"spelled": "uniform"} if spelling else {})
    signed = signature(n=n, blocks=blocks, **unknown, interval="ratio-normal95" if blocks > 1 else "none")
    ends = shape(max(0.0, low)), shape(high)
    return Score(name, shape(value), unit, n, of, *ends, signed, higher_is_better=False)


def per_thing(nats: float) -> float:
    """Perplexity from nats; infinite where no float can hold it (beyond e^709)."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
