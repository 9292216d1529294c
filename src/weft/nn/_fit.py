"""Whether input, lengths and state fit a recurrent layer; a misfit is one sentence with what arrived and what fits.

NaN and infinity are told from a sum, which costs a percent or two of the smallest step; only where a sum is not finite
are the values looked at one by one. Nothing is looked at on CUDA, where reading a number waits for all work under way,
nor while torch traces the module for export or compilation: NaN then shows in the outputs, as it does in torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from weft.errors import ShapeError
from weft.kernels import real_places
from weft.types import LookUp

if TYPE_CHECKING:
    from torch import Tensor

    from weft.types import State


WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def checked_input(x: Tensor | LookUp, weight: Tensor, width: int, fewest_rows: int) -> Tensor | LookUp:
    """x [B, T, ``width``] as it is, or symbols with such vectors; under autocast vectors in the type of ``weight``.

    Raises:
        ShapeError: other axes or width, too few rows or no step, another type or device than ``weight``.
    """
    if isinstance(x, LookUp) and torch.is_autocast_enabled(x.table.device.type):
        x = x.vectors()
    values = x.table if isinstance(x, LookUp) else x
    if isinstance(x, LookUp) and (x.ids.dtype != torch.int64 or x.ids.device != x.table.device):
        raise ShapeError(f"x: expected symbols int64 on {x.table.device}, got {_type(x.ids)} on {x.ids.device}")
    if not isinstance(values, torch.Tensor):
        raise ShapeError(f"x: expected a tensor [B, T, {width}], got {type(x).__name__}")
    shape = [*x.ids.shape, values.shape[-1]] if isinstance(x, LookUp) else list(values.shape)
    if len(shape) != 3 or shape[2] != width:
        raise ShapeError(f"x: expected [B, T, {width}] (rows, steps, input width), got {shape}")
    if shape[0] < fewest_rows or shape[1] < 1:
        rows = "one row and " if fewest_rows else ""
        raise ShapeError(f"x: expected at least {rows}one step, got {shape}")
    if values.device != weight.device:
        raise ShapeError(f"x: expected on {weight.device} as the layer's weights, got {values.device}")
    if values.dtype != weight.dtype:
        if isinstance(x, LookUp) or not torch.is_autocast_enabled(values.device.type):
            raise ShapeError(f"x: expected {_type(weight)} as the layer's weights, got {_type(values)}")
        x = values.to(weight.dtype)
    return x


def checked_lengths(lengths: Tensor, x: Tensor) -> Tensor:
    """lengths of the rows of x [B, T, D] as int64 [B] on the CPU.

    Raises:
        ShapeError: not one whole number a row, or one below 1 or beyond T.
    """
    rows, steps = x.shape[:2]
    if not isinstance(lengths, torch.Tensor):
        raise ShapeError(f"lengths: expected a tensor int64 [{rows}], one a row of x, got {type(lengths).__name__}")
    if lengths.dtype not in WHOLE or lengths.shape != (rows,):
        raise ShapeError(
            f"lengths: expected int64 [{rows}], one a row of x, got {_type(lengths)} {list(lengths.shape)}"
        )
    lengths = lengths.to(device="cpu", dtype=torch.int64).contiguous()
    low, high = int(lengths.min()), int(lengths.max())
    if low < 1 or high > steps:
        wrong = low if low < 1 else high
        row = lengths.tolist().index(wrong)
        raise ShapeError(f"lengths: expected 1 to {steps} (x has {steps} steps), got {wrong} in row {row}")
    return lengths


def check_finite(x: Tensor | LookUp, lengths: Tensor | None) -> None:
    """Check that x [B, T, D] holds no NaN or infinity at a real step; of symbols, that their vectors do not.

    Raises:
        ShapeError: it does; the sentence names the first such row and step.
    """
    if isinstance(x, LookUp):
        if len(x.table) <= x.ids.numel() and _is_finite(x.table):
            return
        x = x.vectors()
    if _is_finite(x):
        return
    wrong = ~torch.isfinite(x)
    if lengths is not None:
        wrong &= real_places(lengths, x.shape[1], x.device).unsqueeze(-1)
    if bool(wrong.any()):
        row, step, place = wrong.nonzero()[0].tolist()
        raise ShapeError(
            f"x: expected finite numbers, got {float(x[row, step, place].detach())}"
            f" in row {row}, step {step}, place {place}"
        )


def check_state(state: State, sizes: Mapping[str, int], weight: Tensor, rows: int) -> None:
    """Check a start state against its names and widths.

    Raises:
        ShapeError: a state is missing or unknown, of another shape, type or device, or holds NaN or infinity.
    """
    values: object = state
    if not isinstance(values, Mapping) or not all(isinstance(value, torch.Tensor) for value in values.values()):
        raise ShapeError(f"state: expected tensors by their names {', '.join(sizes)}; got {type(state).__name__}")
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
        if not _is_finite(value) and not bool(torch.isfinite(value).all()):
            row = int((~torch.isfinite(value)).nonzero()[0, 0])
            raise ShapeError(f"state {key!r}: expected finite numbers, got NaN or infinity in row {row}")


def _is_finite(values: Tensor) -> bool:
    """Whether the sum is; a sum that overflows is a false alarm."""
    if values.device.type != "cpu" or torch.compiler.is_compiling():
        return True
    return math.isfinite(float(values.detach().sum()))


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
