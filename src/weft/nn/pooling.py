"""One vector a row from its outputs over time: the last, the largest or the mean; padding never counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from weft.errors import ConfigError, ShapeError, nearest
from weft.kernels import real_places

if TYPE_CHECKING:
    from torch import Tensor

KINDS = ("last", "max", "mean")


def pool(kind: str, y: Tensor, lengths: Tensor, *, directions: int = 1) -> Tensor:
    """Pool the outputs of a recurrence over time.

    Args:
        kind: "last" (the forward half at the row's last real step, the reverse half at its first: where each ends),
            "max" or "mean" over the real steps.
        y: outputs [B, T, F]; what stands at padding does not matter.
        lengths: int64 [B], 1 <= length <= T.
        directions: 2 when the halves of F come from a bidirectional layer, else 1.
    Returns:
        [B, F].
    Raises:
        ConfigError: an unknown kind.
        ShapeError: lengths or directions do not fit y.
    """
    if kind not in KINDS:
        raise ConfigError(f"unknown pooling {kind!r}{nearest(kind, KINDS)}", hint=f"known: {', '.join(KINDS)}")
    if y.dim() != 3 or lengths.shape != y.shape[:1]:
        raise ShapeError(
            f"pool: expected outputs [B, T, F] and lengths [B], got {list(y.shape)} and {list(lengths.shape)}"
        )
    if directions not in (1, 2) or y.shape[2] % directions:
        raise ShapeError(f"pool: {directions} directions do not share outputs of width {y.shape[2]}")
    if kind == "last":
        return _last(y, lengths, directions)
    real = real_places(lengths, y.shape[1], y.device).unsqueeze(-1)
    if kind == "max":
        return y.masked_fill(~real, -torch.inf).max(dim=1).values
    return y.masked_fill(~real, 0.0).sum(dim=1) / lengths.to(device=y.device, dtype=y.dtype).unsqueeze(1)


def _last(y: Tensor, lengths: Tensor, directions: int) -> Tensor:
    width = y.shape[2] // directions
    ends = y[torch.arange(len(y), device=y.device), lengths.to(y.device) - 1]
    return ends if directions == 1 else torch.cat([ends[:, :width], y[:, 0, width:]], dim=1)
