"""Whether input, lengths and state fit a recurrent layer; a misfit is one sentence with what arrived and what fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from weft.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    from weft.types import State


def checked_input(x: Tensor, weight: Tensor, width: int) -> Tensor:
    """x [B, T, ``width``] as it is; under autocast in the type of ``weight``.

    Raises:
        ShapeError: other axes or width, no row or step, another type or device than ``weight``.
    """
    if x.dim() != 3 or x.shape[2] != width:
        raise ShapeError(f"x: expected [B, T, {width}] (rows, steps, input width), got {list(x.shape)}")
    if 0 in x.shape:
        raise ShapeError(f"x: expected at least one row and one step, got {list(x.shape)}")
    if x.device != weight.device:
        raise ShapeError(f"x: expected on {weight.device} as the layer's weights, got {x.device}")
    if x.dtype != weight.dtype:
        if not torch.is_autocast_enabled(x.device.type):
            raise ShapeError(f"x: expected {_type(weight)} as the layer's weights, got {_type(x)}")
        x = x.to(weight.dtype)
    return x


def checked_lengths(lengths: Tensor, x: Tensor) -> Tensor:
    """lengths of the rows of x [B, T, D] as int64 [B] on the CPU.

    Raises:
        ShapeError: not one whole number a row, or one below 1 or beyond T.
    """
    rows, steps = x.shape[:2]
    if lengths.is_floating_point() or lengths.shape != (rows,):
        raise ShapeError(
            f"lengths: expected int64 [{rows}], one a row of x, got {_type(lengths)} {list(lengths.shape)}"
        )
    lengths = lengths.to(device="cpu", dtype=torch.int64)
    low, high = int(lengths.min()), int(lengths.max())
    if low < 1 or high > steps:
        wrong = low if low < 1 else high
        row = lengths.tolist().index(wrong)
        raise ShapeError(f"lengths: expected 1 to {steps} (x has {steps} steps), got {wrong} in row {row}")
    return lengths


def check_state(state: State, sizes: Mapping[str, int], weight: Tensor, rows: int) -> None:
    """Check a start state against its names and widths.

    Raises:
        ShapeError: a state is missing or unknown, or of another shape, type or device.
    """
    if state.keys() != sizes.keys():
        raise ShapeError(f"state: expected the names {', '.join(sizes)}; got {', '.join(state) or 'none'}")
    for key, size in sizes.items():
        value = state[key]
        if value.shape != (rows, size):
            raise ShapeError(f"state {key!r}: expected [{rows}, {size}] (rows of x, width), got {list(value.shape)}")
        if value.dtype != weight.dtype or value.device != weight.device:
            raise ShapeError(
                f"state {key!r}: expected {_type(weight)} on {weight.device} as the layer's weights,"
                f" got {_type(value)} on {value.device}"
            )


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
