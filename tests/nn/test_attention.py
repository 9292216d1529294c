"""Attention is what its equations say, for every score; padding never has a weight, whatever stands there."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor

from weft.errors import ConfigError, ShapeError
from weft.nn.attention import SCORES, Attention

from closeness import assert_close

SIZES = {"query_size": 4, "memory_size": 4}
LENGTHS = torch.tensor([5, 2, 1])


def made(score: str, **more: int | bool) -> Attention:
    torch.manual_seed(1)
    attention = Attention(score, **SIZES, **more).double()
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.uniform_(-1, 1)
    return attention


def drawn(queries: int = 3) -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    return torch.randn(3, 5, 4, dtype=torch.float64), torch.randn(3, queries, 4, dtype=torch.float64)


@torch.no_grad()
def scores_by_definition(attention: Attention, query: Tensor, state: Tensor, covered: float) -> float:
    match attention.score:
        case "dot":
            return float(query @ state)
        case "bilinear":
            return float(query @ (attention.of_state.weight @ state))
    inside = attention.of_query.weight @ query + attention.of_state.weight @ state + attention.of_state.bias
    if attention.of_coverage is not None:
        inside = inside + covered * attention.of_coverage
    return float(attention.of_tanh @ torch.tanh(inside))


@torch.no_grad()
def by_definition(attention: Attention, query: Tensor, states: Tensor, covered: Tensor) -> tuple[Tensor, Tensor]:
    """Context and weights of one query over the real states of one source, one state after the other."""
    scores = [scores_by_definition(attention, query, *each) for each in zip(states, covered.tolist(), strict=True)]
    near = [1.0] * len(scores)
    if attention.window:
        inside = torch.tanh(attention.place[0].weight @ query) @ attention.of_place
        centre = (len(states) - 1) / (1 + math.exp(-float(inside)))
        sigma = attention.window / 2
        near = [math.exp(-((s - centre) ** 2) / (2 * sigma**2)) for s in range(len(scores))]
        scores = [score if abs(s - centre) <= attention.window else -math.inf for s, score in enumerate(scores)]
    total = sum(math.exp(score) for score in scores)
    weights = [math.exp(score) / total * close for score, close in zip(scores, near, strict=True)]
    return sum(weight * state for weight, state in zip(weights, states, strict=True)), torch.tensor(
        weights, dtype=torch.float64
    )


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("more", [{}, {"window": 1}, {"window": 2}, {"coverage": True}], ids=str)
def test_equal_to_the_definition(score: str, more: dict[str, int | bool]) -> None:
    if "coverage" in more and score != "additive":
        pytest.skip("coverage belongs to the perceptron")
    attention = made(score, **more)
    states, queries = drawn()
    covered = torch.rand(3, 3, 5, dtype=torch.float64)
    memory = attention.remember(states, LENGTHS)
    context, weights = attention(queries, memory, covered if "coverage" in more else None)
    for row, length in enumerate(LENGTHS.tolist()):
        for step in range(3):
            c, alpha = by_definition(attention, queries[row, step], states[row, :length], covered[row, step, :length])
            torch.testing.assert_close(context[row, step], c, rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(weights[row, step, :length], alpha, rtol=1e-12, atol=1e-12)
            assert not weights[row, step, length:].any()


@pytest.mark.parametrize("score", SCORES)
def test_what_stands_at_padding_does_not_matter(score: str) -> None:
    attention = made(score)
    states, queries = drawn()
    clean = attention(queries, attention.remember(states, LENGTHS))
    for poison in (math.nan, math.inf):
        spoilt = states.clone()
        for row, length in enumerate(LENGTHS.tolist()):
            spoilt[row, length:] = poison
        spoilt.requires_grad_()
        found = attention(queries, attention.remember(spoilt, LENGTHS))
        for one, other in zip(clean, found, strict=True):
            assert torch.equal(one, other)
        found[0].sum().backward()
        assert bool(spoilt.grad.isfinite().all())


@pytest.mark.parametrize("score", SCORES)
def test_gradients(score: str) -> None:
    attention = made(score)
    states, queries = (each.requires_grad_() for each in drawn(2))

    def context(states: Tensor, queries: Tensor, *_: Tensor) -> Tensor:
        return attention(queries, attention.remember(states, LENGTHS))[0]

    assert torch.autograd.gradcheck(context, (states, queries, *attention.parameters()))


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ConfigError, match="no score 'cosine'") as raised:
        Attention("cosine", **SIZES)
    assert raised.value.hint == "known: dot, bilinear, additive"
    with pytest.raises(ShapeError, match="dot needs states as wide as the query, got 3 and 4; bilinear takes any"):
        Attention("dot", query_size=4, memory_size=3)
    with pytest.raises(ConfigError, match="coverage needs the score additive, got 'dot'"):
        Attention("dot", **SIZES, coverage=True)
    attention = made("additive")
    states, queries = drawn()
    with pytest.raises(ShapeError, match=r"expected states \[B, S, 4\] and lengths \[B\], got \[3, 5, 2\] and \[3\]"):
        attention.remember(states[..., :2], LENGTHS)
    memory = attention.remember(states, LENGTHS)
    with pytest.raises(ShapeError, match=r"expected queries \[3, U, 4\], got \[2, 3, 4\]"):
        attention(queries[:2], memory)
    with pytest.raises(ShapeError, match="needed exactly where coverage is on"):
        attention(queries, memory, torch.zeros(3, 3, 5))


@pytest.mark.parametrize("queries", range(1, 8))
def test_without_gradients_it_is_the_same(queries: int) -> None:
    torch.manual_seed(3)
    attention = Attention("additive", query_size=9, memory_size=6, width=21)
    states, query, lengths = torch.randn(4, 8, 6), torch.randn(4, queries, 9), torch.tensor([8, 1, 3, 7])
    kept = attention(query, attention.remember(states, lengths))
    assert kept[0].requires_grad
    with torch.no_grad():
        found = attention(query, attention.remember(states, lengths))
        exact = copy.deepcopy(attention).double()
        right = exact(query.double(), exact.remember(states.double(), lengths))
    for name, true, one, other in zip(("context", "weights"), right, kept, found, strict=True):
        assert_close(name, true.float(), other)
        assert_close(name, true.float(), one)
