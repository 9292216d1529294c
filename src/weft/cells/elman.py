"""Elman's simple recurrent network: one squashed sum of the input and the last output.

    h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        f = tanh (default), sigmoid (the paper's) or ReLU

Source: J. L. Elman, "Finding Structure in Time", Cognitive Science 14 (1990) 179-211: h_t = σ(W_x x_t + W_h h_{t-1}).
State: h. Twins in torch: RNN with tanh or ReLU; the sigmoid has none and runs on the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from weft.cells._layout import GatedCell, check_choice, check_sizes, state_product, torch_params
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor

ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}
TWINS = {"tanh": "RNN_TANH", "sigmoid": "", "relu": "RNN_RELU"}


@dataclass(frozen=True)
class Elman(GatedCell):
    """One layer and direction of an Elman network."""

    activation: str

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, H], h [B, H] -> h_t [B, H]."""
        return {"h": ACTIVATIONS[self.activation](wx + state_product(state, params))}


def make(input_size: int, hidden_size: int, *, bias: bool = True, activation: str = "tanh") -> Elman:
    """An Elman cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
        ConfigError: an activation other than tanh, sigmoid, relu.
    """
    check_sizes("elman", input_size=input_size, hidden_size=hidden_size)
    check_choice("elman", "activation", activation, ACTIVATIONS)
    spec = Spec(
        name="elman",
        gates=("h",),
        states={"h": hidden_size},
        params=torch_params(1, input_size, hidden_size, hidden_size, bias),
        input_size=input_size,
        hidden_size=hidden_size,
        twin=TWINS[activation],
    )
    return Elman(spec, activation)
