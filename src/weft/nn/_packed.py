"""Rows of different lengths without their padding: by falling length, their steps one behind the other."""

from __future__ import annotations

import torch
from torch import Tensor


class Packed:
    """Where the real steps of a padded batch [B, T, ...] stand, N in all: first the first steps of all rows, then ...

    Args:
        lengths: int64 [B] on the CPU, 1 <= length <= T.
        steps: T.
        device: of what is packed.
    Attributes:
        order: the rows by falling length, int64 [B].
        counts: of the rows that have each step.
        last: where each row's last step stands, rows in their own order, int64 [B].
    """

    def __init__(self, lengths: Tensor, steps: int, device: torch.device) -> None:
        order = torch.argsort(lengths, descending=True, stable=True)
        real = torch.arange(int(lengths.max())).unsqueeze(1) < lengths[order]
        self.counts = tuple(real.sum(dim=1).tolist())
        self._shape = len(lengths), steps
        step, rank = real.nonzero(as_tuple=True)
        self._places = (order[rank] * steps + step).to(device)
        self._rows, self.order, self._own = order[rank].to(device), order.to(device), torch.argsort(order).to(device)
        starts = torch.tensor((0, *self.counts)).cumsum(0)
        self.last = (starts[lengths - 1] + self._own.cpu()).to(device)

    def pack(self, x: Tensor) -> Tensor:
        """x [B, T, F] -> [N, F]; of one step for all, [B, 1, F], each row's as often as it has steps."""
        if x.shape[1] != self._shape[1]:
            return x[:, 0].index_select(0, self._rows)
        return x.flatten(0, 1).index_select(0, self._places)

    def unpack(self, x: Tensor) -> Tensor:
        """x [N, F] -> [B, T, F], zero at padding."""
        rows, steps = self._shape
        return x.new_zeros(rows * steps, x.shape[1]).index_copy(0, self._places, x).view(rows, steps, -1)

    def in_order(self, x: Tensor) -> Tensor:
        """x [B, ...], its rows by falling length."""
        return x.index_select(0, self.order)

    def back(self, x: Tensor) -> Tensor:
        """What ``in_order`` gave, as it was."""
        return x.index_select(0, self._own)
