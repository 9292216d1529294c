"""Decoders: all that search knows of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from weft.types.recurrence import State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Step:
    """What a decoder says of the next symbol: logp float [B, V] (normalized), the next state, attention [B, S]."""

    logp: Tensor
    state: State
    attention: Tensor | None = None


class Decoder(Protocol):
    """All that search knows of a model."""

    def start(self, n: int) -> State:
        """The state of ``n`` rows before the first symbol."""

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [B]."""

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given rows (int64 [N]), in their order; a row may be asked for more than once."""


@runtime_checkable
class ReadsOn(Decoder, Protocol):
    """A decoder that reads many symbols at once, where ``step`` would say after each of them what comes next."""

    def read_on(self, state: State, ids: Tensor) -> Step:
        """Feed the symbols of one row, ids int64 [N] with N >= 1: what as many steps say after the last one."""


class Writer(Protocol):
    """Rows that a decoder writes on, their state inside: it feeds symbols and draws the next ones in one call."""

    def next(self, ids: Tensor, numbers: Tensor) -> Tensor | None:
        """Feed one symbol a row, ids int64 [B], and draw the next ones, int64 [B]: those at which the running sums of
        probability pass ``numbers``, float64 [B] in [0, 1). None when the probabilities are not numbers."""

    def keep(self, rows: Tensor) -> None:
        """Go on with the given rows only, int64 [N]."""


@runtime_checkable
class Draws(Decoder, Protocol):
    """A decoder that can draw by itself."""

    def writer(self, state: State, *, temperature: float, top_k: int, top_p: float) -> Writer | None:
        """Rows that go on from ``state`` and draw as ``weft.search.sampling`` would; None when it cannot."""
