"""Minimal LSTM: forget and input gate see the input alone and share out one whole, so that steps run side by side.

    f_t = σ(W_if x_t + b_if)                       forget gate
    i_t = σ(W_ii x_t + b_ii)                       input gate
    n_t = g(W_in x_t + b_in)                       candidate; g keeps it positive (option ``positive``, on)
    h_t = f_t / (f_t + i_t) * h_{t-1} + i_t / (f_t + i_t) * n_t

Source: L. Feng, F. Tung, M. Ahmed, Y. Bengio and H. Hajimirsadeghi, "Were RNNs All We Needed?", arXiv:2410.01201
(2024), section 3.2, in the form whose scale does not depend on the length; g as in ``mingru``. State: h. Gate order
f, i, n. Linear: has a scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.cells._linear import LinearRecurrence, linear_spec
from weft.types import Params, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class MinLSTM(LinearRecurrence):
    """One layer and direction of a minimal LSTM."""

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, 3 * H], h [B, H] -> both gates as they share out the whole, candidate and h_t."""
        f, i, n = self._shares(wx)
        return {"f": f, "i": i, "n": n, "h": f * state["h"] + i * n}

    def coefficients(self, wx: Tensor) -> tuple[Tensor, Tensor]:
        """The forget gate's share, and the input gate's share of the candidate."""
        f, i, n = self._shares(wx)
        return f, i * n

    def _shares(self, wx: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """f / (f + i) = σ(log f - log i): both gates may be so small that f + i would lose its digits."""
        f, i, n = wx.chunk(3, dim=-1)
        difference = functional.logsigmoid(f) - functional.logsigmoid(i)
        return torch.sigmoid(difference), torch.sigmoid(-difference), self.candidate(n)


def make(input_size: int, hidden_size: int, *, bias: bool = True, positive: bool = True) -> MinLSTM:
    """A minimal LSTM cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
    """
    return MinLSTM(linear_spec("minlstm", ("f", "i", "n"), input_size, hidden_size, bias), positive)
