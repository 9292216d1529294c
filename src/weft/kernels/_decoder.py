"""A stack of layers that runs one time step a call, by the C++ core, on a packed copy of the weights.

The copy belongs to the object: what happens to the parameters later does not reach it. It is made for one stream or one
piece of writing, and dropped with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import TYPE_CHECKING

import torch

from weft.errors import BackendError, ShapeError
from weft.kernels import _extension, _layers
from weft.kernels._addresses import address
from weft.types import Cell, Params, State

if TYPE_CHECKING:
    from torch import Tensor

PRECISIONS = ("float32", "int8")


@dataclass(frozen=True)
class Symbols:
    """What the lowest layer reads when it reads symbols: their vectors [V, D], or one-hot ones when None."""

    count: int
    vectors: Tensor | None = None


@dataclass(frozen=True)
class Output:
    """logits = weight h + bias; weight [V, H], bias [V] or None."""

    weight: Tensor
    bias: Tensor | None = None


@dataclass(frozen=True)
class Drawing:
    """How the next symbol is drawn; see ``weft.search.sampling.filter_logits``."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    forbidden: int = -1


def refuse(cells: Sequence[Cell], params: Sequence[Params], tensors: Sequence[Tensor | None] = ()) -> str:
    """Why the core cannot run these layers step by step; an empty string when it can.

    Args:
        cells: one a layer, the lowest first.
        params: of each; only types and devices are looked at, as of the other ``tensors``.
    """
    reason = _extension.absence()
    if reason:
        return reason
    for cell in cells:
        if _layers.code(cell) is None:
            return f"the core has no cell {cell.spec.name!r} with these options"
    for tensor in [*(each for layer in params for each in layer.values()), *tensors]:
        if tensor is not None and (tensor.dtype != torch.float32 or tensor.device.type != "cpu"):
            name = str(tensor.dtype).removeprefix("torch.")
            return f"the core steps float32 on the CPU, got {name} on {tensor.device.type}"
    return ""


