"""Elman's simple recurrent network: one squashed sum of the input and the last output.

    h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        f = tanh (default), sigmoid (the paper's) or ReLU

Source: J. L. Elman, "Finding Structure in Time", Cognitive Science 14 (1990) 179-211: h_t = σ(W_x x_t + W_h h_{t-1}).
State: h. Twins in torch: RNN with tanh or ReLU; the sigmoid has none and runs on the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.cells._layout import fill_uniform, torch_spec
from weft.errors import ConfigError, nearest
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor

ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}
TWINS = {"tanh": "RNN_TANH", "sigmoid": "", "relu": "RNN_RELU"}


@dataclass(frozen=True)
class Elman:
    """One layer and direction of an Elman network."""

    spec: Spec
    activation: str

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(H), as torch."""
        fill_uniform(params, self.spec.hidden_size, generator)

    def project(self, x: Tensor, params: Params) -> Tensor:
        """x [..., D] -> W_ih x + b_ih, [..., H]."""
        return functional.linear(x, params["weight_ih"], params["bias_ih"])

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        """wx [B, H], h [B, H] -> h_t [B, H] and the state that holds it."""
        h = ACTIVATIONS[self.activation](wx + functional.linear(state["h"], params["weight_hh"], params["bias_hh"]))
        return h, {"h": h}


def make(input_size: int, hidden_size: int, *, activation: str = "tanh") -> Elman:
    """An Elman cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Raises:
        ShapeError: a size below 1.
        ConfigError: an activation other than tanh, sigmoid, relu.
    """
    if activation not in ACTIVATIONS:
        raise ConfigError(
            f"cell 'elman': unknown activation {activation!r}{nearest(activation, ACTIVATIONS)}",
            hint=f"known activations: {', '.join(ACTIVATIONS)}",
        )
    return Elman(torch_spec("elman", ("h",), ("h",), input_size, hidden_size, TWINS[activation]), activation)
