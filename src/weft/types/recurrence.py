"""Cells and their kernels: a recurrence and who runs it over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch
    from torch import Tensor


State = dict[str, "Tensor"]
"""A recurrent state: flat, named, batch first, so that rows can be selected, saved, sent and joined."""

Params = Mapping[str, "Tensor"]
"""The parameters of one layer and direction by their names in the cell's ``Spec``."""


@dataclass(frozen=True)
class Spec:
    """What a cell is, for one layer and one direction.

    Attributes:
        name: the cell's registry name.
        gates: names of the gates fed by the input, in the order of their rows in the weights.
        states: sizes of the named states; the first is the output ("h").
        params: shapes of the parameters by name.
        input_size, hidden_size: D and H.
        twin: the torch layer with the same equations and parameters ("LSTM", "GRU", "RNN_TANH", "RNN_RELU"), or "".
        state_weights: the matrices that multiply the state; weight dropout acts on these.
    """

    name: str
    gates: tuple[str, ...]
    states: Mapping[str, int]
    params: Mapping[str, tuple[int, ...]]
    input_size: int
    hidden_size: int
    twin: str = ""
    state_weights: tuple[str, ...] = ("weight_hh",)

    @property
    def output_size(self) -> int:
        """Width P of the output: H, or that of an LSTM's projection."""
        return next(iter(self.states.values()))


class Cell(Protocol):
    """One recurrence: a module of ``cells/`` has ``make(input_size, hidden_size, *, OPTION=DEFAULT...) -> Cell``.

    A cell holds no tensors. ``step`` is the reference that every faster path is held against.
    """

    @property
    def spec(self) -> Spec:
        """What the cell is."""

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Fill fresh parameters in place."""

    def project(self, x: Tensor, params: Params) -> Tensor:
        """The part of all gates that needs no state: x [..., D] -> wx [..., W], biases of the input included."""

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """Every named value of one step: the gates of the ``Spec`` after their squashing, and the next states."""

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        """One step: wx [B, W] and the state -> output [B, P] and the next state, as ``values`` gives them. Pure."""


@runtime_checkable
class LinearCell(Cell, Protocol):
    """A cell without products of the state, h_t = a_t * h_{t-1} + b_t: all steps can be computed side by side."""

    def coefficients(self, wx: Tensor) -> tuple[Tensor, Tensor]:
        """wx [..., W] -> a and b, each [..., H], 0 <= a <= 1."""


class LookUp(NamedTuple):
    """Input given as symbols and their vectors: whoever multiplies the vectors may do so once a symbol.

    Attributes:
        table: the vectors of all symbols, [V, D].
        ids: int64 [B, T], 0 <= id < V, at padding too.
    """

    table: Tensor
    ids: Tensor

    def vectors(self) -> Tensor:
        """[B, T, D]."""
        from torch.nn import functional

        return functional.embedding(self.ids, self.table)


class Kernel(Protocol):
    """Who runs a cell over time: a module of ``kernels/`` with these two functions."""

    def refuse(self, cell: Cell, x: Tensor) -> str:
        """Why this kernel cannot take the cell and input; an empty string when it can."""

    def run(self, cell: Cell, params: Params, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
        """x [B, T, D], lengths int64 [B] on the CPU (None: every row has T steps), state [B, ...] -> outputs [B, T, P]
        (zero at padding) and the state after each row's last real step."""


@runtime_checkable
class DirectKernel(Kernel, Protocol):
    """A kernel that reads rows from their ends, and symbols, as they are."""

    def run_direct(
        self,
        cell: Cell,
        params: Params,
        x: Tensor | LookUp,
        lengths: Tensor | None,
        state: State,
        *,
        reverse: bool,
    ) -> tuple[Tensor, State]:
        """As ``run``; with ``reverse`` each row from its own end to its start, outputs standing where inputs do."""
