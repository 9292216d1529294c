"""A linear layer and its cross-entropy in one, in pieces: the scores of a large vocabulary are never all there.

The products are nearly all of the work, so that softmax stays torch's. What is saved is memory, and the time that fresh
memory costs: training takes some rows at a time, in the same memory, and computes the gradients right there; evaluation
takes some rows and some symbols at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional

from weft.nn.losses import UNKNOWN, label_loss

if TYPE_CHECKING:
    from torch import Tensor

MOST_ROWS, FEWEST_ROWS = 512, 128
"""Rows at a time in training; with fewer, adding up the weight's gradient costs more than the products."""
PIECE = 1 << 25
"""Scores (128 MB of them) from which the rows become fewer."""
LARGE = 1 << 23
"""Scores (32 MB of them) from which it pays; fewer stay in the caches and in memory that is used again."""
EVALUATED_ROWS, EVALUATED_SYMBOLS = 512, 4096
"""Rows and symbols at a time (8 MB of scores) in evaluation. Few rows of many symbols would be slow: each product would
read all the weights."""


def loss(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Sum of the negative log-likelihoods of ``targets`` under the scores x W' + b, in nats, with its graph.

    Args:
        x: [N, D].
        weight, bias: [V, D] and [V].
        targets: int64 [N], -1 does not count.
    """
    if pays(len(x), x, weight):
        return summed_loss(x, weight, bias, targets)
    return label_loss(functional.linear(x, weight, bias), targets)[0]


def nats(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Negative log-likelihood of each target, float64 [N], 0 where it is -1; arguments as for ``loss``, no graph."""
    with torch.no_grad():
        parts = zip(torch.split(x, EVALUATED_ROWS), torch.split(targets, EVALUATED_ROWS), strict=True)
        return torch.cat([_nats(part, weight, bias, wanted) for part, wanted in parts])


def pays(rows: int, x: Tensor, weight: Tensor) -> bool:
    """Whether to train ``rows`` rows of scores in pieces: many, on a CPU, with gradients, in the type of the loss."""
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
    """``loss`` in pieces."""
    total: Tensor = _SummedLoss.apply(x, weight, bias, targets)  # type: ignore[no-untyped-call]
    return total


class _SummedLoss(torch.autograd.Function):
    """Its gradients are made on the way forward; memory holds them instead of the scores."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        d_x, d_weight, d_bias = torch.empty_like(x), torch.zeros_like(weight), torch.zeros_like(bias)
        total = x.new_zeros(())
        rows = min(MOST_ROWS, max(FEWEST_ROWS, PIECE // len(weight)))
        room = x.new_empty(min(rows, len(x)), len(weight))
        for part, wanted, d_part in zip(*(torch.split(each, rows) for each in (x, targets, d_x)), strict=True):
            scores = torch.addmm(bias, part, weight.t(), out=room[: len(part)])
            total += _nats_and_gradient(scores, wanted)
            torch.mm(scores, weight, out=d_part)
            d_weight.addmm_(scores.t(), part)
            d_bias += scores.sum(dim=0)
        context.save_for_backward(d_x, d_weight, d_bias)
        return total

    @staticmethod
    @once_differentiable
    def backward(context: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        d_x, d_weight, d_bias = context.saved_tensors
        return d_x * grad, d_weight * grad, d_bias * grad, None


def _nats_and_gradient(scores: Tensor, targets: Tensor) -> Tensor:
    """The sum of the rows' nats; overwrites the scores with its gradient, probabilities less 1 at the target."""
    counts = (targets != UNKNOWN).unsqueeze(1)
    places = targets.clamp(min=0).unsqueeze(1)
    largest = scores.amax(dim=1, keepdim=True)
    at_target = scores.gather(1, places) - largest
    weights = scores.sub_(largest).exp_()
    total = weights.sum(dim=1, keepdim=True)
    weights.mul_(counts / total).scatter_add_(1, places, -counts.to(scores.dtype))
    return ((total.log() - at_target) * counts).sum()


def _nats(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """The same of some rows, some symbols at a time: the logarithms of their sums are added up."""
    whole = torch.full((len(x),), -torch.inf, dtype=torch.float64, device=x.device)
    at_target = torch.zeros_like(whole)
    for low in range(0, len(weight), EVALUATED_SYMBOLS):
        scores = functional.linear(x, weight[low : low + EVALUATED_SYMBOLS], bias[low : low + EVALUATED_SYMBOLS])
        scores = scores if scores.dtype == torch.float64 else scores.float()
        whole = torch.logaddexp(whole, torch.logsumexp(scores, dim=1).double())
        place = (targets - low).clamp(0, scores.shape[1] - 1)
        found = scores.gather(1, place.unsqueeze(1)).squeeze(1).double()
        at_target = torch.where(targets - low == place, found, at_target)
    return (whole - at_target).masked_fill(targets == UNKNOWN, 0.0)
