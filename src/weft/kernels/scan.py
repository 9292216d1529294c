"""Linear cells by a parallel scan: all steps side by side in log2 T rounds instead of one after the other.

h_t = a_t h_{t-1} + b_t is composed from pairs of steps, (a, b) then (a', b') -> (a' a, a' b + b'): half as many steps,
the same problem again. Work and memory are linear in T (T + T/2 + T/4 ...), and nothing divides or takes a logarithm,
so that factors 0 <= a <= 1 can underflow without harm. G. Blelloch, "Prefix Sums and Their Applications" (1990).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from weft.kernels._ragged import is_ragged, real_places
from weft.types import Cell, LinearCell, Params, State

if TYPE_CHECKING:
    from torch import Tensor


def refuse(cell: Cell, x: Tensor) -> str:
    """Refuses cells that multiply their state."""
    del x
    return "" if isinstance(cell, LinearCell) else f"cell {cell.spec.name!r} is not linear in its state"


def run(cell: Cell, params: Params, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
    """Run a linear cell over time; arguments and results as in ``loop.run``."""
    assert isinstance(cell, LinearCell), "refuse was asked"
    real = real_places(lengths, x.shape[1], x.device).unsqueeze(-1) if is_ragged(lengths, x.shape[1]) else None
    if real is not None:
        x = x.masked_fill(~real, 0.0)  # NaN in the padding would survive a multiplication by 0
    keep, add = cell.coefficients(cell.project(x, params))
    if real is not None:
        keep, add = keep.masked_fill(~real, 1.0), add.masked_fill(~real, 0.0)  # the padding holds the state
    y = linear_recurrence(keep, add, state["h"])
    after = {"h": y[:, -1]}
    return (y if real is None else y.masked_fill(~real, 0.0)), after


def linear_recurrence(keep: Tensor, add: Tensor, start: Tensor) -> Tensor:
    """h_t = keep_t * h_{t-1} + add_t for all t at once.

    Args:
        keep, add: [B, T, H], 0 <= keep <= 1.
        start: h before the first step, [B, H].
    Returns:
        h [B, T, H] in the type of ``add``; types smaller than float32 are computed in float32.
    """
    wide = torch.promote_types(add.dtype, torch.float32)
    return _recurrence(keep.to(wide), add.to(wide), start.to(wide)).to(add.dtype)


class _Recurrence(torch.autograd.Function):
    """Its gradient is a linear recurrence too, backwards in time: memory holds a and h, nothing of the rounds."""

    @staticmethod
    def forward(keep: Tensor, add: Tensor, start: Tensor) -> Tensor:
        return _scan(keep, _with_first(add, add[:, 0] + keep[:, 0] * start))

    @staticmethod
    def setup_context(context: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        keep, _, start = inputs
        context.save_for_backward(keep, output, start)

    @staticmethod
    def backward(context: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        keep, h, start = context.saved_tensors
        # d add_t = grad_t + keep_{t+1} d add_{t+1}; through this function again, so that it has a gradient in its turn
        after = torch.cat([keep[:, 1:], torch.zeros_like(keep[:, :1])], dim=1)
        d_add = _recurrence(after.flip(1), grad.flip(1), torch.zeros_like(start)).flip(1)
        before = torch.cat([start.unsqueeze(1), h[:, :-1]], dim=1)
        return d_add * before, d_add, d_add[:, 0] * keep[:, 0]


def _recurrence(keep: Tensor, add: Tensor, start: Tensor) -> Tensor:
    h: Tensor = _Recurrence.apply(keep, add, start)  # type: ignore[no-untyped-call]
    return h


def _scan(a: Tensor, b: Tensor) -> Tensor:
    """h [B, T, H] of h_t = a_t h_{t-1} + b_t from h = 0."""
    steps = b.shape[1]
    if steps == 1:
        return b
    first, second = slice(0, steps - steps % 2, 2), slice(1, None, 2)
    h_second = _scan(a[:, second] * a[:, first], torch.addcmul(b[:, second], a[:, second], b[:, first]))
    h = torch.empty_like(b)
    h[:, 0] = b[:, 0]
    h[:, second] = h_second
    if steps > 2:
        later = slice(2, None, 2)
        h[:, later] = torch.addcmul(b[:, later], a[:, later], h_second[:, : (steps - 1) // 2])
    return h


def _with_first(value: Tensor, first: Tensor) -> Tensor:
    return torch.cat([first.unsqueeze(1), value[:, 1:]], dim=1)
