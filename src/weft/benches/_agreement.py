"""Right before fast: what is timed must first give the reference's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from weft.errors import BackendError

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-5
"""Largest difference of float32 from a reference in float64 that is allowed, as a share of the largest value."""


def largest_difference(
    who: str, expected: Mapping[str, Tensor], got: Mapping[str, Tensor], tolerance: float = TOLERANCE
) -> float:
    """How far ``got`` is from ``expected``, as a share of the largest value of each tensor; the worst of all tensors.

    Args:
        who: computed it, for the message.
        expected: the reference's tensors by name.
        got: those to be held against them, the same names.
        tolerance: what is allowed.
    Raises:
        BackendError: a tensor is missing, has another shape, is not finite or is further off: no time of a wrong
            result is told.
    """
    worst = 0.0
    for name, right in expected.items():
        value = got.get(name)
        if value is None or value.shape != right.shape:
            shape = None if value is None else list(value.shape)
            raise BackendError(f"{who}: {name} should be {list(right.shape)} and is {shape}; it is not timed")
        off = float((value.double() - right.double()).abs().max() / right.abs().max().clamp(min=1e-30))
        if not off <= tolerance:
            raise BackendError(
                f"{who}: {name} is off by {off:.1e} of its largest value, allowed is {tolerance:.0e}; it is not timed",
                hint="a kernel that computes something else than the reference is a bug: weft verify, make test",
            )
        worst = max(worst, off)
    return worst


def loss_and_gradients(network: nn.Module, loss: Tensor) -> dict[str, Tensor]:
    """A loss and its gradients by the names of the network's parameters."""
    named = dict(network.named_parameters())
    gradients = torch.autograd.grad(loss, list(named.values()))
    return {"loss": loss.detach(), **{f"gradient of {name}": each for name, each in zip(named, gradients, strict=True)}}
