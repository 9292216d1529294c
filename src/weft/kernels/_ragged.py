"""Rows of different lengths in one padded tensor: which places are real, and a row turned round within its length."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import torch

if TYPE_CHECKING:
    from torch import Tensor


def is_ragged(lengths: Tensor | None, steps: int) -> TypeGuard[Tensor]:
    """Whether some row is shorter than ``steps``; lengths int64 [B] on the CPU, or None when no row is."""
    return lengths is not None and int(lengths.min()) < steps


def real_places(lengths: Tensor, steps: int, device: torch.device) -> Tensor:
    """bool [B, T]: True where a real step stands, False at padding."""
    return torch.arange(steps, device=device) < lengths.to(device).unsqueeze(1)


def turn_round(x: Tensor, lengths: Tensor | None) -> Tensor:
    """x [B, T, F] with the first ``length`` steps of each row in reverse order, its padding left where it is.

    ``lengths`` None: every row has T steps.

    Turning twice gives x again.
    """
    batch, steps, width = x.shape
    if lengths is None or not is_ragged(lengths, steps):
        return x.flip(1)
    place = torch.arange(steps)
    ends = lengths.unsqueeze(1)
    source = torch.where(place < ends, ends - 1 - place, place) + steps * torch.arange(batch).unsqueeze(1)
    # One flat index_select: its gradient costs a quarter of that of gather or of x[rows, places] on a CPU.
    return x.reshape(batch * steps, width).index_select(0, source.flatten().to(x.device)).view(batch, steps, width)
