"""Shares of pairs answered rightly, with their 95 % interval (Wilson), part by part.

A tie counts half, as a coin would have it: a model that says nothing is then at chance. Wilson's formula takes half
counts as they are; a tie varies less than a coin, so the interval is rather too wide than too narrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from weft.labs.agreement.comparing import Verdict
from weft.labs.agreement.pairs import PairSet, Slice
from weft.labs.agreement.slices import slices
from weft.metrics import wilson

BLURRED = "with unknown words"
"""The part of pairs that share words which some model does not know; the other parts hold none of these."""
CHANCE = 0.5


@dataclass(frozen=True)
class Share:
    """``right`` of ``n``; halves where there are ties."""

    right: float
    n: int

    @property
    def value(self) -> float:
        """In [0, 1]."""
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, by Wilson."""
        return wilson(self.right, self.n)

    def shown(self) -> str:
        """In percent: ``93.1 (91.0-94.8)``."""
        low, high = self.interval
        return f"{100 * self.value:.1f} ({100 * low:.1f}-{100 * high:.1f})"


@dataclass(frozen=True)
class Part:
    """A part of a set: its name, how many pairs, and the share of each judge that has a say."""

    name: str
    n: int
    shares: Mapping[str, Share]


def right(margins: np.ndarray) -> np.ndarray:
    """float [N]: 1 where the good one is preferred, 0.5 where both are equal, 0 elsewhere and where nothing is said."""
    return np.where(np.isnan(margins), 0.0, np.heaviside(margins, 0.5))


def judges_of(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Those that say something of the pairs at all."""
    return {name: verdict for name, verdict in verdicts.items() if not is_silent(verdict)}


def is_silent(verdict: Verdict) -> bool:
    """Whether nothing is said of any pair."""
    return bool(np.isnan(verdict.margins).all())


def parts(pairs: PairSet, verdicts: Mapping[str, Verdict]) -> list[Part]:
    """The shares of every judge, on those pairs all of whose words every judge knows.

    Models of different vocabularies would be measured on different pairs otherwise. Pairs of which only the words in
    which they differ are known to all are a part of their own.
    """
    judges = judges_of(verdicts)
    if not judges:
        return []
    comparable, blurred = _usable(judges, len(pairs.pairs))
    made = [_part(part, judges, comparable & ~blurred) for part in slices(pairs)]
    whole = np.arange(len(pairs.pairs))
    return [part for part in (*made, _part((BLURRED, whole), judges, comparable & blurred)) if part.n]


def left_out(pairs: PairSet, verdicts: Mapping[str, Verdict]) -> list[str]:
    """How many pairs each judge could not compare, and how many it saw with unknown words, as sentences."""
    said = []
    for name, verdict in verdicts.items():
        lost = np.isnan(verdict.margins)
        counts = {
            f"left out, since it {verdict.why_not}": int(lost.sum()),
            "with other words it does not know": int((verdict.blurred & ~lost).sum()),
            "ties, counted as half right": int((verdict.margins == 0).sum()),
        }
        odd = [f"{count:,} {words}" for words, count in counts.items() if count]
        if odd:
            said.append(f"{pairs.name}, {name}: of {len(pairs.pairs):,} pairs {'; '.join(odd)}")
    return said


def apart(one: Share, other: Share) -> bool:
    """Whether the first share is above the second and their intervals do not meet."""
    return one.interval[0] > other.interval[1]


def _usable(judges: Mapping[str, Verdict], n: int) -> tuple[np.ndarray, np.ndarray]:
    comparable, blurred = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    for verdict in judges.values():
        comparable &= ~np.isnan(verdict.margins)
        blurred |= verdict.blurred
    return comparable, blurred


def _part(part: Slice, judges: Mapping[str, Verdict], usable: np.ndarray) -> Part:
    name, places = part
    kept: Sequence[int] = places[usable[places]]
    shares = {
        judge: Share(float(right(verdict.margins)[kept].sum()), len(kept))
        for judge, verdict in judges.items()
        if len(kept)
    }
    return Part(name, len(kept), shares)
