"""Works timed side by side: A, B, A, B... in one process, so that whatever disturbs the machine disturbs them alike.

What is compared is the ratio within a round; its median over the rounds is the result and its quartiles are the spread.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Parts = dict[str, float]
"""Seconds of named parts of a work."""
Work = Callable[[], Parts]
"""Does something once and tells the seconds of its parts."""

SLICE = 0.02
"""Seconds that a short work is repeated for in a round, unless a bench says otherwise."""
REST = 0.005
"""Seconds before each work's turn, in which the threads of the one before stop spinning on the cores."""


@dataclass(frozen=True)
class Ratio:
    """Median of the ratios within a round, and their quartiles."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Rounds:
    """What was timed: the seconds of every part in every round, the mean of a round's repetitions."""

    parts: list[Parts]

    def seconds(self, *names: str) -> float:
        """The median over the rounds of what the named parts take together."""
        return self.ratio(lambda parts: sum(parts[name] for name in names)).median

    def fastest(self, name: str) -> float:
        """The seconds of a part in its fastest round."""
        return min(parts[name] for parts in self.parts)

    def ratio(self, of: Callable[[Parts], float]) -> Ratio:
        """The median of what ``of`` makes of a round."""
        values = sorted(of(each) for each in self.parts)
        low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        return Ratio(median, low, high)


@dataclass(frozen=True)
class Patience:
    """At least so many rounds, and more until the seconds are over; a short work is repeated for ``turn`` seconds."""

    rounds: int
    seconds: float
    turn: float = SLICE


def timed(part: str, run: Callable[[], Any]) -> Work:
    """The work of calling ``run``, as one part."""

    def work() -> Parts:
        start = time.perf_counter()
        run()
        return {part: time.perf_counter() - start}

    return work


def alternate(works: Sequence[Work], patience: Patience) -> Rounds:
    """Time all works in rounds, after a call or two that warm up.

    A work shorter than a turn is repeated in each round. No two works may have a part of the same name.
    """
    repeats = [_repeats(work, patience.turn) for work in works]
    rounds: list[Parts] = []
    begun = time.perf_counter()
    while len(rounds) < patience.rounds or time.perf_counter() - begun < patience.seconds:
        parts: Parts = {}
        for work, count in zip(works, repeats, strict=True):
            time.sleep(REST)
            parts.update(_mean([work() for _ in range(count)]))
        rounds.append(parts)
    return Rounds(rounds)


def _repeats(work: Work, turn: float) -> int:
    """How often a work fits into a turn, told from its second call where that is short: the first warms up."""
    took = _took(work)
    if took < turn:
        took = _took(work)
    return max(1, math.ceil(turn / max(took, 1e-9)))


def _took(work: Work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _mean(runs: Sequence[Parts]) -> Parts:
    return {name: sum(run[name] for run in runs) / len(runs) for name in runs[0]}
