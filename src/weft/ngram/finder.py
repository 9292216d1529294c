"""Ranks of many keys among sorted ones: by binary search while few are asked for, then by a hash table.

A binary search among millions of keys reads memory that is in no cache some twenty times; the table one or two times,
and its numpy form asks for all keys at once. It is made when so many keys were asked for that it pays.
"""

from __future__ import annotations

import numpy as np

from weft.ngram.keys import ABSENT

PAYS_FROM = 4
"""The table is made once so many keys were asked for as a quarter of those that are there."""
MOST = 1 << 27
"""Of more keys there is no table: it would take more memory than the model."""
SORT_FROM = 4096
"""So many keys are sorted before a binary search: neighbours then touch the same part of the keys."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Finder:
    """Finds keys.

    Args:
        keys: int64 [N], sorted, all different, none negative.
        most: of so many keys at most a table is made.
    """

    def __init__(self, keys: np.ndarray, *, most: int = MOST) -> None:
        self._keys = keys
        self._most = most
        self._asked = 0
        self._table: _Table | None = None

    def find(self, wanted: np.ndarray) -> np.ndarray:
        """int64 [M]: ranks of the keys ``wanted`` (int64 [M]), ABSENT where they are not there."""
        if not len(self._keys):
            return np.full(len(wanted), ABSENT)
        self._asked += len(wanted)
        table = self._table
        if table is None and self._asked * PAYS_FROM > len(self._keys) and len(self._keys) <= self._most:
            table = self._table = _Table(self._keys)
        if table is not None:
            return table.find(wanted)
        if len(wanted) < SORT_FROM:
            return self._search(wanted)
        order = np.argsort(wanted)
        ranks = np.empty(len(wanted), np.int64)
        ranks[order] = self._search(wanted[order])
        return ranks

    def _search(self, wanted: np.ndarray) -> np.ndarray:
        places = np.searchsorted(self._keys, wanted)
        places[places == len(self._keys)] = 0
        places[self._keys[places] != wanted] = ABSENT
        return places


class _Table:
    """Open addressing, linear probing, at most half full: slot -> rank."""

    def __init__(self, keys: np.ndarray) -> None:
        bits = (2 * len(keys)).bit_length()
        self._keys = keys
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._ranks = np.full(1 << bits, ABSENT, np.int32)
        waiting = np.arange(len(keys), dtype=np.int32)
        slots = self._slots(keys)
        while len(waiting):
            free = self._ranks[slots] == ABSENT
            # Of several that want a free slot the last one written gets it; the others see that and go on.
            self._ranks[slots[free]] = waiting[free]
            lost = self._ranks[slots] != waiting
            waiting, slots = waiting[lost], (slots[lost] + 1) & self._mask

    def find(self, wanted: np.ndarray) -> np.ndarray:
        slots = self._slots(wanted)
        ranks = self._ranks[slots]
        found: np.ndarray = ranks.astype(np.int64)
        # An empty slot ends the search. It reads the last key, which is not the one wanted: that has no empty slot
        # on its way.
        others = np.flatnonzero(self._keys[ranks] != wanted)
        found[others] = ABSENT
        others = others[ranks[others] != ABSENT]
        while len(others):
            slots[others] = (slots[others] + 1) & self._mask
            ranks = self._ranks[slots[others]]
            hit = self._keys[ranks] == wanted[others]
            found[others[hit]] = ranks[hit]
            others = others[~hit & (ranks != ABSENT)]
        return found

    def _slots(self, keys: np.ndarray) -> np.ndarray:
        hashed = keys.astype(np.uint64)
        hashed *= _GOLDEN
        hashed >>= self._shift
        return hashed.view(np.int64)
