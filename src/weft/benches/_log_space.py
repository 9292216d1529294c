"""The minimal GRU as its paper runs it: in logarithms, by cumulative sums, to be held against ``kernels/scan``.

    log h_t = A_t + logcumsumexp(log b_1 - A_1, ..., log b_t - A_t)        A_t = log a_1 + ... + log a_t

with h_0 = 0, a_t = 1 - z_t and b_t = z_t g(n_t); log a_t = -softplus(v_t), log z_t = -softplus(-v_t) for z_t = σ(v_t).
Source: L. Feng et al., arXiv:2410.01201 (2024), section 3.1 and appendix B, after F. Heinsen, arXiv:2311.06281 (2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.types import Cell, Params, State

if TYPE_CHECKING:
    from torch import Tensor


def run(cell: Cell, params: Params, x: Tensor, lengths: None, state: State) -> tuple[Tensor, State]:
    """As a kernel's ``run``, for ``mingru`` with positive candidates, full rows and a state of zeros."""
    del lengths, state
    gate, candidate = cell.project(x, params).chunk(2, dim=-1)
    log_keep = -functional.softplus(gate)
    log_add = -functional.softplus(-gate) + _log_positive(candidate)
    total = log_keep.cumsum(dim=1)
    h = torch.exp(total + torch.logcumsumexp(log_add - total, dim=1))
    return h, {"h": h[:, -1]}


def _log_positive(value: Tensor) -> Tensor:
    """log g(v): log(v + 1/2) where v >= 0, log σ(v) elsewhere."""
    # relu keeps the branch that is not taken finite: its gradient is multiplied by 0, and 0 * infinity is no number
    return torch.where(value >= 0, torch.log(functional.relu(value) + 0.5), -functional.softplus(-value))
