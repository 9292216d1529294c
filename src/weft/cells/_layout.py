"""What cells have in common: checked sizes, torch's parameter layout, and one step out of its named values.

The layout is that of torch's recurrent layers: one block of H rows a gate, in the cell's gate order. weight_ih
[G * H, D], weight_hh [G * H, P], bias_ih and bias_hh [G * H]. Both biases are kept although most cells only need their
sum, so that a ``state_dict`` maps one to one. A parameter's name says where it leads from and to: ``weight_ih`` leads
from the input to h.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.errors import ConfigError, ShapeError, nearest
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor


@dataclass(frozen=True)
class GatedCell(ABC):
    """A cell in torch's layout; what is left to say is its ``values``."""

    spec: Spec

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(H), as torch."""
        fill_uniform(params.values(), self.spec.hidden_size, generator)

    def project(self, x: Tensor, params: Params) -> Tensor:
        """x [..., D] -> W_ih x + b_ih, [..., G * H]."""
        return functional.linear(x, params["weight_ih"], params.get("bias_ih"))

    @abstractmethod
    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """Every named value of one step: the gates after their squashing, and the next states."""

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        """wx [B, W] and the state -> output [B, P] and the next state."""
        values = self.values(wx, state, params)
        after = {name: values[name] for name in self.spec.states}
        return values["h"], after


def check_sizes(cell: str, **sizes: int) -> None:
    """Check that every size is at least 1.

    Raises:
        ShapeError: one is not; the sentence names it.
    """
    for what, size in sizes.items():
        if size < 1:
            raise ShapeError(f"cell {cell!r}: {what} must be at least 1, got {size}")


def check_choice(cell: str, what: str, choice: str, allowed: Iterable[str]) -> None:
    """Check an option that is one of several words.

    Raises:
        ConfigError: it is none of ``allowed``.
    """
    allowed = tuple(allowed)
    if choice not in allowed:
        raise ConfigError(
            f"cell {cell!r}: unknown {what} {choice!r}{nearest(choice, allowed)}",
            hint=f"known for {what}: {', '.join(allowed)}",
        )


def torch_params(
    gates: int, input_size: int, hidden_size: int, output_size: int, bias: bool
) -> dict[str, tuple[int, ...]]:
    """Names and shapes in torch's layout and order."""
    rows = gates * hidden_size
    shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, input_size), "weight_hh": (rows, output_size)}
    return shapes | ({"bias_ih": (rows,), "bias_hh": (rows,)} if bias else {})


def fill_uniform(parameters: Iterable[Tensor], size: int, generator: torch.Generator | None = None) -> None:
    """Fill parameters in place from the uniform distribution on ±1/sqrt(size), as torch's layers do."""
    bound = 1 / math.sqrt(size)
    with torch.no_grad():
        for parameter in parameters:
            parameter.uniform_(-bound, bound, generator=generator)


def fill_preserving(weights: Iterable[Tensor], generator: torch.Generator | None = None) -> None:
    """Fill matrices [N, M] in place from the uniform distribution of variance 1/M: products keep the input's scale.

    For factors that are multiplied with each other: at ±1/sqrt(M), a variance of 1/(3 M), a state that passes two
    matrices and a factor would shrink to a fifth of its size at every step, and nothing could be learned from the past.
    """
    with torch.no_grad():
        for weight in weights:
            bound = math.sqrt(3 / weight.shape[1])
            weight.uniform_(-bound, bound, generator=generator)


def open_forget_gate(params: Params, spec: Spec) -> None:
    """Set the forget gate's part of ``bias_ih`` to 1, where there are biases.

    A gate that starts open keeps the cell, and the gradient through it, alive over the first updates (R. Jozefowicz,
    W. Zaremba, I. Sutskever, ICML 2015, section 2.2). ``bias_hh`` stays as it was drawn.
    """
    if "bias_ih" in params:
        with torch.no_grad():
            params["bias_ih"].view(len(spec.gates), -1)[spec.gates.index("f")].fill_(1.0)


def state_product(state: State, params: Params) -> Tensor:
    """h [B, P] -> W_hh h + b_hh, [B, G * H]."""
    return functional.linear(state["h"], params["weight_hh"], params.get("bias_hh"))
