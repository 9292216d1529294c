"""Attention: which of the stored states h_1 ... h_S a query looks at, and what it sees there.

    a_s = score(q, h_s)             for every real state; padding never gets a weight
    alpha = softmax(a)
    c = H alpha                     H = the stored states as columns

Scores: ``dot`` q . h_s; ``bilinear`` q . (W h_s); ``additive`` v . tanh(W q + U h_s + b), a perceptron of one layer
(Luong's "concat" is the same with its two matrices written as one). Sources: D. Bahdanau, K. Cho and Y. Bengio, "Neural
Machine Translation by Jointly Learning to Align and Translate", ICLR 2015 (A.1.2); M.-T. Luong, H. Pham and C. D.
Manning, "Effective Approaches to Attention-based Neural Machine Translation", EMNLP 2015 (equations 7 to 10).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from weft.errors import ConfigError, ShapeError
from weft.kernels import additive_attention, real_places, refuse_inference

SCORES = ("dot", "bilinear", "additive")


@dataclass(frozen=True)
class Rows:
    """Queries [R, Q], those of a source side by side, of which sources have not all as many.

    Attributes:
        places: int64 [R], of each among B * U.
        most: U, the most that a source has.
    """

    places: Tensor
    most: int

    def spread(self, values: Tensor, sources: int) -> Tensor:
        """[R, X] -> [B, U, X], zero where there is no row."""
        wide = values.new_zeros(sources * self.most, values.shape[-1]).index_copy_(0, self.places, values)
        return wide.view(sources, self.most, -1)

    def back(self, values: Tensor) -> Tensor:
        """[B, U, X] -> [R, X]."""
        return values.flatten(0, 1).index_select(0, self.places)


@dataclass(frozen=True)
class Memory:
    """What attention looks at, B sources of up to S states each.

    Attributes:
        states: H, [B, S, M]; what stands at padding does not matter.
        keys: what scores are made with, [B, S, A]; made once a source.
        lengths: int64 [B] on the CPU, 1 <= length <= S.
        padding: bool [B, S], True where there is no state.
        rows: whose queries they are; None: every source has as many.
    """

    states: Tensor
    keys: Tensor
    lengths: Tensor
    padding: Tensor
    rows: Rows | None = None

    def select(self, rows: Tensor) -> Memory:
        """The memory of some sources, int64 [N]."""
        states, keys, padding = (each.index_select(0, rows) for each in (self.states, self.keys, self.padding))
        return Memory(states, keys, self.lengths[rows.cpu()], padding)


class Attention(nn.Module):
    """Queries of width Q over states of width M.

    Args:
        score: of ``SCORES``.
        query_size: Q.
        memory_size: M; dot needs M = Q.
        width: A, of the perceptron (additive only).
        window: D of local attention with a predicted place (Luong's local-p): a query says where in its source it
            looks, p = S sigmoid(v_p . tanh(W_p q)), and sees the states from p - D to p + D, those near p more: alpha
            times exp(-(s - p)^2 / (2 (D / 2)^2)), which then do not sum to 1, as in the paper. 0: all states.
        coverage: scores see how much weight each state had in the steps before, times a learned vector inside the
            perceptron (A. See, P. J. Liu and C. D. Manning, "Get To The Point", ACL 2017, equation 11).
    Raises:
        ConfigError: no such score, or coverage without the perceptron.
        ShapeError: dot with sizes that differ.
    """

    def __init__(
        self,
        score: str,
        *,
        query_size: int,
        memory_size: int,
        width: int = 0,
        window: int = 0,
        coverage: bool = False,
    ) -> None:
        super().__init__()
        if score not in SCORES:
            raise ConfigError(f"attention: no score {score!r}", hint=f"known: {', '.join(SCORES)}")
        if score == "dot" and query_size != memory_size:
            raise ShapeError(
                f"attention: dot needs states as wide as the query, got {memory_size} and {query_size}; bilinear"
                " takes any"
            )
        if coverage and score != "additive":
            raise ConfigError(f"attention: coverage needs the score additive, got {score!r}")
        self.score, self.window = score, window
        self.query_size, self.memory_size = query_size, memory_size
        width = width or query_size
        self.of_query = nn.Linear(query_size, width, bias=False) if score == "additive" else None
        self.of_state = _of_state(score, memory_size, query_size, width)
        self.of_tanh = nn.Parameter(_small(width)) if score == "additive" else None
        self.of_coverage = nn.Parameter(torch.zeros(width)) if coverage else None
        self.place = nn.Sequential(nn.Linear(query_size, query_size, bias=False), nn.Tanh()) if window else None
        self.of_place = nn.Parameter(_small(query_size)) if window else None

    def remember(self, states: Tensor, lengths: Tensor) -> Memory:
        """What queries will look at: states [B, S, M], lengths int64 [B] on the CPU."""
        if states.dim() != 3 or states.shape[2] != self.memory_size or len(lengths) != len(states):
            raise ShapeError(
                f"attention: expected states [B, S, {self.memory_size}] and lengths [B], got {list(states.shape)} and"
                f" {list(lengths.shape)}"
            )
        padding = ~real_places(lengths, states.shape[1], states.device)
        # What stands at padding (NaN too) would reach context and gradients, since 0 times NaN is NaN.
        states = states.masked_fill(padding.unsqueeze(-1), 0.0)
        return Memory(states, states if self.of_state is None else self.of_state(states), lengths, padding)

    def forward(
        self,
        query: Tensor,
        memory: Memory,
        covered: Tensor | None = None,
        of_query: Callable[[Tensor], Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """What queries see.

        Args:
            query: [B, U, Q], U queries of every source.
            memory: of the B sources.
            covered: the weights so far, summed over the steps before, [B, U, S]; where coverage is on.
            of_query: what takes the layer ``of_query``'s place; None: the layer itself.
        Returns:
            context c [B, U, M] and weights alpha [B, U, S], zero at padding.
        Raises:
            ShapeError: they do not fit.
        """
        if query.dim() != 3 or query.shape[2] != self.query_size or len(query) != len(memory.states):
            raise ShapeError(
                f"attention: expected queries [{len(memory.states)}, U, {self.query_size}], got {list(query.shape)}"
            )
        if (covered is None) != (self.of_coverage is None):
            raise ShapeError("attention: the weights so far are needed exactly where coverage is on")
        asked = query if self.of_query is None else (of_query or self.of_query)(query)
        if self.of_tanh is not None and not self._refuse_core(asked, memory):
            return additive_attention(asked, memory.keys, self.of_tanh, memory.states, memory.lengths)
        scores = self._scores(asked, memory, covered)
        weights = self._near(query, memory, scores) if self.window else torch.softmax(_hidden(scores, memory), dim=-1)
        return weights @ memory.states, weights

    def _refuse_core(self, asked: Tensor, memory: Memory) -> str:
        """Why the core cannot give contexts and weights; an empty string when it can."""
        if self.window or self.of_coverage is not None:
            return "attention has a window or coverage"
        assert self.of_tanh is not None
        return refuse_inference(asked, memory.keys, memory.states, self.of_tanh)

    def _scores(self, asked: Tensor, memory: Memory, covered: Tensor | None) -> Tensor:
        """[B, U, S], of the queries or, with the perceptron, of W q."""
        if self.of_tanh is None:
            return asked @ memory.keys.transpose(1, 2)
        inside = asked.unsqueeze(2) + memory.keys.unsqueeze(1)
        if covered is not None and self.of_coverage is not None:
            inside = inside + covered.unsqueeze(-1) * self.of_coverage
        scores: Tensor = inside.tanh_() @ self.of_tanh
        return scores

    def _near(self, query: Tensor, memory: Memory, scores: Tensor) -> Tensor:
        """Weights of local attention [B, U, S]."""
        assert self.place is not None
        assert self.of_place is not None
        lengths = memory.lengths.to(device=query.device, dtype=query.dtype)
        # Places are counted from 0 here, so that p lies in [0, S - 1].
        centre = (lengths - 1).view(-1, 1, 1) * torch.sigmoid(self.place(query) @ self.of_place).unsqueeze(-1)
        away = torch.arange(scores.shape[-1], device=query.device, dtype=query.dtype) - centre
        near = away.abs() <= self.window
        weights = torch.softmax(_hidden(scores, memory).masked_fill(~near, -math.inf), dim=-1)
        return weights * torch.exp(-2.0 * (away / self.window) ** 2)


def _of_state(score: str, memory_size: int, query_size: int, width: int) -> nn.Linear | None:
    match score:
        case "bilinear":
            return nn.Linear(memory_size, query_size, bias=False)
        case "additive":
            return nn.Linear(memory_size, width)
    return None


def _hidden(scores: Tensor, memory: Memory) -> Tensor:
    return scores.masked_fill(memory.padding.unsqueeze(1), -math.inf)


def _small(width: int) -> Tensor:
    return torch.empty(width).uniform_(-1.0, 1.0) / math.sqrt(width)