class CoreDecoder:
    """One time step of a stack of layers a call; it does not change and may be called from several threads.

    Args:
        cells: one a layer, the lowest first.
        params: of each layer.
        states: names and widths of the layers' states, in the order of the layers and of each cell's ``Spec``.
        symbols: what the lowest layer reads; None when it is given vectors.
        output: what is made of the top layer's output; None for the output itself.
        precision: "float32", or "int8": weights in 8 bits, which reads a quarter of the memory and costs accuracy.
    Attributes:
        bytes: of weights that a step reads.
    Raises:
        BackendError: the core cannot run this; the message says why.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        params: Sequence[Params],
        states: Mapping[str, int],
        *,
        symbols: Symbols | None = None,
        output: Output | None = None,
        precision: str = "float32",
    ) -> None:
        vectors = None if symbols is None else symbols.vectors
        tensors = [vectors, *((output.weight, output.bias) if output else ())]
        reason = refuse(cells, params, tensors)
        if reason:
            raise BackendError(f"no decoder in the core: {reason}")
        _check_widths(cells, symbols, output)
        layers = [_layers.layer(cell, own) for cell, own in zip(cells, params, strict=True)]
        kept = [None if each is None else each.detach().contiguous() for each in tensors] + [None, None]
        vectors, weight, bias = kept[:3]
        self.states = dict(states)
        self.inputs = cells[0].spec.input_size
        self.outputs = 0 if weight is None else len(weight)
        self._core = _extension.core().Decoder(
            PRECISIONS.index(precision), torch.get_num_threads(),
            address(vectors), symbols.count if symbols else 0,
            address(weight), address(bias), self.outputs,
            *(number for layer in layers for number in layer.numbers),
        )  # fmt: skip
        self._reads_symbols = symbols is not None
        self._widths = list(self.states.values())
        self.width = sum(self._widths)
        self.bytes: int = self._core.bytes

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of every row.

        Args:
            x: symbols int64 [B], or vectors float32 [B, D].
            state: with the names and widths of ``states``, each [B, H].
        Returns:
            logits [B, V] (or the top layer's output [B, H] without an output layer) and the next state.
        Raises:
            ShapeError: x or state do not fit, or a symbol is outside the vocabulary.
        """
        x = self._checked(x)
        before = self.join(state, len(x))
        after = torch.empty_like(before)
        y = before.new_empty(len(x), self.outputs) if self.outputs else None
        addresses = (x.data_ptr(), 0) if self._reads_symbols else (0, x.data_ptr())
        try:
            self._core.step(
                len(x), *addresses, before.data_ptr(), after.data_ptr(), address(y), torch.get_num_threads()
            )
        except IndexError as error:
            raise ShapeError(f"step: {error}") from error
        parted = self.part(after)
        return self._top(parted) if y is None else y, parted

    def read(self, ids: Tensor, state: State) -> State:
        """Many steps of one row, one behind the other and without the output layer; bit for bit the state of ``step``.

        Args:
            ids: symbols int64 [N] with N >= 1.
            state: as for ``step``, each [1, H].
        Raises:
            ShapeError: ids or state do not fit, or a symbol is outside the vocabulary.
        """
        assert self._reads_symbols, "vectors are read step by step"
        ids = self._checked(ids)
        here, threads = self.join(state, 1).clone(), torch.get_num_threads()
        there = torch.empty_like(here)
        addresses, first = (here.data_ptr(), there.data_ptr()), ids.data_ptr()
        try:
            for place in range(len(ids)):
                before, after = addresses if place % 2 == 0 else addresses[::-1]
                self._core.step(1, first + place * ids.element_size(), 0, before, after, 0, threads)
        except IndexError as error:
            raise ShapeError(f"read: {error}") from error
        return self.part(there if len(ids) % 2 else here)

    def draw(
        self,
        ids: Tensor,
        before: Tensor,
        after: Tensor,
        numbers: Tensor,
        drawn: Tensor,
        how: Drawing,
        logp: Tensor | None = None,
    ) -> bool:
        """One step of every row, and a symbol drawn for each.

        Args:
            ids: int64 [B].
            before, after: states side by side as ``join`` gives them, [B, ``width``]; not the same memory.
            numbers: float64 [B] in [0, 1): the first symbol is drawn at which the running sum of probability passes it.
            drawn: int64 [B], written.
            logp: float32 [B], written: log p of what was drawn, among all but the forbidden symbol and before
                temperature and cuts; None when nobody asks.
        Returns:
            whether all log-probabilities were numbers.
        """
        addresses = (each.data_ptr() for each in (ids, before, after, numbers, drawn))
        settings = (how.temperature, how.top_k, how.top_p, how.forbidden)
        if not how.forbidden < self.outputs:
            raise ShapeError(f"draw: symbol {how.forbidden} is forbidden, there are {self.outputs}")
        try:
            return bool(self._core.draw(len(ids), *addresses, address(logp), *settings, torch.get_num_threads()))
        except IndexError as error:
            raise ShapeError(f"draw: {error}") from error

    def join(self, state: State, rows: int) -> Tensor:
        """States side by side in one tensor, [B, ``width``].

        Raises:
            ShapeError: a state is missing, unknown or of another shape or type.
        """
        if isinstance(state, _Parted) and state.is_whole(self.states) and len(state.joined) == rows:
            return state.joined
        if state.keys() != self.states.keys():
            raise ShapeError(f"state: expected the names {', '.join(self.states)}; got {', '.join(state) or 'none'}")
        for value, (name, width) in zip(map(state.__getitem__, self.states), self.states.items(), strict=True):
            if value.shape != (rows, width) or value.dtype != torch.float32 or value.device.type != "cpu":
                got = f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)} on {value.device}"
                raise ShapeError(f"state {name!r}: expected float32 [{rows}, {width}] on cpu, got {got}")
        return torch.cat([state[name].detach() for name in self.states], dim=1)

    def part(self, joined: Tensor) -> State:
        """The states by name, parts of a tensor as ``join`` gives it."""
        return _Parted(self.states, joined, torch.split(joined, self._widths, dim=1))

    def _checked(self, x: Tensor) -> Tensor:
        wanted = torch.int64 if self._reads_symbols else torch.float32
        fits = x.dim() == 1 if self._reads_symbols else x.dim() == 2 and x.shape[1] == self.inputs
        if not fits or x.dtype != wanted or not len(x) or x.device.type != "cpu":
            shape = "int64 [B]" if self._reads_symbols else f"float32 [B, {self.inputs}]"
            got = f"{str(x.dtype).removeprefix('torch.')} {list(x.shape)} on {x.device}"
            raise ShapeError(f"step: expected {shape} on cpu, got {got}")
        return x if x.is_contiguous() else x.contiguous()

    def _top(self, state: State) -> Tensor:
        return state[next(name for name in reversed(self.states) if name.startswith("h."))]


