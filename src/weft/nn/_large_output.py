"""Linear layer and cross-entropy in one, some rows at a time: the logits of a large vocabulary are never all there.

The products are nearly all of the work, so that softmax stays torch's. What is saved is memory, and the time that fresh
memory costs: the same piece is used again for all rows, and the gradients are computed right there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.autograd.function import once_differentiable

if TYPE_CHECKING:
    from torch import Tensor

ROWS = 512
"""Rows at a time; with fewer, adding up the weight's gradient costs more than the products."""
LARGE = 1 << 23
"""Logits (32 MB of them) from which it pays; fewer stay in the caches and in memory that is used again."""


def pays(rows: int, x: Tensor, weight: Tensor) -> bool:
    """Whether to compute ``rows`` rows of logits this way: many, on a CPU, with gradients, in the type of the loss."""
    return (
        rows * len(weight) >= LARGE
        and weight.device.type == "cpu"
        and x.dtype == weight.dtype
        and weight.dtype in (torch.float32, torch.float64)
        and torch.is_grad_enabled()
        and (x.requires_grad or weight.requires_grad)
        and not torch._C._are_functorch_transforms_active()  # noqa: SLF001 - torch has no other word
        and not torch.is_autocast_enabled("cpu")
    )


def summed_loss(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Sum of the negative log-likelihoods of ``targets`` under the logits x W' + b, in nats.

    Args:
        x: [N, D].
        weight, bias: [V, D] and [V].
        targets: int64 [N], -1 does not count.
    """
    total: Tensor = _SummedLoss.apply(x, weight, bias, targets)  # type: ignore[no-untyped-call]
    return total


class _SummedLoss(torch.autograd.Function):
    """Its gradients are made on the way forward; memory holds them instead of the logits."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        d_x, d_weight, d_bias = torch.empty_like(x), torch.zeros_like(weight), torch.zeros_like(bias)
        total = x.new_zeros(())
        room = x.new_empty(min(ROWS, len(x)), len(weight))
        for part, wanted, d_part in zip(*(torch.split(each, ROWS) for each in (x, targets, d_x)), strict=True):
            logits = torch.addmm(bias, part, weight.t(), out=room[: len(part)])
            total += _nats_and_gradient(logits, wanted)
            torch.mm(logits, weight, out=d_part)
            d_weight.addmm_(logits.t(), part)
            d_bias += logits.sum(dim=0)
        context.save_for_backward(d_x, d_weight, d_bias)
        return total

    @staticmethod
    @once_differentiable
    def backward(context: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        d_x, d_weight, d_bias = context.saved_tensors
        return d_x * grad, d_weight * grad, d_bias * grad, None


def _nats_and_gradient(logits: Tensor, targets: Tensor) -> Tensor:
    """The sum of the rows' nats; overwrites the logits with its gradient, probabilities less 1 at the target."""
    counts = (targets >= 0).unsqueeze(1)
    places = targets.clamp(min=0).unsqueeze(1)
    largest = logits.amax(dim=1, keepdim=True)
    at_target = logits.gather(1, places) - largest
    weights = logits.sub_(largest).exp_()
    total = weights.sum(dim=1, keepdim=True)
    weights.mul_(counts / total).scatter_add_(1, places, -counts.to(logits.dtype))
    return ((total.log() - at_target) * counts).sum()
