"""Gated recurrent unit, in the form that resets after the matrix product (torch's and cuDNN's).

    r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)        reset gate
    z_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)        update gate
    n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

Source: K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", EMNLP 2014; there r_t acts before
the product, W_hn (r_t * h_{t-1}), and in some versions z_t and 1 - z_t change places. State: h. Gate order r, z, n.
Twin in torch: GRU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.cells._layout import fill_uniform, torch_spec
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class GRU:
    """One layer and direction of a GRU."""

    spec: Spec

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(H), as torch."""
        fill_uniform(params, self.spec.hidden_size, generator)

    def project(self, x: Tensor, params: Params) -> Tensor:
        """x [..., D] -> W_ih x + b_ih, [..., 3 * H]."""
        return functional.linear(x, params["weight_ih"], params["bias_ih"])

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        """wx [B, 3 * H], h [B, H] -> h_t [B, H] and the state that holds it."""
        r_x, z_x, n_x = wx.chunk(3, dim=-1)
        r_h, z_h, n_h = functional.linear(state["h"], params["weight_hh"], params["bias_hh"]).chunk(3, dim=-1)
        z = torch.sigmoid(z_x + z_h)
        n = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
        h = (1 - z) * n + z * state["h"]
        return h, {"h": h}


def make(input_size: int, hidden_size: int) -> GRU:
    """A GRU cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
    """
    return GRU(torch_spec("gru", ("r", "z", "n"), ("h",), input_size, hidden_size, "GRU"))
