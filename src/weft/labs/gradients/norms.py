"""How much of a gradient arrives t steps back: its norm against the distance to the last step, T - t.

The Jacobian J_t = ∂h_T/∂s_t (s: all states of a cell beside each other) is never formed. For v of independent standard
normal entries E ‖J_tᵀ v‖² = ‖J_t‖², the squared Frobenius norm, and J_tᵀ v is what one backward pass from vᵀ h_T leaves
at s_t, for all t at once. One probe v is drawn for each sequence; the root of the mean over the sequences is reported.
With N sequences the relative error of the mean square is at most sqrt(2 / N), where J_t has rank one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from weft.types import Cell, Params, State

if TYPE_CHECKING:
    from torch import Tensor


def state_norms(cell: Cell, params: Params, x: Tensor, generator: torch.Generator) -> list[float]:
    """Root mean square of ‖∂h_T/∂s_t‖ over the rows of x [B, T, D], by distance: entry d - 1 belongs to t = T - d."""
    params = {name: value.detach() for name, value in params.items()}
    h, states = _unroll(cell, params, x)
    probe = torch.randn(h.shape, generator=generator, dtype=h.dtype)
    flat = [value for state in states for value in state.values()]
    gradients = torch.autograd.grad(h, flat, probe)
    width = len(cell.spec.states)
    squares = [
        sum(float(part.square().sum()) for part in gradients[place : place + width]) / len(x)
        for place in range(0, len(flat), width)
    ]
    return [square**0.5 for square in reversed(squares)]


def input_norms(cell: Cell, params: Params, x: Tensor, loss: Callable[[Tensor], Tensor]) -> list[float]:
    """Root mean square of ‖∂loss/∂x_t‖ over the rows of x [B, T, D], by distance: entry d belongs to t = T - d.

    Args:
        cell, params: what reads x.
        x: the input.
        loss: h_T [B, P] -> the loss of each row [B].
    """
    params = {name: value.detach() for name, value in params.items()}
    x = x.detach().requires_grad_()
    h, _ = _unroll(cell, params, x)
    (gradient,) = torch.autograd.grad(loss(h).sum(), x)
    norms = gradient.square().sum(dim=2).mean(dim=0).sqrt()
    return [float(norm) for norm in norms.flip(0)]


def _unroll(cell: Cell, params: Params, x: Tensor) -> tuple[Tensor, list[State]]:
    """h_T, and the states s_0 ... s_{T-1} as the next step receives them.

    Each is a node of its own: an LSTM's h_t is made of c_t, and the gradient at c_t must not hold what came by h_t.
    """
    state: State = {name: x.new_zeros(len(x), size, requires_grad=True) for name, size in cell.spec.states.items()}
    states = []
    for wx in cell.project(x, params).unbind(1):
        state = {name: value.view_as(value) for name, value in state.items()}
        states.append(state)
        h, state = cell.step(wx, state, params)
    return h, states
