"""The one loop under greedy search and sampling: feed a symbol, choose the next, let finished rows go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from weft.errors import ConfigError, RunError, ShapeError
from weft.types import Decoder, ReadsOn, State, Step

Choose = Callable[[Tensor, Tensor], Tensor]
"""logp float [A, V] of the rows still running, their numbers int64 [A] -> the chosen symbols int64 [A]."""

Finished = Callable[[Tensor, Tensor], Tensor]
"""The symbols int64 [A] that were yielded last of the rows still running, their numbers int64 [A] -> bool [A]: which of
them have written their last. It is asked when more is asked for, so whoever reads the symbols may answer."""

Watch = Callable[[Step, Tensor], None]
"""What a decoder said of the rows still running, and their numbers int64 [A]."""

NOT_NUMBERS = "the network's log-probabilities hold values that are not numbers"
TRAIN_AGAIN = "its weights are damaged or its training diverged: train again with a lower training.lr"


@dataclass(frozen=True)
class Place:
    """Where a text has come to: its symbols int64 [N], one row's state behind them, logp float [1, V] of the next.

    Where several sources begin at once, there are no symbols yet, and a row of state and logp a source.
    """

    ids: Tensor
    state: State
    logp: Tensor


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
        watch: is told what the decoder said of the running rows, and their numbers int64 [A].
    """

    def __init__(self, decoder: Decoder, choose: Choose, state: State, watch: Watch | None = None) -> None:
        self._decoder, self._choose, self._state, self._watch = decoder, choose, state, watch

    def next(self, ids: Tensor, running: Tensor) -> Tensor:
        """Feed one symbol a row, and choose the next."""
        said = step(self._decoder, self._state, ids)
        self._state = said.state
        if self._watch is not None:
            self._watch(said, running)
        return self._choose(said.logp, running)

    def keep(self, rows: Tensor) -> None:
        """Go on with the given rows only."""
        self._state = self._decoder.select(self._state, rows)


def check_prompt(prompt: Tensor) -> None:
    """Check what a text goes on from.

    Raises:
        ShapeError: the prompt is not int64 [N].
    """
    if prompt.ndim != 1 or prompt.dtype != torch.int64:
        raise ShapeError(
            f"prompt: expected int64 [N], got {str(prompt.dtype).removeprefix('torch.')} {list(prompt.shape)}"
        )


def read(decoder: Decoder, prompt: Tensor, start_id: int) -> Place:
    """Read a prompt, int64 [N] and perhaps empty, behind the symbol that stands before every text.

    Raises:
        ShapeError: the prompt is not int64 [N].
        RunError: the decoder's log-probabilities are not numbers.
    """
    check_prompt(prompt)
    said = say_after(decoder, decoder.start(1), torch.cat([prompt.new_tensor([start_id]), prompt]))
    return Place(prompt, said.state, said.logp)


def read_on(decoder: Decoder, place: Place, ids: Tensor) -> Place:
    """Read more symbols, int64 [N] and perhaps none."""
    if not len(ids):
        return place
    said = say_after(decoder, place.state, ids)
    return Place(torch.cat([place.ids, ids]), said.state, said.logp)


def say_after(decoder: Decoder, state: State, ids: Tensor) -> Step:
    """What a decoder says after the symbols of one row, int64 [N] with N >= 1: at once where it can.

    Raises:
        RunError: its log-probabilities are not numbers.
    """
    if len(ids) > 1 and isinstance(decoder, ReadsOn):
        with torch.no_grad():
            return _numbers(decoder.read_on(state, ids))
    for symbol in ids[:-1]:
        state = step(decoder, state, symbol[None]).state
    return step(decoder, state, ids[-1:])


def walk(
    decoder: Decoder,
    place: Callable[[], Place],
    choose: Choose,
    *,
    length: int,
    rows: int,
    finished: Finished | None,
    filler: int,
    pen: Callable[[State], Pen] | None = None,
    copies: Tensor | None = None,
) -> Iterator[Tensor]:
    """Check the arguments now, then yield one symbol a row at a time, int64 [rows].

    The place is asked for when the first symbols are, and its state copied to every row; where a place has several,
    ``copies``, int64 [rows], says which of them each row goes on from. A row that has finished is
    dropped from the state and repeats ``filler``; the walk ends when all rows have finished, or after ``length``
    symbols. The first symbols come from ``choose``, the others from the pen that is made of the state: ``Choosing``
    when None.

    Raises:
        ConfigError: a negative length, or fewer than one row.
    """
    if length < 0:
        raise ConfigError(f"length must be 0 or more symbols, got {length}")
    if rows < 1:
        raise ConfigError(f"samples must be 1 or more, got {rows}")

    def begin() -> tuple[Tensor, Pen]:
        here = place()
        origin = torch.zeros(rows, dtype=torch.int64) if copies is None else copies
        origin = origin.to(here.logp.device)
        state = decoder.select(here.state, origin)
        ids = choose(here.logp[origin], torch.arange(rows))
        return ids, pen(state) if pen else Choosing(decoder, choose, state)

    return _steps(begin, length, rows, finished, filler)


def stopping_at(stop_id: int | None) -> Finished | None:
    """Rows are finished by a symbol; None for never."""
    return None if stop_id is None else lambda ids, _: ids == stop_id


def _steps(
    begin: Callable[[], tuple[Tensor, Pen]], length: int, rows: int, finished: Finished | None, filler: int
) -> Iterator[Tensor]:
    if length == 0:
        return
    ids, pen = begin()
    running, still = torch.arange(rows), rows
    for left in range(length - 1, -1, -1):
        symbols = ids
        if still < rows:
            symbols = ids.new_full((rows,), filler)
            symbols[running.to(ids.device)] = ids
        yield symbols
        if finished is not None:
            done = finished(ids, running)
            if bool(done.any()):
                kept = (~done).nonzero()[:, 0]
                running, ids = running[kept.to(running.device)], ids[kept.to(ids.device)]
                pen.keep(kept.to(ids.device))
                still = len(running)
        if left == 0 or still == 0:
            return
        ids = pen.next(ids, running)


def step(decoder: Decoder, state: State, ids: Tensor) -> Step:
    """A decoder's step, without gradients.

    Raises:
        RunError: its log-probabilities are not numbers.
    """
    # Not around the whole generator: between two symbols the caller's gradients are the caller's business.
    with torch.no_grad():
        return _numbers(decoder.step(state, ids))


def _numbers(said: Step) -> Step:
    """What was said, which must be numbers.

    Raises:
        RunError: it is not.
    """
    if bool(said.logp.isnan().any()):
        raise RunError(NOT_NUMBERS, hint=TRAIN_AGAIN)
    return said
