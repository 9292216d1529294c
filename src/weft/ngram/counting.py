"""n-grams of all orders out of a stream of symbols, counted in sorted arrays, order by order.

The n-gram of order k that ends at a place of the stream is the rank of the shorter one that ends a place before, beside
the symbol there. Each order is one sort of the stream's keys, in blocks when they do not fit the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from weft.errors import DataError
from weft.ngram import keys as packed
from weft.ngram.finder import Finder
from weft.ngram.merging import Run, merge, run_of
from weft.ngram.scratch import Scratch


@dataclass(frozen=True)
class Counted:
    """The n-grams of one order.

    Attributes:
        keys: int64 [N], sorted; see ``weft.ngram.keys``. Of order 1: every symbol, seen or not.
        counts: uint32 [N], how often each stands in the text.
        suffixes: int64 [N], the rank of each without its first symbol in the order below; empty for order 1.
    """

    keys: np.ndarray
    counts: np.ndarray
    suffixes: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)


def count(
    ids: np.ndarray, *, order: int, symbols: int, end_id: int, scratch: Scratch, progress: Callable[[str], None]
) -> list[Counted]:
    """Count the n-grams of order 1 to ``order``; none reaches over an end of line.

    Args:
        ids: integers [N], 0 <= id < symbols; before the first stands an end of line.
        scratch: where the arrays come from.
        progress: takes one line of talk at a time.
    Raises:
        DataError: the stream holds a symbol that there is not.
    """
    stream = _Stream(ids, symbols, end_id, scratch)
    levels = [stream.singles()]
    finders = [Finder(levels[0].keys)]
    for number in range(2, order + 1):
        run = merge([run_of(keys, scratch) for keys in stream.blocks()], scratch)
        finders.append(Finder(run.keys, most=scratch.memory // 32))
        levels.append(Counted(run.keys, run.counts, _suffixes(run, levels[-1], finders[-2], symbols, scratch)))
        progress(f"{len(run):,} n-grams of order {number}")
        if number < order:
            stream.lengthen(finders[-1])
    return levels


class _Stream:
    """The stream, with the rank of the n-gram of the present order that ends at each place."""

    def __init__(self, ids: np.ndarray, symbols: int, end_id: int, scratch: Scratch) -> None:
        self._ids = ids
        self._symbols = symbols
        self._end_id = end_id
        self._scratch = scratch
        self._ranks: np.ndarray | None = None

    def singles(self) -> Counted:
        """The symbols themselves."""
        counts = np.zeros(self._symbols, np.int64)
        for start in range(0, len(self._ids), self._scratch.block):
            found = np.bincount(self._ids[start : start + self._scratch.block], minlength=self._symbols)
            if len(found) > self._symbols:
                raise DataError(f"the stream holds symbol {len(found) - 1}, there are {self._symbols}, counted from 0")
            counts += found
        return Counted(np.arange(self._symbols), counts.astype(np.uint32), np.empty(0, np.int64))

    def blocks(self) -> Iterator[np.ndarray]:
        """Keys of the n-grams one longer than the present ones, block by block, only where there is one."""
        for start in range(0, len(self._ids), self._scratch.block):
            yield self._block(start)[1]

    def lengthen(self, finder: Finder) -> None:
        """Go to the next order, whose n-grams ``finder`` ranks."""
        ranks = self._scratch.empty(len(self._ids), np.int32 if len(self._ids) < 1 << 31 else np.int64)
        for start in range(0, len(self._ids), self._scratch.block):
            here, keys = self._block(start)
            block = ranks[start : start + self._scratch.block]
            block[:] = packed.ABSENT
            block[here] = finder.find(keys)
        self._ranks = ranks

    def _block(self, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Places within a block where an n-gram one longer ends, and the keys of those n-grams."""
        stop = min(start + self._scratch.block, len(self._ids))
        symbols, before = self._ids[start:stop], self._before(start, stop)
        here = np.flatnonzero(before != packed.ABSENT)
        return here, packed.join(before[here], symbols[here], self._symbols)

    def _before(self, start: int, stop: int) -> np.ndarray:
        """The present ranks a place before; none where a line would be left, but a single end of line is a context."""
        before = np.empty(stop - start, np.int64)
        if self._ranks is None:
            before[0] = self._ids[start - 1] if start else self._end_id
            before[1:] = self._ids[start : stop - 1]
            return before
        before[0] = self._ranks[start - 1] if start else packed.ABSENT
        before[1:] = self._ranks[start : stop - 1]
        before[1:][self._ids[start : stop - 1] == self._end_id] = packed.ABSENT
        if start and self._ids[start - 1] == self._end_id:
            before[0] = packed.ABSENT
        return before


def _suffixes(run: Run, below: Counted, finder: Finder, symbols: int, scratch: Scratch) -> np.ndarray:
    """Ranks in the order below of the n-grams without their first symbols."""
    found = scratch.empty(len(run), np.int64)
    for start in range(0, len(run), scratch.block):
        keys = run.keys[start : start + scratch.block]
        ends = packed.last(keys, symbols)
        if len(below.suffixes):
            ends = finder.find(packed.join(below.suffixes[packed.prefixes(keys, symbols)], ends, symbols))
        found[start : start + scratch.block] = ends
    return found
