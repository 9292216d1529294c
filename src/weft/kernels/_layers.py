"""Cells and their parameters as the C++ core takes them: a number for the cell, sizes, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from weft.cells.elman import Elman
from weft.cells.gru import GRU
from weft.cells.lstm import LSTM
from weft.cells.mrnn import MRNN
from weft.types import Cell, Params

if TYPE_CHECKING:
    from torch import Tensor

CODES = {
    "elman tanh": 0,
    "elman sigmoid": 1,
    "elman relu": 2,
    "lstm": 3,
    "gru": 4,
    "mrnn paper": 5,
    "mrnn released": 6,
}
"""The numbers of ``enum class Cell`` in ``csrc/weft/core.h``."""


@dataclass(frozen=True)
class Layer:
    """One layer as the core takes it.

    Attributes:
        numbers: LAYER of ``csrc/binding.cpp``; addresses among them.
        tensors: what the addresses lead to; they must live as long as the numbers are used.
    """

    numbers: tuple[int, ...]
    tensors: tuple[Tensor | None, ...]


def code(cell: Cell) -> int | None:
    """The core's number for a cell; None when the core does not know it."""
    if type(cell) is Elman:
        return CODES[f"elman {cell.activation}"]
    if type(cell) is MRNN:
        return CODES[f"mrnn {cell.form}"]
    plain = type(cell) in (LSTM, GRU) and cell.spec.twin and "weight_hr" not in cell.spec.params
    return CODES[cell.spec.name] if plain else None


def layer(cell: Cell, params: Params) -> Layer:
    """A layer that ``code`` knows; parameters float32 on the CPU."""
    number, spec = code(cell), cell.spec
    assert number is not None, "code was asked"
    tensors = tuple(None if each is None else each.detach().contiguous() for each in weights(cell, params))
    factors = cell.factors if isinstance(cell, MRNN) else 0
    addresses = (0 if each is None else each.data_ptr() for each in tensors)
    return Layer((number, spec.input_size, spec.hidden_size, factors, *addresses), tensors)


def weights(cell: Cell, params: Params) -> tuple[Tensor | None, ...]:
    """The matrices of input, state and factors, the biases of input and state."""
    if not isinstance(cell, MRNN):
        return params["weight_ih"], params["weight_hh"], None, params.get("bias_ih"), params.get("bias_hh")
    weight = torch.cat([params["weight_if"], params["weight_ih"]])
    biases = [params.get("bias_f"), params.get("bias_ih")]
    bias = None
    if any(each is not None for each in biases):
        sizes = (cell.factors, cell.spec.hidden_size)
        bias = torch.cat(
            [weight.new_zeros(size) if each is None else each for each, size in zip(biases, sizes, strict=True)]
        )
    return weight, params["weight_hf"], params["weight_fh"], bias, None
