"""The one loop under greedy search and sampling: feed a symbol, choose the next, let finished rows go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from weft.errors import ConfigError, RunError, ShapeError
from weft.types import Decoder, State, Step

Choose = Callable[[Tensor, Tensor], Tensor]
"""logp float [A, V] of the rows still running, their numbers int64 [A] -> the chosen symbols int64 [A]."""


NOT_NUMBERS = "the network's log-probabilities hold values that are not numbers"
TRAIN_AGAIN = "its weights are damaged or its training diverged: train again with a lower training.lr"


class Pen(Protocol):
    """The rows still running while they are written on."""

    def next(self, ids: Tensor, running: Tensor) -> Tensor:
        """Feed one symbol a row, ids int64 [A], and choose the next; ``running``: the rows' numbers int64 [A]."""

    def keep(self, rows: Tensor) -> None:
        """Go on with the given ones only, int64 [N] among those running."""


class Choosing:
    """A pen of any decoder: a step, then a choice.

    Args:
        state: of the rows.
    """

    def __init__(self, decoder: Decoder, choose: Choose, state: State) -> None:
        self._decoder, self._choose, self._state = decoder, choose, state

    def next(self, ids: Tensor, running: Tensor) -> Tensor:
        """Feed one symbol a row, and choose the next."""
        said = _step(self._decoder, self._state, ids)
        self._state = said.state
        return self._choose(said.logp, running)

    def keep(self, rows: Tensor) -> None:
        """Go on with the given rows only."""
        self._state = self._decoder.select(self._state, rows)


def walk(
    decoder: Decoder,
    prompt: Tensor,
    choose: Choose,
    *,
    length: int,
    rows: int,
    stop_id: int | None,
    start_id: int,
    pen: Callable[[State], Pen] | None = None,
) -> Iterator[Tensor]:
    """Check the arguments now, then yield one symbol a row at a time, int64 [rows].

    The prompt is read once and its state copied to every row. A row that chose ``stop_id`` is dropped from the state
    and repeats ``stop_id``; the walk ends when all rows have stopped, or after ``length`` symbols. The first symbols
    come from ``choose``, the others from the pen that is made of the state after the prompt: ``Choosing`` when None.

    Raises:
        ConfigError: a negative length, or fewer than one row.
        ShapeError: the prompt is not int64 [N].
    """
    if length < 0:
        raise ConfigError(f"length must be 0 or more symbols, got {length}")
    if rows < 1:
        raise ConfigError(f"samples must be 1 or more, got {rows}")
    if prompt.ndim != 1 or prompt.dtype != torch.int64:
        raise ShapeError(
            f"prompt: expected int64 [N], got {str(prompt.dtype).removeprefix('torch.')} {list(prompt.shape)}"
        )
    start = torch.cat([prompt.new_tensor([start_id]), prompt])

    def begin() -> tuple[Tensor, Pen]:
        state, logp = _read(decoder, start, rows)
        ids = choose(logp, torch.arange(rows))
        return ids, pen(state) if pen else Choosing(decoder, choose, state)

    return _steps(begin, length, rows, stop_id)


def _steps(begin: Callable[[], tuple[Tensor, Pen]], length: int, rows: int, stop_id: int | None) -> Iterator[Tensor]:
    if length == 0:
        return
    ids, pen = begin()
    running = torch.arange(rows)
    for left in range(length - 1, -1, -1):
        symbols = ids
        if stop_id is not None:
            symbols = ids.new_full((rows,), stop_id)
            symbols[running.to(ids.device)] = ids
        yield symbols
        if stop_id is not None and bool((ids == stop_id).any()):
            kept = (ids != stop_id).nonzero()[:, 0]
            running, ids = running[kept.to(running.device)], ids[kept]
            pen.keep(kept)
        if left == 0 or len(running) == 0:
            return
        ids = pen.next(ids, running)


def _read(decoder: Decoder, ids: Tensor, rows: int) -> tuple[State, Tensor]:
    """Feed the prompt to one row, then copy that row: the state [rows, ...] and logp [rows, V]."""
    state = decoder.start(1)
    for symbol in ids:
        said = _step(decoder, state, symbol[None])
        state = said.state
    copies = torch.zeros(rows, dtype=torch.int64, device=ids.device)
    return decoder.select(state, copies), said.logp[copies]


def _step(decoder: Decoder, state: State, ids: Tensor) -> Step:
    # Not around the whole generator: between two symbols the caller's gradients are the caller's business.
    with torch.no_grad():
        said = decoder.step(state, ids)
    if bool(said.logp.isnan().any()):
        raise RunError(NOT_NUMBERS, hint=TRAIN_AGAIN)
    return said
