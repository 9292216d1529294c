"""Minimum Bayes risk: not the most probable hypothesis, but the one that is expected to be most useful.

The risk of an answer is its expected loss under the model (Kumar & Byrne 2004); with a utility, a gain in place of a
loss, the choice is

    argmax_y sum_r w_r * utility(y, r)

over the hypotheses y, with references r that stand for what the model thinks right. Of samples, each is one reference
and all weigh the same: the sum is then an unbiased estimate of the expectation (Eikema & Aziz 2020). Of an n-best list,
each different hypothesis is one reference and weighs what its probability is of the list's (Kumar & Byrne 2004).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor

from weft.errors import ConfigError, RunError, ShapeError
from weft.search.hypothesis import Hypothesis

Item = TypeVar("Item", bound=Hashable)

Utility = Callable[[list[tuple[Item, Item]]], Sequence[float]]
"""Pairs of (hypothesis, reference) -> how useful the first is where the second is right, a number a pair; more is
better. It is asked once, for all pairs, of which no two are equal."""

Weights = Literal["uniform", "probability"]


@dataclass(frozen=True)
class Choice:
    """A hypothesis by its expected utility.

    Attributes:
        index: its place among the hypotheses; of equal ones the first.
        utility: expected, in the utility's unit.
    """

    index: int
    utility: float


def minimum_bayes_risk(
    hypotheses: Sequence[Hypothesis],
    texts: Sequence[Item],
    utility: Utility[Item],
    *,
    weights: Weights = "uniform",
) -> list[Choice]:
    """Rank the hypotheses of one source, which are the references too, by expected utility.

    Args:
        hypotheses: samples or an n-best list.
        texts: what the utility compares, one a hypothesis: their texts, their ids, or their numbers.
        weights: "uniform": each hypothesis counts once, as samples want it, a repeated one as often as it came;
            "probability": each different sequence of symbols counts as its probability, as n-best lists want it.
    Returns:
        the different texts, the best first; among equals the one that came first.
    Raises:
        ConfigError: no hypotheses, other weights, or no hypothesis has a probability.
        ShapeError: there are not as many texts as hypotheses, or not as many values as pairs.
        RunError: the utility gives values that are not finite numbers.
    """
    if not hypotheses:
        raise ConfigError("minimum Bayes risk needs one hypothesis or more, got none")
    if len(texts) != len(hypotheses):
        raise ShapeError(f"texts: expected one for each of {len(hypotheses)} hypotheses, got {len(texts)}")
    mass = _mass(hypotheses, texts, weights)
    first = {text: index for index, text in reversed(list(enumerate(texts)))}
    candidates = list(mass)
    expected = expected_utility(candidates, candidates, list(mass.values()), utility)
    order = expected.sort(descending=True, stable=True).indices.tolist()
    return [Choice(first[candidates[place]], float(expected[place])) for place in order]


def expected_utility(
    hypotheses: Sequence[Item], references: Sequence[Item], weights: Sequence[float], utility: Utility[Item]
) -> Tensor:
    """The weighted mean of the utility of each hypothesis over the references.

    Args:
        weights: of the references, 0 or more, of any sum above 0.
    Returns:
        float64 [len(hypotheses)].
    Raises:
        ConfigError: weights that are not 0 or more, or that add up to nothing.
        ShapeError: there are not as many weights as references, or not as many values as pairs.
        RunError: the utility gives values that are not finite numbers.
    """
    if len(weights) != len(references):
        raise ShapeError(f"weights: expected one for each of {len(references)} references, got {len(weights)}")
    share = torch.tensor(weights, dtype=torch.float64)
    if not bool((share >= 0).all() & share.isfinite().all()) or float(share.sum()) == 0:
        raise ConfigError(f"weights must be 0 or more and one above 0, got {list(weights)}")
    pairs = [(hypothesis, reference) for hypothesis in hypotheses for reference in references]
    values = torch.tensor(list(utility(pairs)), dtype=torch.float64)
    if values.shape != (len(pairs),):
        raise ShapeError(f"utility: expected {len(pairs)} values, one a pair, got {list(values.shape)}")
    wrong = (~values.isfinite()).nonzero()
    if len(wrong):
        at = int(wrong[0])
        raise RunError(f"the utility of {pairs[at][0]!r} where {pairs[at][1]!r} is right is {float(values[at])}")
    return values.view(len(hypotheses), len(references)) @ (share / share.sum())


def _mass(hypotheses: Sequence[Hypothesis], texts: Sequence[Item], weights: Weights) -> dict[Item, float]:
    """The weight of each different text, in the order in which they came."""
    mass: dict[Item, float] = dict.fromkeys(texts, 0.0)
    if weights == "uniform":
        for text in texts:
            mass[text] += 1
        return mass
    if weights != "probability":
        raise ConfigError(f"weights must be 'uniform' or 'probability', got {weights!r}")
    most = max(hypothesis.logp for hypothesis in hypotheses)
    if most == -math.inf:
        raise ConfigError("no hypothesis has a probability above 0", hint="weigh them 'uniform'")
    seen = set()
    for hypothesis, text in zip(hypotheses, texts, strict=True):
        name = (text, hypothesis.ids, hypothesis.finished)
        if name not in seen:
            seen.add(name)
            mass[text] += math.exp(hypothesis.logp - most)
    return mass
