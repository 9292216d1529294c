"""The parts of a set of pairs that are shown: all, by attractors, by distance, by group."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from weft.labs.agreement.pairs import Pair, PairSet, Slice

BINS = ((1, 1), (2, 3), (4, 5), (6, 8), (9, 12), (13, None))
"""First and last distance of each bin."""
ALL = "all"
ATTRACTORS, DISTANCE = "attractors ", "distance "


def slices(pairs: PairSet) -> list[Slice]:
    """Every part that holds a pair; a part by which all pairs are alike is left out."""
    by_attractors = _by(pairs, lambda pair: None if pair.attractors is None else f"{ATTRACTORS}{pair.attractors}")
    by_distance = _by(pairs, lambda pair: None if pair.distance is None else f"{DISTANCE}{bin_of(pair.distance)}")
    parts = [
        *sorted(by_attractors, key=lambda part: pairs.pairs[part[1][0]].attractors or 0),
        *sorted(by_distance, key=lambda part: pairs.pairs[part[1][0]].distance or 0),
        *_by(pairs, lambda pair: pair.group or None),
        *pairs.slices,
    ]
    return [(ALL, np.arange(len(pairs.pairs))), *(part for part in parts if len(part[1]) < len(pairs.pairs))]


def bin_of(distance: int) -> str:
    """The name of a distance's bin: ``4-5``."""
    for first, last in BINS:
        if last is None:
            return f"{first}+"
        if distance <= last:
            return f"{first}" if first == last else f"{first}-{last}"
    raise AssertionError(distance)


def _by(pairs: PairSet, name: Callable[[Pair], str | None]) -> list[Slice]:
    places: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs.pairs):
        label = name(pair)
        if label is not None:
            places.setdefault(label, []).append(place)
    return [(label, np.array(own)) for label, own in places.items()]
