"""The parameter layout that torch's recurrent layers have, shared by every cell that has a twin there.

One block of H rows a gate, in the cell's gate order: weight_ih [G * H, D], weight_hh [G * H, H], bias_ih and bias_hh
[G * H]. Both biases are kept although most cells only need their sum, so that a ``state_dict`` maps one to one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from weft.errors import ShapeError
from weft.types import Params, Spec

if TYPE_CHECKING:
    from collections.abc import Sequence


def torch_spec(
    name: str, gates: Sequence[str], states: Sequence[str], input_size: int, hidden_size: int, twin: str
) -> Spec:
    """The ``Spec`` of a cell in torch's layout, every state H wide.

    Raises:
        ShapeError: a size below 1.
    """
    for what, size in (("input_size", input_size), ("hidden_size", hidden_size)):
        if size < 1:
            raise ShapeError(f"cell {name!r}: {what} must be at least 1, got {size}")
    rows = len(gates) * hidden_size
    return Spec(
        name=name,
        gates=tuple(gates),
        states=dict.fromkeys(states, hidden_size),
        params={
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        },
        input_size=input_size,
        hidden_size=hidden_size,
        twin=twin,
    )


def fill_uniform(params: Params, hidden_size: int, generator: torch.Generator | None = None) -> None:
    """Fill every parameter in place from the uniform distribution on ±1/sqrt(H), as torch's layers do."""
    bound = 1 / math.sqrt(hidden_size)
    with torch.no_grad():
        for parameter in params.values():
            parameter.uniform_(-bound, bound, generator=generator)
