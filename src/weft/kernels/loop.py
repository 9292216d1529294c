"""The reference: all inputs projected with one matrix product, then the cell's own step, one time step after the other.

It takes every cell, type and device. A row of a ragged batch stops at its length: later steps leave its state alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from weft.kernels._ragged import is_ragged, real_places
from weft.types import Cell, Params, State

if TYPE_CHECKING:
    from torch import Tensor


def refuse(cell: Cell, x: Tensor) -> str:
    """Never refuses: an empty string."""
    del cell, x
    return ""


def run(cell: Cell, params: Params, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
    """Run a cell over time.

    Args:
        cell: one layer and direction.
        params: its parameters.
        x: [B, T, D]; padding may hold anything.
        lengths: int64 [B] on the CPU, 1 <= length <= T; None when every row has T steps.
        state: start state, each [B, ...].
    Returns:
        outputs [B, T, P], zero at padding, and the state after each row's last real step.
    """
    steps = x.shape[1]
    real, shortest = None, steps
    if is_ragged(lengths, steps):
        real, shortest = real_places(lengths, steps, x.device).unsqueeze(-1), int(lengths.min())
        x = x.masked_fill(~real, 0.0)  # not only 0 * gradient: NaN in the padding would survive that
    outputs: list[Tensor] = []
    for t, wx in enumerate(cell.project(x, params).unbind(1)):
        y, after = cell.step(wx, state, params)
        if real is None or t < shortest:
            state = after
        else:
            state = {name: torch.where(real[:, t], after[name], state[name]) for name in state}
            y = torch.where(real[:, t], y, 0.0)
        outputs.append(y)
    return torch.stack(outputs, dim=1), state
