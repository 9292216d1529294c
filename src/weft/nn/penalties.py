"""What a loss may add for the sake of a network that is wrong less often elsewhere: penalties on its outputs.

S. Merity, B. McCann, R. Socher, "Revisiting Activation Regularization for Language RNNs", 2017; as in their code the
mean square stands for the norm, so that a penalty depends neither on the width nor on the length of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from weft.kernels import real_places

if TYPE_CHECKING:
    from torch import Tensor


def size_penalty(outputs: Tensor, lengths: Tensor) -> Tensor:
    """AR: the mean square of what a network gives.

    Args:
        outputs: [B, T, D], after dropout; what stands at padding does not matter.
        lengths: int64 [B], 1 <= length <= T.
    Returns:
        [], at least 0.
    """
    return _real(outputs, lengths).square().mean()


def change_penalty(outputs: Tensor, lengths: Tensor) -> Tensor:
    """TAR: the mean square of the change from step to step; 0 where no row has two steps.

    Args:
        outputs: [B, T, D], before dropout, which would be a change by itself; padding does not matter.
        lengths: int64 [B], 1 <= length <= T.
    Returns:
        [], at least 0.
    """
    if int(lengths.max()) < 2:
        return outputs.new_zeros(())
    return _real(outputs[:, 1:] - outputs[:, :-1], lengths - 1).square().mean()


def _real(values: Tensor, lengths: Tensor) -> Tensor:
    """Values of [B, T, D] that do not stand at padding."""
    if int(lengths.min()) >= values.shape[1]:
        return values
    return values[real_places(lengths, values.shape[1], values.device)]
