"""The plain output layer: one linear score a symbol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from weft.nn.output import _pieces

if TYPE_CHECKING:
    from torch import Tensor


class Full(nn.Linear):
    """p(k) = softmax(W x + b)_k over all symbols.

    Args:
        width, symbols: D and V.
        table: the matrix W [V, D] when it is shared with the embedding; None for one of its own.
    """

    def __init__(self, width: int, symbols: int, *, table: nn.Parameter | None = None) -> None:
        super().__init__(width, symbols)
        if table is not None:
            self.weight = table

    def loss(self, x: Tensor, targets: Tensor) -> Tensor:
        """The sum of the targets' nats, with its graph."""
        return _pieces.loss(x, self.weight, self.bias, targets)

    def nats(self, x: Tensor, targets: Tensor) -> Tensor:
        """Of each target, float64 [N]; 0 where it is -1."""
        return _pieces.nats(x, self.weight, self.bias, targets)
