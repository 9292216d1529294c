"""Decoders made up for tests, and the searches they are held against, written as plainly as can be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from weft.search.settings import Beam
from weft.types import State, Step

START = 0

Rule = Callable[[int, tuple[int, ...], int], bool]
"""A source's name, the symbols so far, a symbol: whether it may come next."""


class Toy:
    """Distributions that depend on the source's name and on everything written so far, float64, with attention.

    Args:
        names: of the sources, which decide their distributions.
        positions: of each source; attention is zero at the padding.
        size: V.
        grain: log-probabilities are rounded down to multiples of it, so that many are equal; 0: not.
        looks: gives attention.
    """

    def __init__(
        self,
        names: Sequence[int],
        positions: Sequence[int] | None = None,
        *,
        size: int = 4,
        grain: float = 0.0,
        looks: bool = True,
        spread: float = 1.5,
    ) -> None:
        self.names, self.size, self.grain, self.looks, self.spread = list(names), size, grain, looks, spread
        self.positions = list(positions or [3] * len(self.names))
        self.fed: list[int] = []
        self.selected: list[list[int]] = []
        self.says = cache(self._says)

    def alone(self, source: int) -> Toy:
        """The same with one source only."""
        return Toy(
            [self.names[source]],
            [self.positions[source]],
            size=self.size,
            grain=self.grain,
            looks=self.looks,
            spread=self.spread,
        )

    def start(self, n: int) -> State:
        assert n == len(self.names)
        return {"source": torch.arange(n), "history": torch.zeros(n, 0, dtype=torch.int64)}

    def step(self, state: State, ids: Tensor) -> Step:
        self.fed.append(len(ids))
        history = torch.cat([state["history"], ids[:, None]], dim=1)
        said = [
            self.says(source, tuple(row[1:]))
            for source, row in zip(state["source"].tolist(), history.tolist(), strict=True)
        ]
        logp = torch.tensor(np.array([logp for logp, _ in said]))
        looked = torch.zeros(len(ids), max(self.positions), dtype=torch.float64)
        for row, (_, attention) in enumerate(said):
            looked[row, : len(attention)] = torch.tensor(attention)
        return Step(logp, {"source": state["source"], "history": history}, looked if self.looks else None)

    def select(self, state: State, rows: Tensor) -> State:
        self.selected.append(rows.tolist())
        return {name: value[rows] for name, value in state.items()}

    def _says(self, source: int, ids: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        numbers = np.random.default_rng([self.names[source], *(symbol + 1 for symbol in ids)])
        logits = numbers.normal(size=self.size) * self.spread
        logp = logits - np.log(np.exp(logits).sum())
        if self.grain:
            logp = np.floor(logp / self.grain) * self.grain
        looked = np.exp(2 * numbers.normal(size=self.positions[source]))
        return logp, looked / looked.sum()


class Flat:
    """All symbols equally probable, whatever was written."""

    def __init__(self, size: int) -> None:
        self.size = size

    def start(self, n: int) -> State:
        return {"h": torch.zeros(n, 1)}

    def step(self, state: State, ids: Tensor) -> Step:
        return Step(torch.full((len(ids), self.size), -math.log(self.size)), state)

    def select(self, state: State, rows: Tensor) -> State:
        return {"h": state["h"][rows]}


@dataclass(frozen=True)
class Output:
    """A hypothesis as the plain searches write it; attention float [N, S]."""

    ids: tuple[int, ...]
    logp: float
    finished: bool
    attention: np.ndarray
    score: float = 0.0


def scored(output: Output, beam: Beam) -> Output:
    """With the score of equation 14 of Wu et al. (2016)."""
    length = len(output.ids) + output.finished
    score = output.logp / ((5 + length) / 6) ** beam.length_penalty
    if beam.coverage_penalty and length:
        score += beam.coverage_penalty * float(np.log(np.minimum(output.attention.sum(0), 1)).sum())
    return Output(output.ids, output.logp, output.finished, output.attention, score)


def every_output(
    toy: Toy, source: int, *, stop: int, longest: int, min_length: int = 0, rule: Rule | None = None
) -> Iterator[Output]:
    """All that can be written, by trying everything."""

    def after(ids: tuple[int, ...], logp: float, looked: list[np.ndarray]) -> Iterator[Output]:
        options = list(_options(toy, source, ids, stop, min_length, rule)) if len(ids) < longest else []
        if not options:
            yield Output(ids, logp, False, np.array(looked))
        for symbol, more, attention in options:
            if symbol == stop:
                yield Output(ids, logp + more, True, np.array([*looked, attention]))
            else:
                yield from after((*ids, symbol), logp + more, [*looked, attention])

    yield from after((), 0.0, [])


def plain_beam(toy: Toy, source: int, beam: Beam, *, stop: int, longest: int, rule: Rule | None = None) -> list[Output]:
    """Beam search of one source with lists, to the longest length unless patience ends."""
    rows = [Output((), 0.0, False, np.zeros((0, toy.positions[source])))]
    ends: list[Output] = [] if longest else rows
    for time in range(longest):
        options = []
        for place, row in enumerate(rows):
            found = list(_options(toy, source, row.ids, stop, beam.min_length, rule))
            if not found:
                ends.append(row)
            options += [(-(row.logp + more), place, symbol, attention) for symbol, more, attention in found]
        before, rows = rows, []
        for cost, place, symbol, attention in sorted(options, key=lambda option: option[:3])[: beam.size]:
            ids, looked = before[place].ids, np.concatenate([before[place].attention, attention[None]])
            if symbol == stop:
                ends.append(Output(ids, -cost, True, looked))
            else:
                (ends if time + 1 == longest else rows).append(Output((*ids, symbol), -cost, False, looked))
        if beam.patience and sum(end.finished for end in ends) >= max(beam.patience * beam.size, beam.n_best):
            break
    return sorted((scored(end, beam) for end in ends), key=lambda end: -end.score)[: beam.n_best]


def _options(
    toy: Toy, source: int, ids: tuple[int, ...], stop: int, min_length: int, rule: Rule | None
) -> Iterator[tuple[int, float, np.ndarray]]:
    logp, attention = toy.says(source, ids)
    for symbol, more in enumerate(logp.tolist()):
        early = symbol == stop and len(ids) < min_length
        if not early and more > -math.inf and (rule is None or rule(toy.names[source], ids, symbol)):
            yield symbol, more, attention
