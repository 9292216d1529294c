"""Layers in which every symbol looks at every other one: an encoder and a decoder without recurrence.

Source: A. Vaswani et al., "Attention Is All You Need", NIPS 2017; the norms stand before the parts, not behind them (as
in R. Xiong et al., "On Layer Normalization in the Transformer Architecture", ICML 2020), which trains without a slow
start. The products are torch's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from weft.errors import ShapeError
from weft.kernels import real_places
from weft.nn.attention import Memory
from weft.nn.attentive import Said
from weft.nn.positions import waves
from weft.types import State

if TYPE_CHECKING:
    from weft.config import SelfAttention

TIME = "time"
"""Name of the state that says how many symbols a row has written."""


class Heads(nn.Module):
    """Attention of several heads, each over its own part of the values.

    Args:
        width: D, of queries, keys and values; a multiple of ``heads``.
        heads: how many.
    Raises:
        ShapeError: the width cannot be shared out.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ShapeError(f"self-attention: {width} units cannot be shared out among {heads} heads")
        self.heads = heads

    def forward(
        self, query: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | None, *, causal: bool = False
    ) -> Tensor:
        """query [B, U, D], keys and values [B, S, D], ``hidden`` bool [B, S] where nothing is seen -> [B, U, D]."""
        seen = None if hidden is None else ~hidden[:, None, None, :]
        query, keys, values = self._apart(query), self._apart(keys), self._apart(values)
        y = functional.scaled_dot_product_attention(query, keys, values, attn_mask=seen, is_causal=causal)
        return y.transpose(1, 2).flatten(2)

    def weights(self, query: Tensor, keys: Tensor, hidden: Tensor) -> Tensor:
        """The mean over the heads of what the queries look at, [B, U, S]."""
        query, keys = self._apart(query), self._apart(keys)
        scores = query @ keys.transpose(2, 3) / math.sqrt(query.shape[-1])
        return torch.softmax(scores.masked_fill(hidden[:, None, None, :], -math.inf), dim=-1).mean(dim=1)

    def _apart(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class SelfAttentionEncoder(nn.Module):
    """Vectors of a source to its states.

    Args:
        section: of a recipe.
        input_size: E, of the vectors.
    Attributes:
        width: of the states.
    """

    def __init__(self, section: SelfAttention, input_size: int) -> None:
        super().__init__()
        self.width = section.hidden
        self.start = Placed(input_size, section.hidden, section.dropout)
        self.layers = nn.ModuleList(EncoderLayer(section) for _ in range(section.layers))
        self.norm = nn.LayerNorm(section.hidden)

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """vectors [B, S, E], lengths int64 [B] -> states [B, S, width], zero at padding."""
        padding = ~real_places(lengths, vectors.shape[1], vectors.device)
        x = self.start(vectors.masked_fill(padding.unsqueeze(-1), 0.0), 0)
        for layer in self.layers:
            x = layer(x, padding)
        states: Tensor = self.norm(x)
        return states.masked_fill(padding.unsqueeze(-1), 0.0)


class SelfAttentionDecoder(nn.Module):
    """Writes symbol by symbol; each looks at those before it and at the source.

    Args:
        section: of a recipe.
        input_size: E, of the symbols' vectors.
        memory_size: M, of the source's states.
    Attributes:
        width: of a readout.
    """

    attends = True

    def __init__(self, section: SelfAttention, input_size: int, memory_size: int) -> None:
        super().__init__()
        self.width = section.hidden
        self.start = Placed(input_size, section.hidden, section.dropout)
        self.layers = nn.ModuleList(DecoderLayer(section) for _ in range(section.layers))
        # Keys and values of the source for all layers, in one product.
        self.of_memory = nn.Linear(memory_size, 2 * section.hidden * section.layers)
        self.norm = nn.LayerNorm(section.hidden)

    def remember(self, states: Tensor, lengths: Tensor) -> Memory:
        """What the layers will look at."""
        padding = ~real_places(lengths, states.shape[1], states.device)
        return Memory(states, self.of_memory(states), lengths, padding)

    def begin(self, memory: Memory | None, summary: Tensor, encoded: State) -> State:
        """Nothing was written yet."""
        assert memory is not None
        n, width = len(memory.states), self.width
        past = {name: memory.states.new_zeros(n, 0, width) for name in self._names()}
        return {**past, TIME: torch.zeros(n, dtype=torch.int64, device=memory.states.device)}

    def forward(self, vectors: Tensor, lengths: Tensor, memory: Memory | None, state: State) -> Said:
        """All steps of a batch whose symbols are known: vectors [B, T, E]."""
        assert memory is not None
        x = self.start(vectors, 0)
        for layer, (keys, values) in zip(self._each(), self._of(memory), strict=True):
            x = layer(x, keys, values, memory.padding)
        return Said(self.norm(x), None, state)

    def step(self, vectors: Tensor, memory: Memory | None, state: State) -> Said:
        """One step of B * k rows, those of a source side by side: vectors [B * k, E]."""
        assert memory is not None
        x = self.start(vectors.unsqueeze(1), state[TIME].unsqueeze(1))
        after, weights = {TIME: state[TIME] + 1}, x
        for place, (layer, (keys, values)) in enumerate(zip(self._each(), self._of(memory), strict=True)):
            past = (state[f"keys.{place}"], state[f"values.{place}"])
            x, past, weights = layer.step(x, past, keys, values, memory.padding)
            after[f"keys.{place}"], after[f"values.{place}"] = past
        return Said(self.norm(x), weights, after)

    def _each(self) -> list[DecoderLayer]:
        return [cast("DecoderLayer", layer) for layer in self.layers]

    def _of(self, memory: Memory) -> list[tuple[Tensor, Tensor]]:
        parts = torch.split(memory.keys, self.width, dim=-1)
        return list(zip(parts[0::2], parts[1::2], strict=True))

    def _names(self) -> list[str]:
        return [f"{what}.{place}" for place in range(len(self.layers)) for what in ("keys", "values")]


class Placed(nn.Module):
    """Vectors, scaled, with their places added: what the first layer sees."""

    def __init__(self, input_size: int, width: int, dropout: float) -> None:
        super().__init__()
        self.scale = math.sqrt(width)
        self.linear = nn.Identity() if input_size == width else nn.Linear(input_size, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, vectors: Tensor, first: int | Tensor) -> Tensor:
        """vectors [B, T, E]; ``first``: the place of the first of them, one number or int64 [B, 1] -> [B, T, width]."""
        x = self.linear(vectors) * self.scale
        places = torch.arange(x.shape[1], device=x.device) + first
        y: Tensor = self.dropout(x + waves(places, x.shape[-1], x))
        return y


class EncoderLayer(nn.Module):
    """x + A(norm(x)), then x + F(norm(x))."""

    def __init__(self, section: SelfAttention) -> None:
        super().__init__()
        width = section.hidden
        self.heads = Heads(width, section.heads)
        self.norm = nn.LayerNorm(width)
        self.project, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dropout = nn.Dropout(section.dropout)
        self.feedforward = feedforward(section)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """x [B, S, D], padding bool [B, S]."""
        query, keys, values = self.project(self.norm(x)).chunk(3, dim=-1)
        x = x + self.dropout(self.join(self.heads(query, keys, values, padding)))
        y: Tensor = x + self.dropout(self.feedforward(x))
        return y


class DecoderLayer(nn.Module):
    """As ``EncoderLayer``, looking back only, and at the source between the two parts."""

    def __init__(self, section: SelfAttention) -> None:
        super().__init__()
        width = section.hidden
        self.heads = Heads(width, section.heads)
        self.norm, self.source_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.ask, self.source_join = nn.Linear(width, width), nn.Linear(width, width)
        self.dropout = nn.Dropout(section.dropout)
        self.feedforward = feedforward(section)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, padding: Tensor) -> Tensor:
        """x [B, T, D], the source's keys and values [B, S, D] of this layer, padding bool [B, S]."""
        query, own_keys, own_values = self.project(self.norm(x)).chunk(3, dim=-1)
        x = x + self.dropout(self.join(self.heads(query, own_keys, own_values, None, causal=True)))
        query = self.ask(self.source_norm(x))
        x = x + self.dropout(self.source_join(self.heads(query, keys, values, padding)))
        y: Tensor = x + self.dropout(self.feedforward(x))
        return y

    def step(
        self, x: Tensor, past: tuple[Tensor, Tensor], keys: Tensor, values: Tensor, padding: Tensor
    ) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor]:
        """One symbol a row, x [B * k, 1, D], behind the keys and values of the ones before [B * k, t, D].

        Returns:
            the layer's output, the keys and values with this symbol's, and what of the source was looked at
            [B * k, 1, S].
        """
        query, *own = self.project(self.norm(x)).chunk(3, dim=-1)
        kept = torch.cat([past[0], own[0]], dim=1), torch.cat([past[1], own[1]], dim=1)
        x = x + self.join(self.heads(query, *kept, None))
        # Rows of one source ask together, so that its keys need no copies.
        query = self.ask(self.source_norm(x)).view(len(keys), -1, x.shape[-1])
        seen = self.heads(query, keys, values, padding).view_as(x)
        weights = self.heads.weights(query, keys, padding).view(len(x), 1, -1)
        x = x + self.source_join(seen)
        return x + self.feedforward(x), kept, weights


def feedforward(section: SelfAttention) -> nn.Sequential:
    """A norm and two linear layers."""
    width = section.hidden
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, section.feedforward),
        nn.ReLU(),
        nn.Dropout(section.dropout),
        nn.Linear(section.feedforward, width),
    )
