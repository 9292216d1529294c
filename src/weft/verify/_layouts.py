"""How texts are put into batches: places of the texts, batch by batch; every text exactly once."""

from __future__ import annotations

import numpy as np

from weft.verify._texts import Texts

SIZE = 16
"""Texts a batch."""

Layout = list[list[int]]


def like_lengths(texts: Texts) -> Layout:
    """Neighbours in length together: little padding."""
    return _cut(_by_length(texts))


def unlike_lengths(texts: Texts) -> Layout:
    """The longest beside the shortest: as much padding as can be."""
    order = _by_length(texts)
    ends = [place for pair in zip(order, reversed(order), strict=True) for place in pair]
    return _cut(list(dict.fromkeys(ends)))


def shuffled(texts: Texts, draw: np.random.Generator) -> Layout:
    """Any with any, in any order."""
    return _cut(draw.permutation(len(texts)).tolist())


def _by_length(texts: Texts) -> list[int]:
    return sorted(range(len(texts)), key=lambda place: len(texts[place]))


def _cut(order: list[int]) -> Layout:
    return [order[first : first + SIZE] for first in range(0, len(order), SIZE)]
