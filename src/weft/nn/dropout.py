"""Dropouts of sequences: a mask for every value, a mask for all steps of a row, a mask for whole symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


def dropped(x: Tensor, share: float, training: bool, *, locked: bool) -> Tensor:
    """x with a share of its values set to zero while training, and the others made larger, so that the mean stays.

    Args:
        x: [..., T, D].
        share: of the values that are dropped.
        training: else x comes back as it is.
        locked: one mask for all steps of a row (Y. Gal and Z. Ghahramani, NIPS 2016; S. Merity et al., ICLR 2018)
            instead of one a step.
    """
    if not locked or not share or not training:
        return functional.dropout(x, share, training)
    return x * functional.dropout(torch.ones_like(x[..., :1, :]), share)


def without_words(vectors: Tensor, ids: Tensor, symbols: int, share: float, training: bool) -> Tensor:
    """Vectors of symbols, with all occurrences of some symbols set to zero while training.

    The symbols are drawn once a call (Y. Gal and Z. Ghahramani, "A Theoretically Grounded Application of Dropout in
    Recurrent Neural Networks", NIPS 2016, section 4.2), and the others made larger, so that the mean stays.

    Args:
        vectors: [..., D] of ``ids``.
        ids: int64 [...], each less than ``symbols``.
        symbols: V.
        share: of the symbols that are dropped.
        training: else the vectors come back as they are.
    """
    if not share or not training:
        return vectors
    mask = functional.dropout(vectors.new_ones(symbols), share)
    return vectors * mask[ids].unsqueeze(-1)


def blanked(vectors: Tensor, share: float, training: bool) -> Tensor:
    """Vectors [..., D] of which a share is set to zero while training, each place drawn by itself.

    The others stay as they are: at a blank nothing was read, as where a reader misses a letter (M. Iyyer et al., "Deep
    Unordered Composition Rivals Syntactic Methods for Text Classification", ACL 2015, section 3.1).
    """
    if not share or not training:
        return vectors
    return vectors * (torch.rand_like(vectors[..., :1]) >= share)


class Dropout(nn.Module):
    """``dropped`` as a module.

    Args:
        share, locked: as there.
    """

    def __init__(self, share: float, *, locked: bool = False) -> None:
        super().__init__()
        self.share, self.locked = share, locked

    def forward(self, x: Tensor) -> Tensor:
        """x [..., T, D] -> the same shape."""
        return dropped(x, self.share, self.training, locked=self.locked)

    def extra_repr(self) -> str:
        """What ``print(module)`` shows."""
        return f"{self.share}{', locked' if self.locked else ''}"
