"""Stacks of gated convolutions that read and write text: all steps side by side in training, no recurrence.

    x + GLU(conv(x)), times sqrt(1/2)          a block; the decoder's convolutions look back only
    d = W y + b + g;  a = softmax(d . z);  c = sum_j a_j (z_j + e_j)     attention in every block of the decoder

where g is the vector of the symbol before, z_j the encoder's states and e_j the source's vectors. Source: J. Gehring,
M. Auli, D. Grangier, D. Yarats and Y. N. Dauphin, "Convolutional Sequence to Sequence Learning", ICML 2017, section 3.
Places are sines and cosines here (the paper learns them), so that no length is the longest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from weft.kernels import real_places
from weft.nn.attention import Memory
from weft.nn.attentive import Said
from weft.nn.positions import waves
from weft.types import State

if TYPE_CHECKING:
    from weft.config import Convolution

HALF = math.sqrt(0.5)
TIME = "time"
"""Name of the state that says how many symbols a row has written."""


class ConvolutionalEncoder(nn.Module):
    """Vectors of a source to its states.

    Args:
        section: of a recipe.
        input_size: E, of the vectors.
    Attributes:
        width: of the states, 2 E: what attention asks (z) and what it sees (z + e), side by side.
    """

    def __init__(self, section: Convolution, input_size: int) -> None:
        super().__init__()
        self.width = 2 * input_size
        self.placed = Placed(input_size, section.dropout)
        self.enter, self.leave = nn.Linear(input_size, section.hidden), nn.Linear(section.hidden, input_size)
        self.blocks = nn.ModuleList(Block(section) for _ in range(section.layers))

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """vectors [B, S, E], lengths int64 [B] -> states [B, S, 2 E], zero at padding."""
        padding = ~real_places(lengths, vectors.shape[1], vectors.device).unsqueeze(-1)
        e = self.placed(vectors.masked_fill(padding, 0.0), 0)
        x = self.enter(e)
        for block in self.blocks:
            # A convolution sees what stands at padding: nothing, whatever the block before has left there.
            x = block(x.masked_fill(padding, 0.0), causal=False)
        z = self.leave(x)
        return torch.cat([z, (z + e) * HALF], dim=-1).masked_fill(padding, 0.0)


class ConvolutionalDecoder(nn.Module):
    """Writes symbol by symbol from a window of those before, and looks at the source in every block.

    Args:
        section: of a recipe.
        input_size: E, of the symbols' vectors.
    Attributes:
        width: E, of a readout.
    """

    attends = True

    def __init__(self, section: Convolution, input_size: int) -> None:
        super().__init__()
        self.width, self.hidden, self.kernel = input_size, section.hidden, section.kernel
        self.placed = Placed(input_size, section.dropout)
        self.enter, self.leave = nn.Linear(input_size, section.hidden), nn.Linear(section.hidden, input_size)
        self.blocks = nn.ModuleList(Block(section) for _ in range(section.layers))
        self.ask = nn.ModuleList(nn.Linear(section.hidden, input_size) for _ in range(section.layers))
        self.see = nn.ModuleList(nn.Linear(input_size, section.hidden) for _ in range(section.layers))

    def remember(self, states: Tensor, lengths: Tensor) -> Memory:
        """What the blocks will look at."""
        padding = ~real_places(lengths, states.shape[1], states.device)
        z, seen = states.chunk(2, dim=-1)
        return Memory(seen, z, lengths, padding)

    def begin(self, memory: Memory | None, summary: Tensor, encoded: State) -> State:
        """Nothing was written yet: every block's window is empty."""
        assert memory is not None
        n = len(memory.states)
        windows = {
            f"window.{place}": memory.states.new_zeros(n, self.kernel - 1, self.hidden)
            for place in range(len(self.blocks))
        }
        return {**windows, TIME: torch.zeros(n, dtype=torch.int64, device=memory.states.device)}

    def forward(self, vectors: Tensor, lengths: Tensor, memory: Memory | None, state: State) -> Said:
        """All steps of a batch whose symbols are known: vectors [B, T, E]."""
        assert memory is not None
        g, weights = self.placed(vectors, 0), None
        x = self.enter(g)
        for place, block in enumerate(self.blocks):
            x, weights = self._look(place, x, block(x, causal=True), g, memory)
        return Said(self.leave(x), weights, state)

    def step(self, vectors: Tensor, memory: Memory | None, state: State) -> Said:
        """One step of B * k rows, those of a source side by side: vectors [B * k, E]."""
        assert memory is not None
        g, weights = self.placed(vectors.unsqueeze(1), state[TIME].unsqueeze(1)), None
        x, after = self.enter(g), {TIME: state[TIME] + 1}
        for place, block in enumerate(self.blocks):
            window = torch.cat([state[f"window.{place}"], x], dim=1)
            after[f"window.{place}"] = window[:, 1:]
            y = cast("Block", block).of_window(window)
            x, weights = self._look(place, x, y, g, memory)
        return Said(self.leave(x), weights, after)

    def _look(self, place: int, x: Tensor, y: Tensor, g: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """The output of a block from its input x and its convolution's y, [R, T, H], and the weights [R, T, S]."""
        query = ((self.ask[place](y) + g) * HALF).view(len(memory.keys), -1, self.width)
        scores = (query @ memory.keys.transpose(1, 2)).masked_fill(memory.padding.unsqueeze(1), -math.inf)
        weights = torch.softmax(scores, dim=-1)
        # The mean of S states shrinks with their number; the paper multiplies it back.
        scale = memory.lengths.to(device=x.device, dtype=x.dtype).sqrt().view(-1, 1, 1)
        context = (weights @ memory.states) * scale
        y = (y + self.see[place](context.view(*x.shape[:2], -1))) * HALF
        return (x + y) * HALF, weights.view(*x.shape[:2], -1)


class Block(nn.Module):
    """A convolution over time with a gate: GLU(v) = v_1 * sigmoid(v_2)."""

    def __init__(self, section: Convolution) -> None:
        super().__init__()
        self.kernel = section.kernel
        self.dropout = nn.Dropout(section.dropout)
        self.convolution = nn.Conv1d(section.hidden, 2 * section.hidden, section.kernel)

    def forward(self, x: Tensor, *, causal: bool) -> Tensor:
        """x [B, T, H] -> [B, T, H]; causal: of the steps up to each one, else of those about it, added to x."""
        before = self.kernel - 1 if causal else (self.kernel - 1) // 2
        around = functional.pad(self.dropout(x), (0, 0, before, self.kernel - 1 - before))
        y = self.of_window(around, dropped=True)
        return y if causal else (x + y) * HALF

    def of_window(self, window: Tensor, *, dropped: bool = False) -> Tensor:
        """The gated convolution of [B, T + kernel - 1, H], without anything added: [B, T, H]."""
        y: Tensor = self.convolution((window if dropped else self.dropout(window)).transpose(1, 2))
        return functional.glu(y.transpose(1, 2), dim=-1)


class Placed(nn.Module):
    """Vectors with their places added."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        # Learned, so that places are as loud as the vectors want them.
        self.loudness = nn.Parameter(torch.tensor(0.1))
        self.width = width

    def forward(self, vectors: Tensor, first: int | Tensor) -> Tensor:
        """vectors [B, T, E]; ``first``: the place of the first of them, one number or int64 [B, 1] -> [B, T, E]."""
        places = torch.arange(vectors.shape[1], device=vectors.device) + first
        y: Tensor = self.dropout(vectors + self.loudness * waves(places, self.width, vectors))
        return y
