"""Weights that make the fewest word errors: minimum error rate training (Och, ACL 2003).

Along a line through the space of weights every hypothesis' score is linear, so which of a list is best changes at few
points (the upper envelope of its lines), and the number of errors is a sum of steps. A line search finds its minimum
exactly. From several starting points the best weights are sought along every axis and along random lines until no line
helps. Everything drawn is seeded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weft.rescoring.table import Table

STARTS = 8
"""Points the search begins from: all weights 0, a little of every run, and drawn ones."""

RANDOM_LINES = 4
"""Lines in drawn directions that are searched beside each round of the axes."""

ROUNDS = 30
NARROW = 1e-9
"""Intervals narrower than this are rounding's."""

_MARGIN = 0.1


@dataclass(frozen=True)
class Step:
    """How far to go along a line, and the errors there."""

    distance: float
    errors: int


def tune(table: Table, errors: np.ndarray, *, seed: int = 1) -> tuple[np.ndarray, int]:
    """Weights of the features with the fewest word errors on lists with references.

    Args:
        table: N lists.
        errors: int [N, H], of every hypothesis.
    Returns:
        float64 [K], 0 for a feature that tells no hypothesis of a list from another, or only as one before it does (the
        unknown symbols of two runs with the same vocabulary); and the errors made.
    """
    features = table.features
    varies = _telling(features)
    scale = _spread(features[:, :, varies])
    search = _Search(table.own, features[:, :, varies] / scale, errors, np.random.default_rng(seed))
    best, fewest = np.zeros(int(varies.sum())), search.errors_at(np.zeros(int(varies.sum())))
    for number in range(STARTS if varies.any() else 0):
        weights, made = search.descend(search.start(number))
        if made < fewest:
            best, fewest = weights, made
    weights = np.zeros(features.shape[2])
    weights[varies] = best / scale
    return weights, fewest


def line_search(totals: np.ndarray, slopes: np.ndarray, errors: np.ndarray) -> Step:
    """The distance along a line at which the hypotheses on top make the fewest errors: exact.

    Of several such intervals the one that holds 0, else the widest is taken, and in it the middle.

    Args:
        totals: float64 [N, H], the scores at distance 0.
        slopes: float64 [N, H], how much each grows in one unit of distance.
        errors: int [N, H], of every hypothesis.
    """
    places, changes, leftmost = _envelope_events(totals, slopes, errors)
    if not len(places):
        return Step(0.0, leftmost)
    order = np.argsort(places, kind="stable")
    places = places[order]
    counts = leftmost + np.concatenate([[0], np.cumsum(changes[order])])
    # the intervals at both ends have no far end: as if they went on for as long as everything else is wide
    reach = max(1.0, float(places[-1] - places[0])) * _MARGIN
    lows = np.concatenate([[places[0] - reach], places])
    highs = np.concatenate([places, [places[-1] + reach]])
    real = highs - lows > NARROW * np.maximum(1.0, np.abs(highs))
    fewest = counts[real].min()
    able = real & (counts == fewest)
    holds = able & (np.append(-np.inf, places) < 0) & (np.append(places, np.inf) > 0)
    if holds.any():
        return Step(0.0, int(fewest))
    chosen = int(np.argmax(np.where(able, highs - lows, -1.0)))
    return Step(float(lows[chosen] + highs[chosen]) / 2, int(fewest))


def _envelope_events(totals: np.ndarray, slopes: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Where the hypothesis on top changes, by how many errors, and the errors far to the left; all lists at once."""
    order = np.lexsort((-totals, slopes), axis=1)
    totals, slopes, errors = (np.take_along_axis(part, order, axis=1) for part in (totals, slopes, errors))
    rows, current = np.arange(len(totals)), np.zeros(len(totals), dtype=np.int64)
    leftmost = int(errors[:, 0].sum())
    places, changes = [], []
    while len(rows):
        steeper = slopes[rows] - slopes[rows, current][:, None]
        behind = totals[rows, current][:, None] - totals[rows]
        crossings = np.full(steeper.shape, np.inf)
        np.divide(behind, steeper, out=crossings, where=steeper > 0)
        following = crossings.argmin(axis=1)
        nearest = crossings[np.arange(len(rows)), following]
        goes_on = np.isfinite(nearest)
        rows, following, before = rows[goes_on], following[goes_on], current[goes_on]
        places.append(nearest[goes_on])
        changes.append(errors[rows, following] - errors[rows, before])
        current = following
    return np.concatenate(places), np.concatenate(changes), leftmost


class _Search:
    def __init__(self, own: np.ndarray, features: np.ndarray, errors: np.ndarray, draw: np.random.Generator) -> None:
        self._own, self._features, self._errors, self._draw = own, features, errors, draw

    @property
    def _size(self) -> int:
        return int(self._features.shape[2])

    def errors_at(self, weights: np.ndarray) -> int:
        """Word errors of the hypotheses on top."""
        top = self._totals(weights).argmax(axis=1)
        return int(self._errors[np.arange(len(top)), top].sum())

    def start(self, number: int) -> np.ndarray:
        """The starting points: nothing, a little of everything, then drawn ones."""
        if number < 2:
            return np.full(self._size, float(number))
        return self._draw.normal(0.0, 2.0, self._size)

    def descend(self, weights: np.ndarray) -> tuple[np.ndarray, int]:
        """Search along the axes and drawn lines, round by round, until none of them helps."""
        fewest = self.errors_at(weights)
        for _ in range(ROUNDS):
            before = fewest
            for line in [*np.eye(self._size), *self._draw.normal(0.0, 1.0, (RANDOM_LINES, self._size))]:
                step = line_search(self._totals(weights), self._features @ line, self._errors)
                moved = weights + step.distance * line
                # rounding may put the middle of a narrow interval on its other side
                if (made := self.errors_at(moved)) < fewest:
                    weights, fewest = moved, made
            if fewest == before:
                break
        return weights, fewest

    def _totals(self, weights: np.ndarray) -> np.ndarray:
        return np.asarray(self._own + self._features @ weights)


def _telling(features: np.ndarray) -> np.ndarray:
    """Which features differ inside lists, and differently from those before them: bool [K]."""
    inside = (features - features[:, :1]).reshape(-1, features.shape[2])
    told = np.zeros(features.shape[2], dtype=bool)
    for place in range(features.shape[2]):
        again = any(np.array_equal(inside[:, place], inside[:, other]) for other in np.flatnonzero(told))
        told[place] = inside[:, place].any() and not again
    return told


def _spread(features: np.ndarray) -> np.ndarray:
    """How much each feature differs inside a list, float64 [K]: with it axes and drawn lines are of like length."""
    return np.asarray(np.sqrt(((features - features.mean(axis=1, keepdims=True)) ** 2).mean(axis=(0, 1))))
