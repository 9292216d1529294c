"""Long short-term memory with a forget gate: a cell that is kept, added to and read through gates.

    i_t = σ(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)        input gate
    f_t = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf)        forget gate
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)     candidate
    o_t = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho)        output gate
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)

Sources: S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997) 1735-1780; the forget gate: F. Gers,
J. Schmidhuber and F. Cummins, Neural Computation 12 (2000) 2451-2471. States: h, c. Gate order i, f, g, o. Twin in
torch: LSTM.
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
class LSTM:
    """One layer and direction of an LSTM."""

    spec: Spec

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(H) as torch, then the forget gate's part of ``bias_ih`` set to 1.

        A gate that starts open keeps the cell, and the gradient through it, alive over the first updates
        (R. Jozefowicz, W. Zaremba, I. Sutskever, ICML 2015, section 2.2). ``bias_hh`` stays as it was drawn.
        """
        fill_uniform(params, self.spec.hidden_size, generator)
        forget = self.spec.gates.index("f")
        with torch.no_grad():
            params["bias_ih"].view(len(self.spec.gates), -1)[forget].fill_(1.0)

    def project(self, x: Tensor, params: Params) -> Tensor:
        """x [..., D] -> W_ih x + b_ih, [..., 4 * H]."""
        return functional.linear(x, params["weight_ih"], params["bias_ih"])

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        """wx [B, 4 * H], h and c [B, H] -> h_t [B, H] and the next h and c."""
        i, f, g, o = (wx + functional.linear(state["h"], params["weight_hh"], params["bias_hh"])).chunk(4, dim=-1)
        c = torch.sigmoid(f) * state["c"] + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, {"h": h, "c": c}


def make(input_size: int, hidden_size: int) -> LSTM:
    """An LSTM cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
    """
    return LSTM(torch_spec("lstm", ("i", "f", "g", "o"), ("h", "c"), input_size, hidden_size, "LSTM"))