def _check_widths(cells: Sequence[Cell], symbols: Symbols | None, output: Output | None) -> None:
    """Check that layers, symbols and output fit each other.

    Raises:
        ShapeError: they do not; the sentence names the first that does not.
    """
    widths = [cells[0].spec.input_size, *(cell.spec.output_size for cell in cells)]
    for place, cell in enumerate(cells):
        if cell.spec.input_size != widths[place]:
            raise ShapeError(
                f"layer {place}: reads {cell.spec.input_size} numbers, the one below gives {widths[place]}"
            )
    if symbols is not None:
        shape = (symbols.count, symbols.count) if symbols.vectors is None else tuple(symbols.vectors.shape)
        if shape != (symbols.count, widths[0]):
            raise ShapeError(f"symbols: expected vectors [{symbols.count}, {widths[0]}], got {list(shape)}")
    if output is not None:
        if output.weight.dim() != 2 or output.weight.shape[1] != widths[-1]:
            raise ShapeError(f"output: expected a weight [V, {widths[-1]}], got {list(output.weight.shape)}")
        if output.bias is not None and output.bias.shape != output.weight.shape[:1]:
            raise ShapeError(f"output: expected a bias [{len(output.weight)}], got {list(output.bias.shape)}")


class _Parted(dict[str, "Tensor"]):
    """A state whose tensors are parts of one, which spares joining them again for the next step."""

    def __init__(self, states: Mapping[str, int], joined: Tensor, parts: tuple[Tensor, ...]) -> None:
        super().__init__(zip(states, parts, strict=True))
        self.joined, self._parts, self._states = joined, parts, states

    def __reduce__(self) -> tuple[type, tuple[State]]:
        """Saved and copied as a plain state."""
        return dict, (dict(self),)

    def is_whole(self, states: Mapping[str, int]) -> bool:
        """Whether it is of these states and holds the parts still, all of them and in their order."""
        return self._states is states and len(self) == len(self._parts) and all(map(is_, self.values(), self._parts))


class CoreWriter:
    """Rows that the core writes on; their states are overwritten step by step."""

    def __init__(self, core: CoreDecoder, state: State, how: Drawing) -> None:
        self._core, self._how = core, how
        self._before = core.join(state, len(next(iter(state.values())))).clone()
        self._after = torch.empty_like(self._before)

    def next(self, ids: Tensor, numbers: Tensor) -> Tensor | None:
        """Feed one symbol a row, and draw the next ones; None when their probabilities are not numbers."""
        drawn = torch.empty_like(ids)
        fine = self._core.draw(ids, self._before, self._after, numbers, drawn, self._how)
        self._before, self._after = self._after, self._before
        return drawn if fine else None

    def keep(self, rows: Tensor) -> None:
        """Go on with the given rows only."""
        self._before = self._before[rows]
        self._after = torch.empty_like(self._before)
