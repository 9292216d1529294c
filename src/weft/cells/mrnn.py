"""Multiplicative RNN: the input chooses the matrix that the state is multiplied with, by scaling F factors.

    f_t = (W_if x_t) * (W_hf h_{t-1})                       form = "paper"
    h_t = tanh(W_ih x_t + b_ih + W_fh f_t)

    f_t = (tanh(W_if x_t) + b_f) * (W_hf h_{t-1})           form = "released"
    h_t = tanh(W_ih x_t + b_ih + W_fh f_t)

The paper's form is equations 8 and 9 of I. Sutskever, J. Martens and G. Hinton, "Generating Text with Recurrent Neural
Networks", ICML 2011. The program that the authors released squashes the input's factors and adds a bias to them.
Neither has a hidden bias b_ih: it is an option here, off unless asked for. State: h. No twin in torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.cells._layout import GatedCell, check_choice, check_sizes, fill_preserving
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor

FORMS = ("paper", "released")


@dataclass(frozen=True)
class MRNN(GatedCell):
    """One layer and direction of a multiplicative RNN."""

    factors: int
    form: str

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Matrices that preserve the scale of what they multiply; the rest uniform on ±1/sqrt(H).

        The factors' bias of the released form is 1, which starts it as a plain RNN. The authors drew sparse
        matrices, 15 inputs a unit.
        """
        super().init(params, generator)
        fill_preserving((params[name] for name in ("weight_if", "weight_hf", "weight_fh")), generator)
        if self.form == "released":
            with torch.no_grad():
                params["bias_f"].fill_(1.0)

    def project(self, x: Tensor, params: Params) -> Tensor:
        """x [..., D] -> W_if x beside W_ih x + b_ih, [..., F + H]."""
        both = torch.cat([params["weight_if"], params["weight_ih"]])
        wx = functional.linear(x, both)
        return wx + functional.pad(params["bias_ih"], (self.factors, 0)) if "bias_ih" in params else wx

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, F + H], h [B, H] -> the factors f_t [B, F] and h_t."""
        f, h = wx[..., : self.factors], wx[..., self.factors :]
        if self.form == "released":
            f = torch.tanh(f) + params["bias_f"]
        f = f * functional.linear(state["h"], params["weight_hf"])
        return {"f": f, "h": torch.tanh(h + functional.linear(f, params["weight_fh"]))}


def make(input_size: int, hidden_size: int, *, bias: bool = False, factors: int = 0, form: str = "paper") -> MRNN:
    """A multiplicative cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Args:
        input_size, hidden_size: D and H.
        bias: whether h has a bias.
        factors: F; 0 for as many as units, the paper's choice.
        form: "paper" or "released".
    Raises:
        ShapeError: a size below 1.
        ConfigError: another form.
    """
    factors = factors or hidden_size
    check_sizes("mrnn", input_size=input_size, hidden_size=hidden_size, factors=factors)
    check_choice("mrnn", "form", form, FORMS)
    params: dict[str, tuple[int, ...]] = {
        "weight_ih": (hidden_size, input_size),
        "weight_if": (factors, input_size),
        "weight_hf": (factors, hidden_size),
        "weight_fh": (hidden_size, factors),
    }
    if bias:
        params["bias_ih"] = (hidden_size,)
    if form == "released":
        params["bias_f"] = (factors,)
    spec = Spec(
        name="mrnn",
        gates=("f", "h"),
        states={"h": hidden_size},
        params=params,
        input_size=input_size,
        hidden_size=hidden_size,
        state_weights=("weight_hf", "weight_fh"),
    )
    return MRNN(spec, factors, form)
