"""What cells without products of the state have in common: h_t = a_t * h_{t-1} + b_t, all of it fed by the input."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from weft.cells._layout import GatedCell, check_sizes, fill_uniform
from weft.types import Params, Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


@dataclass(frozen=True)
class LinearRecurrence(GatedCell):
    """A linear cell in torch's layout; ``positive`` candidates are those of the paper's log-space form."""

    positive: bool

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(D): every parameter is fed by the input."""
        fill_uniform(params.values(), self.spec.input_size, generator)

    @abstractmethod
    def coefficients(self, wx: Tensor) -> tuple[Tensor, Tensor]:
        """wx [..., G * H] -> a and b, each [..., H], 0 <= a <= 1."""

    def candidate(self, value: Tensor) -> Tensor:
        """g(v) = v + 1/2 where v >= 0, σ(v) elsewhere: positive, continuous, increasing; v itself when not positive.

        Source: L. Feng et al., 2024, appendix B.
        """
        return torch.where(value >= 0, value + 0.5, torch.sigmoid(value)) if self.positive else value


def linear_spec(name: str, gates: Sequence[str], input_size: int, hidden_size: int, bias: bool) -> Spec:
    """The ``Spec`` of a linear cell: weight_ih [G * H, D], bias_ih [G * H], no matrix of the state.

    Raises:
        ShapeError: a size below 1.
    """
    check_sizes(name, input_size=input_size, hidden_size=hidden_size)
    rows = len(gates) * hidden_size
    params: dict[str, tuple[int, ...]] = {"weight_ih": (rows, input_size)}
    return Spec(
        name=name,
        gates=tuple(gates),
        states={"h": hidden_size},
        params=params | ({"bias_ih": (rows,)} if bias else {}),
        input_size=input_size,
        hidden_size=hidden_size,
        state_weights=(),
    )
