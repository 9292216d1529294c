"""Gated recurrent unit, in both of its forms: the reset gate acts after the product with the state, or before it.

    r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)                  reset gate
    z_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)                  update gate
    n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))       reset = "after": torch's and cuDNN's form
    n_t = tanh(W_in x_t + b_in + W_hn (r_t * h_{t-1}) + b_hn)       reset = "before": the original one
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

Source: K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", EMNLP 2014, equations 5 to 8; in
some later papers z_t and 1 - z_t change places. State: h. Gate order r, z, n. Twin in torch: GRU, with
reset = "after".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.cells._layout import GatedCell, check_choice, check_sizes, state_product, torch_params
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor

RESETS = ("after", "before")


@dataclass(frozen=True)
class GRU(GatedCell):
    """One layer and direction of a GRU."""

    reset: str

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, 3 * H], h [B, H] -> the reset and update gate, the candidate and h_t."""
        h = state["h"]
        r_x, z_x, n_x = wx.chunk(3, dim=-1)
        if self.reset == "after":
            r_h, z_h, n_h = state_product(state, params).chunk(3, dim=-1)
            r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
            n = torch.tanh(n_x + r * n_h)
        else:
            gates = slice(0, 2 * self.spec.hidden_size)
            candidate = slice(gates.stop, None)
            weight, bias = params["weight_hh"], params.get("bias_hh")
            r_h, z_h = functional.linear(h, weight[gates], None if bias is None else bias[gates]).chunk(2, dim=-1)
            r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
            reset = functional.linear(r * h, weight[candidate], None if bias is None else bias[candidate])
            n = torch.tanh(n_x + reset)
        return {"r": r, "z": z, "n": n, "h": (1 - z) * n + z * h}


def make(input_size: int, hidden_size: int, *, bias: bool = True, reset: str = "after") -> GRU:
    """A GRU cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
        ConfigError: a reset other than after, before.
    """
    check_sizes("gru", input_size=input_size, hidden_size=hidden_size)
    check_choice("gru", "reset", reset, RESETS)
    spec = Spec(
        name="gru",
        gates=("r", "z", "n"),
        states={"h": hidden_size},
        params=torch_params(3, input_size, hidden_size, hidden_size, bias),
        input_size=input_size,
        hidden_size=hidden_size,
        twin="GRU" if reset == "after" else "",
    )
    return GRU(spec, reset)
