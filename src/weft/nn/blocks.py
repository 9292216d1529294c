"""Recurrent layers in blocks: normalisation before each, its input added to its output, a feed-forward part behind it.

    y = x + drop(R(norm(x)))        R one recurrent layer of any cell; x is added where it is as wide as R's output
    y = y + drop(F(norm(y)))        F two linear layers with a GELU between them; optional

and one more norm on top where inputs are added. Cells whose gates see the input alone need a stack of several layers,
and a deep stack learns much better so. Sources: K. He et al., "Deep Residual Learning for Image Recognition", CVPR
2016; J. L. Ba, J. R. Kiros and G. Hinton, "Layer Normalization", arXiv:1607.06450 (2016); B. Zhang and R. Sennrich,
"Root Mean Square Layer Normalization", NeurIPS 2019; the order of the parts is that of L. Feng et al., "Were RNNs All
We Needed?", arXiv:2410.01201 (2024), as public implementations have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import nn

from weft.errors import ShapeError
from weft.kernels import real_places
from weft.nn import _fit
from weft.nn._stack import state_key
from weft.nn.dropout import Dropout
from weft.nn.recurrent import Recurrent
from weft.types import Cell, LookUp, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from weft.config import Encoder


def encoder(section: Encoder, input_size: int) -> Recurrent | Blocks:
    """What the section ``[encoder]`` of a recipe describes, over inputs of width ``input_size``."""
    return Blocks(section, input_size) if section.in_blocks else Recurrent.of(section, input_size)


class Blocks(nn.Module):
    """Recurrent layers, each in a block, that are called as ``Recurrent`` is.

    Args:
        section: of a recipe; ``norm``, ``residual`` and ``feedforward`` say what a block has, ``dropout`` acts on what
            each part hands on, the rest is as for ``Recurrent``.
        input_size: D, width of the input.
    Attributes:
        width: of the output.
    """

    def __init__(self, section: Encoder, input_size: int) -> None:
        super().__init__()
        made: list[Block] = []
        for place in range(section.layers):
            width = made[-1].width if made else input_size
            made.append(Block(section, width, last=place + 1 == section.layers))
        self.blocks = nn.ModuleList(made)
        self.width = made[-1].width
        self.norm = norm(section.norm if section.residual else "none", self.width)

    def forward(
        self, x: Tensor | LookUp, lengths: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Run over a padded batch; arguments, results and errors as for ``Recurrent.forward``."""
        y = x.vectors() if isinstance(x, LookUp) else x
        if y.dim() != 3:
            raise ShapeError(f"x: expected [B, T, D] (rows, steps, input width), got {list(y.shape)}")
        if state is None:
            state = self.start(len(y))
        else:
            _fit.check_state(state, self.state_sizes(), self.each()[0].recurrent.example(), len(y))
        padding = None
        if lengths is not None:
            lengths = _fit.checked_lengths(lengths, y)
            if int(lengths.min()) < y.shape[1]:
                padding = ~real_places(lengths, y.shape[1], y.device).unsqueeze(-1)
                y = y.masked_fill(padding, 0.0)  # NaN there would reach the gradients of norms and sums
        ended = []
        for block, names in zip(self.each(), self.names(), strict=True):
            y, after = block(y, lengths, {own: state[name] for name, own in names.items()})
            ended.append(after)
        y = self.norm(y)
        return (y if padding is None else y.masked_fill(padding, 0.0)), self._joined(ended)

    def start(self, n: int) -> State:
        """The state of ``n`` rows before their first step: zeros or as learned."""
        return self._joined([block.recurrent.start(n) for block in self.each()])

    def begin(self, n: int) -> State:
        """The state of ``n`` streams before their first ``step``; errors as for ``Recurrent.begin``."""
        return self._joined([block.recurrent.begin(n) for block in self.each()])

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One time step of every stream: x [B, D] -> output [B, width]; errors as for ``Recurrent.step``."""
        if len(self.each()[0].recurrent.endings) > 1:
            self.begin(1)  # says why not
        if x.dim() != 2:
            raise ShapeError(f"step: expected x [B, D] (rows, input width), got {list(x.shape)}")
        y, state = self(x.unsqueeze(1), None, state)
        return y.squeeze(1), state

    def each(self) -> list[Block]:
        """The blocks, the lowest first."""
        return [cast("Block", block) for block in self.blocks]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """One a layer."""
        return tuple(block.recurrent.cells[0] for block in self.each())

    def state_sizes(self) -> dict[str, int]:
        """Names and widths of the states: "h.0", "h.1"... ."""
        sizes = [block.recurrent.state_sizes() for block in self.each()]
        return {name: size[own] for names, size in zip(self.names(), sizes, strict=True) for name, own in names.items()}

    def names(self) -> list[dict[str, str]]:
        """Each block's states: their names here, and in its own recurrence, which knows of no other layers."""
        return [
            {
                state_key(name, layer, ending): state_key(name, 0, ending)
                for ending in block.recurrent.endings
                for name in block.recurrent.cells[0].spec.states
            }
            for layer, block in enumerate(self.each())
        ]

    def _joined(self, states: Sequence[State]) -> State:
        """The states of the blocks' own recurrences as one."""
        return {
            name: state[own] for names, state in zip(self.names(), states, strict=True) for name, own in names.items()
        }


class Block(nn.Module):
    """One recurrent layer with what stands about it.

    Args:
        section, input_size: as for ``Blocks``.
        last: whether it is the last of its stack.
    Attributes:
        width: of the output.
    """

    def __init__(self, section: Encoder, input_size: int, *, last: bool) -> None:
        super().__init__()
        hidden = section.last_hidden or section.hidden if last else section.hidden
        alone = section.model_copy(update={"layers": 1, "hidden": hidden, "last_hidden": 0, "dropout": 0.0})
        self.norm = norm(section.norm, input_size)
        self.recurrent = Recurrent.of(alone, input_size)
        self.width = self.recurrent.width
        self.residual = section.residual and input_size == self.width
        self.dropout = Dropout(section.dropout, locked=section.locked)
        self.feedforward = _feedforward(section, self.width) if section.feedforward else None

    def forward(self, x: Tensor, lengths: Tensor | None, state: State | None) -> tuple[Tensor, State]:
        """x [B, T, D] -> outputs [B, T, width] and the next state of the recurrence."""
        y, state = self.recurrent(self.norm(x), lengths, state)
        return self.behind(x, y), state

    def behind(self, x: Tensor, y: Tensor) -> Tensor:
        """What follows the recurrence: the block's input x and the recurrence's outputs y -> the block's outputs."""
        y = x + self.dropout(y) if self.residual else self.dropout(y)
        if self.feedforward is not None:
            y = y + self.dropout(self.feedforward(y))
        return y


def norm(kind: str, width: int) -> nn.Module:
    """Of vectors of a width: "layer" (mean 0, deviation 1), "rms" (root of the mean square 1) or "none"."""
    match kind:
        case "layer":
            return nn.LayerNorm(width)
        case "rms":
            return nn.RMSNorm(width, eps=1e-6)
    return nn.Identity()


def _feedforward(section: Encoder, width: int) -> nn.Sequential:
    return nn.Sequential(
        norm(section.norm, width),
        nn.Linear(width, section.feedforward),
        nn.GELU(),
        nn.Linear(section.feedforward, width),
    )
