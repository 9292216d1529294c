"""A ``Stack`` with the face of torch.nn's recurrent layers: what ``RNN``, ``LSTM`` and ``GRU`` have in common.

torch stacks the states of all layers and directions in one tensor [layers * directions, B, P], puts time first unless
told otherwise, and takes packed and unbatched input too.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from weft.errors import ConfigError, ShapeError
from weft.nn._cells import stacked_cells
from weft.nn._stack import Stack, state_key
from weft.types import State


class TorchForm(Stack):
    """torch.nn's constructor, attributes and ways in and out, over the cells of ``cell``.

    Attributes:
        mode: torch's name of the layer ("LSTM", "GRU", "RNN_TANH", "RNN_RELU").
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size: as given.
    """

    fewest_rows = 0  # torch takes an empty batch

    def __init__(
        self,
        cell: str,
        options: Mapping[str, Any],
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        device: torch.device | str | int | None,
        dtype: torch.dtype | None,
    ) -> None:
        name = type(self).__name__
        _check_flags(name, bias=bias, batch_first=batch_first)
        _check_sizes(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        _check_dropout(name, dropout, num_layers)
        directions = 2 if bidirectional else 1
        cells = stacked_cells(cell, input_size, [hidden_size] * num_layers, directions, {"bias": bias, **options})
        super().__init__(cells, bidirectional=bool(bidirectional), dropout=float(dropout), device=device, dtype=dtype)
        self.mode = cells[0].spec.twin
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.bidirectional = bias, batch_first, bidirectional
        self.proj_size = proj_size

    @property
    def all_weights(self) -> list[list[nn.Parameter]]:
        """The parameters of each layer and direction."""
        return [list(self.parameters_of(layer, ending).values()) for layer, ending in self.places()]

    def reset_parameters(self) -> None:
        """Uniform on ±1/sqrt(hidden_size), drawn in torch's order: the same numbers for the same seed."""
        bound = 1 / math.sqrt(self.cells[0].spec.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: on CUDA the kernel hands cuDNN the weights in one piece at every call."""

    def run_any(
        self, given: Tensor | PackedSequence, start: tuple[Tensor, ...] | None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, ...]]:
        """Packed or padded, batched or not; the states in the order of the cell's ``Spec``, stacked as torch does."""
        if isinstance(given, PackedSequence):
            return self._run_packed(given, start)
        self._check_input(given)
        single, time = given.dim() == 2, 0 if self.batch_first else 1
        x = given.unsqueeze(time) if single else given
        x = x if self.batch_first else x.transpose(0, 1)
        state = None
        if start is not None:
            self._check_start(start, *([] if single else [x.shape[0]]))
            state = self._unstacked([value.unsqueeze(1) for value in start] if single else start, x)
        y, after = self.run(x, None, state)
        # torch gives time-major outputs in one piece, which programs rely on when they call view.
        y, ended = y if self.batch_first else y.transpose(0, 1).contiguous(), self._stacked(after)
        return (y.squeeze(time), tuple(value.squeeze(1) for value in ended)) if single else (y, ended)

    def _run_packed(
        self, packed: PackedSequence, start: tuple[Tensor, ...] | None
    ) -> tuple[PackedSequence, tuple[Tensor, ...]]:
        if packed.data.dim() != 2:
            raise ShapeError(f"packed input: expected data [N, {self.input_size}], got {list(packed.data.shape)}")
        rows = PackedSequence(packed.data, packed.batch_sizes)  # in their sorted order, longest first
        x, lengths = pad_packed_sequence(rows, batch_first=True)
        state = None
        if start is not None:
            self._check_start(start, x.shape[0])
            state = _in_order(self._unstacked(start, x), packed.sorted_indices)
        y, after = self.run(x, lengths, state)
        data = pack_padded_sequence(y, lengths, batch_first=True).data
        after = _in_order(after, packed.unsorted_indices)
        outputs = PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
        return outputs, self._stacked(after)

    def _check_input(self, given: object) -> None:
        order = "[B, T, {0}] or [T, {0}]" if self.batch_first else "[T, B, {0}] or [T, {0}]"
        if not isinstance(given, Tensor) or given.dim() not in (2, 3) or given.shape[-1] != self.input_size:
            raise ShapeError(
                f"input: expected {order.format(self.input_size)} or a packed sequence, got {_described(given)}"
            )

    def _check_start(self, start: object, *rows: int) -> None:
        """Its shapes; types and devices are checked with the named state that is made of it."""
        states = self.cells[0].spec.states
        if not isinstance(start, tuple | list) or len(start) != len(states):
            raise ShapeError(f"hx: expected {len(states)} tensors ({', '.join(states)}), got {_described(start)}")
        for (name, size), value in zip(states.items(), start, strict=True):
            shape = [self.num_layers * len(self.endings), *rows, size]
            if not isinstance(value, Tensor) or list(value.shape) != shape:
                raise ShapeError(f"hx, {name}: expected {shape} for this input, got {_described(value)}")

    def _unstacked(self, start: Sequence[Tensor], x: Tensor) -> State:
        weight = self.example()
        if torch.is_autocast_enabled(x.device.type):
            start = [value.to(weight.dtype) for value in start]
        return {
            state_key(name, layer, ending): value[place]
            for place, (layer, ending) in enumerate(self.places())
            for name, value in zip(self.cells[layer].spec.states, start, strict=True)
        }

    def _stacked(self, state: State) -> tuple[Tensor, ...]:
        names = self.cells[0].spec.states
        return tuple(
            torch.stack([state[state_key(name, layer, ending)] for layer, ending in self.places()]) for name in names
        )

    def extra_repr(self) -> str:
        """What ``print(module)`` shows, as torch's."""
        usual = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0,
            "bidirectional": False,
        }
        own = [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *own])


def _in_order(state: State, rows: Tensor | None) -> State:
    if rows is None:
        return state
    return {name: value.index_select(0, rows) for name, value in state.items()}


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        return str(list(value.shape))
    if isinstance(value, tuple | list):
        return f"{type(value).__name__} of {len(value)}"
    return type(value).__name__


def _check_flags(layer: str, **flags: object) -> None:
    for what, value in flags.items():
        if not isinstance(value, bool):
            raise ConfigError(f"{layer}: {what} must be True or False, got {value!r}")


def _check_sizes(layer: str, **sizes: object) -> None:
    for what, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise ShapeError(f"{layer}: {what} must be a whole number from 1, got {value!r}")


def _check_dropout(layer: str, dropout: object, num_layers: int) -> None:
    number = isinstance(dropout, numbers.Real) and not isinstance(dropout, bool)
    if not number or not 0 <= float(dropout) <= 1:  # type: ignore[arg-type]
        raise ConfigError(f"{layer}: dropout must be a number from 0 to 1, got {dropout!r}")
    if dropout and num_layers == 1:
        warnings.warn(
            f"{layer}: dropout={dropout} does nothing with num_layers=1, it acts between layers", stacklevel=4
        )
