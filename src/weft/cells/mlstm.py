"""Multiplicative LSTM: the gates see not the last output but its product with the input, as in a multiplicative RNN.

    m_t = (W_im x_t) * (W_hm h_{t-1})
    i_t = σ(W_ii x_t + b_ii + W_mi m_t)        input gate
    f_t = σ(W_if x_t + b_if + W_mf m_t)        forget gate
    g_t = tanh(W_ig x_t + b_ig + W_mg m_t)     candidate
    o_t = σ(W_io x_t + b_io + W_mo m_t)        output gate
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)

Source: B. Krause, L. Lu, I. Murray and S. Renals, "Multiplicative LSTM for sequence modelling", arXiv:1609.07959
(2016), with as many factors m as units, in the form that later programs use: the candidate squashed, and the output
gate outside the tanh. States: h, c. Gate order i, f, g, o. No twin in torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.cells._layout import GatedCell, check_sizes, fill_preserving, open_forget_gate
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class MultiplicativeLSTM(GatedCell):
    """One layer and direction of a multiplicative LSTM."""

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(H), an open forget gate, and factors m that preserve the scale of what they multiply."""
        super().init(params, generator)
        fill_preserving((params[name] for name in ("weight_im", "weight_hm")), generator)
        open_forget_gate(params, self.spec)

    def project(self, x: Tensor, params: Params) -> Tensor:
        """x [..., D] -> W_ih x + b_ih beside W_im x, [..., 5 * H]."""
        both = torch.cat([params["weight_ih"], params["weight_im"]])
        wx = functional.linear(x, both)
        return wx + functional.pad(params["bias_ih"], (0, self.spec.hidden_size)) if "bias_ih" in params else wx

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, 5 * H], h and c [B, H] -> m_t, the four gates, c_t and h_t."""
        size = self.spec.hidden_size
        gates_x, m_x = wx[..., : 4 * size], wx[..., 4 * size :]
        m = m_x * functional.linear(state["h"], params["weight_hm"])
        i, f, g, o = (gates_x + functional.linear(m, params["weight_mh"])).chunk(4, dim=-1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * state["c"] + i * g
        return {"m": m, "i": i, "f": f, "g": g, "o": o, "h": o * torch.tanh(c), "c": c}


def make(input_size: int, hidden_size: int, *, bias: bool = True) -> MultiplicativeLSTM:
    """A multiplicative LSTM cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
    """
    check_sizes("mlstm", input_size=input_size, hidden_size=hidden_size)
    params: dict[str, tuple[int, ...]] = {
        "weight_ih": (4 * hidden_size, input_size),
        "weight_im": (hidden_size, input_size),
        "weight_hm": (hidden_size, hidden_size),
        "weight_mh": (4 * hidden_size, hidden_size),
    }
    if bias:
        params["bias_ih"] = (4 * hidden_size,)
    spec = Spec(
        name="mlstm",
        gates=("i", "f", "g", "o"),
        states={"h": hidden_size, "c": hidden_size},
        params=params,
        input_size=input_size,
        hidden_size=hidden_size,
        state_weights=("weight_hm", "weight_mh"),
    )
    return MultiplicativeLSTM(spec)
