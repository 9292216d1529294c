"""An LSTM whose input and forget gate are one: what is forgotten makes room for exactly as much that is new (CIFG).

    f_t = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf)        forget gate
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)     candidate
    o_t = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho)        output gate
    c_t = f_t * c_{t-1} + (1 - f_t) * g_t
    h_t = o_t * tanh(c_t)

Source: K. Greff, R. Srivastava, J. Koutník, B. Steunebrink and J. Schmidhuber, "LSTM: A Search Space Odyssey", IEEE
TNNLS 28 (2017), variant CIFG, without peepholes. States: h, c. Gate order f, g, o. No twin in torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from weft.cells._layout import (
    GatedCell,
    check_sizes,
    open_forget_gate,
    state_product,
    torch_params,
)
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class CoupledLSTM(GatedCell):
    """One layer and direction of an LSTM with coupled gates."""

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(H) as torch, then an open forget gate."""
        super().init(params, generator)
        open_forget_gate(params, self.spec)

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, 3 * H], h and c [B, H] -> the three gates, c_t and h_t."""
        f, g, o = (wx + state_product(state, params)).chunk(3, dim=-1)
        f, g, o = torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * state["c"] + (1 - f) * g
        return {"f": f, "g": g, "o": o, "h": o * torch.tanh(c), "c": c}


def make(input_size: int, hidden_size: int, *, bias: bool = True) -> CoupledLSTM:
    """A coupled LSTM cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
    """
    check_sizes("coupled-lstm", input_size=input_size, hidden_size=hidden_size)
    spec = Spec(
        name="coupled-lstm",
        gates=("f", "g", "o"),
        states={"h": hidden_size, "c": hidden_size},
        params=torch_params(3, input_size, hidden_size, hidden_size, bias),
        input_size=input_size,
        hidden_size=hidden_size,
    )
    return CoupledLSTM(spec)
