"""Rows of what was compared: ours beside another, the ratio with its spread, what was wanted and whether it was met."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from weft.benches._rounds import Ratio, Rounds

COLUMNS = ("part", "case", "unit", "ours", "other", "ratio", "low", "high", "wanted", "met", "error")
MET = {True: "met", False: "not met"}


@dataclass(frozen=True)
class Wanted:
    """A bound, decided before anything was measured.

    Attributes:
        bound: the number.
        most: it is the largest that is allowed, not the smallest.
        of_ours: it is for our number itself, not for the ratio.
    """

    bound: float
    most: bool = False
    of_ours: bool = False

    def told(self) -> str:
        """As it stands in the table: ">= 1.5", "ours <= 12"."""
        return f"{'ours ' if self.of_ours else ''}{'<=' if self.most else '>='} {self.bound:g}"


@dataclass(frozen=True)
class Comparison:
    """One row.

    Attributes:
        part, case: what was compared, and for which sizes.
        unit: of ``ours`` and ``other``; both are medians over the rounds.
        ours, other: None where there is none.
        ratio: above 1 ours is the better one, unless the part says otherwise; None where nothing is compared.
        wanted: None where nothing was.
        error: ours against the reference, as a share of the largest value; None where it was checked in another row.
    """

    part: str
    case: str
    unit: str = ""
    ours: float | None = None
    other: float | None = None
    ratio: Ratio | None = None
    wanted: Wanted | None = None
    error: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether what was wanted was reached; None where nothing was wanted or measured."""
        if self.wanted is None:
            return None
        measured = self.ours if self.wanted.of_ours else None if self.ratio is None else self.ratio.median
        if measured is None:
            return None
        return measured <= self.wanted.bound if self.wanted.most else measured >= self.wanted.bound

    def row(self) -> tuple[Any, ...]:
        """Plain values, one for each of ``COLUMNS``."""
        ratio = (self.ratio.median, self.ratio.low, self.ratio.high) if self.ratio else (None, None, None)
        return (
            self.part,
            self.case,
            self.unit,
            *(_short(value) for value in (self.ours, self.other, *ratio)),
            self.wanted.told() if self.wanted else "",
            "" if self.met is None else MET[self.met],
            "" if self.error is None else f"{self.error:.1e}",
        )


def geometric_mean(part: str, rows: Iterable[Comparison], wanted: Wanted | None = None) -> Comparison:
    """The row that sums up those of ``part``: the geometric mean of their medians, the least and the largest ratio."""
    ratios = [row.ratio.median for row in rows if row.part == part and row.ratio]
    mean = math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))
    case = f"geometric mean of {len(ratios)}, least and largest"
    return Comparison(part, case, ratio=Ratio(mean, min(ratios), max(ratios)), wanted=wanted)


def share_of(limit: float, work: float, rounds: Rounds, name: str) -> Ratio:
    """Which share of a limit of the machine a part reaches, ``work`` a second in its fastest round; low: the median.

    The limit should be the best that was seen: what disturbed it must not flatter the share.
    """
    best = work / rounds.fastest(name) / limit
    return Ratio(best, work / rounds.seconds(name) / limit, best)


def verdict(rows: Sequence[Comparison]) -> str:
    """How many of the wanted numbers were met, as a sentence."""
    judged = [row.met for row in rows if row.met is not None]
    return f"{sum(judged)} of {len(judged)} wanted numbers met"


def _short(value: float | None) -> float | None:
    """Four digits, what is beyond them is noise; large numbers as whole ones."""
    if value is None:
        return None
    short = float(f"{value:.4g}")
    return round(short) if short >= 1000 else short
