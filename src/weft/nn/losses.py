"""Losses as sums in nats with the number of things they sum over; padding and unknown labels (-1) count in none.

Sums, not means: a batch's mean hides how many things it was, and means of unequal batches do not add up. Types smaller
than float32 (autocast) are widened first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.errors import ShapeError
from weft.kernels import real_places

if TYPE_CHECKING:
    from torch import Tensor

UNKNOWN = -1


def label_loss(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> tuple[Tensor, int]:
    """Negative log-likelihood of one label a row.

    Args:
        logits: [B, C].
        targets: int64 [B]; -1 is a label unknown to training and does not count.
        weights: [C], what a row of each class weighs; normalized by the caller (a mean of 1 over the training rows
            keeps the loss comparable). None weighs all alike.
    Returns:
        the (weighted) sum in nats, and how many rows count.
    Raises:
        ShapeError: shapes that do not fit each other.
    """
    if logits.dim() != 2 or targets.shape != logits.shape[:1]:
        raise ShapeError(
            f"label loss: expected logits [B, C] and targets [B], got {list(logits.shape)} and {list(targets.shape)}"
        )
    logits = _wide(logits)
    weights = _checked_weights(weights, logits)
    total = functional.cross_entropy(logits, targets, weights, ignore_index=UNKNOWN, reduction="sum")
    return total, int((targets != UNKNOWN).sum())


def multi_label_loss(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> tuple[Tensor, int]:
    """Negative log-likelihood of independent yes-no labels, summed over the classes of each row.

    Args:
        logits: [B, C].
        targets: float [B, C], 1 where the row has the label, 0 where it has not.
        weights: [C], what each class weighs, as in ``label_loss``.
    Returns:
        the (weighted) sum in nats over rows and classes, and the number of rows.
    Raises:
        ShapeError: shapes that do not fit each other.
    """
    if logits.dim() != 2 or targets.shape != logits.shape:
        raise ShapeError(
            f"multi-label loss: expected logits and targets [B, C], got {list(logits.shape)} and {list(targets.shape)}"
        )
    logits = _wide(logits)
    weights = _checked_weights(weights, logits)
    total = functional.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), weights, reduction="sum")
    return total, len(logits)


def next_symbol_loss(logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, int]:
    """Negative log-likelihood of the next symbol at every real step.

    Args:
        logits: [B, T, V]; what stands at padding does not matter.
        targets: int64 [B, T]; -1 does not count.
        lengths: int64 [B], 1 <= length <= T.
    Returns:
        the sum in nats, and how many symbols count.
    Raises:
        ShapeError: shapes that do not fit each other.
    """
    _check_symbols(logits, targets, lengths)
    steps = logits.shape[1]
    if int(lengths.min()) == steps:
        return label_loss(logits.flatten(0, 1), targets.flatten())
    real = real_places(lengths, steps, logits.device)
    return label_loss(logits[real], targets[real])


def _check_symbols(logits: Tensor, targets: Tensor, lengths: Tensor) -> None:
    if logits.dim() != 3 or targets.shape != logits.shape[:2] or lengths.shape != logits.shape[:1]:
        raise ShapeError(
            "next-symbol loss: expected logits [B, T, V], targets [B, T], lengths [B], got"
            f" {list(logits.shape)}, {list(targets.shape)}, {list(lengths.shape)}"
        )


def _wide(logits: Tensor) -> Tensor:
    return logits if logits.dtype == torch.float64 else logits.float()


def _checked_weights(weights: Tensor | None, logits: Tensor) -> Tensor | None:
    if weights is None:
        return None
    if weights.shape != logits.shape[1:]:
        raise ShapeError(f"class weights: expected [{logits.shape[1]}], one a class, got {list(weights.shape)}")
    return weights.to(logits)
