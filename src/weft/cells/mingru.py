"""Minimal GRU: update gate and candidate see the input alone, so that all steps can be computed side by side.

    z_t = σ(W_iz x_t + b_iz)                       update gate
    n_t = g(W_in x_t + b_in)                       candidate; g keeps it positive (option ``positive``, on)
    h_t = (1 - z_t) * h_{t-1} + z_t * n_t

Source: L. Feng, F. Tung, M. Ahmed, Y. Bengio and H. Hajimirsadeghi, "Were RNNs All We Needed?", arXiv:2410.01201
(2024), section 3.1 and, for g, appendix B: positive candidates let the paper compute the recurrence from logarithms.
The factors 1 - z_t lie between 0 and 1, so that a scan over the products themselves is as safe and needs no logarithm;
a test compares both. State: h; it starts at 0 (the
paper passes the start through g, too), or where it is learned to start. Gate order z, n. Linear: has a scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from weft.cells._linear import LinearRecurrence, linear_spec
from weft.types import Params, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class MinGRU(LinearRecurrence):
    """One layer and direction of a minimal GRU."""

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, 2 * H], h [B, H] -> update gate, candidate and h_t."""
        z, n = wx.chunk(2, dim=-1)
        keep, z, n = torch.sigmoid(-z), torch.sigmoid(z), self.candidate(n)
        return {"z": z, "n": n, "h": keep * state["h"] + z * n}

    def coefficients(self, wx: Tensor) -> tuple[Tensor, Tensor]:
        """1 - z_t and z_t * n_t; 1 - σ(v) is computed as σ(-v), which loses no digits where z_t is near 1."""
        z, n = wx.chunk(2, dim=-1)
        return torch.sigmoid(-z), torch.sigmoid(z) * self.candidate(n)


def make(input_size: int, hidden_size: int, *, bias: bool = True, positive: bool = True) -> MinGRU:
    """A minimal GRU cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
    """
    return MinGRU(linear_spec("mingru", ("z", "n"), input_size, hidden_size, bias), positive)
