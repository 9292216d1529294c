"""Numbered texts to batches: rows bucketed by length, and long streams for truncated back-propagation through time.

An epoch is a pure function of its number, and a batch is made when it is asked for: a resumed run finds its place by
counting, and memory holds one batch (and, for rows, 8 bytes a row).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np
import torch
from torch import Tensor

from weft.data.corpus import Ragged
from weft.data.windows import Windows
from weft.errors import DataError
from weft.types import Batch

BUCKET = 50
"""Batches' worth of shuffled rows that are sorted by length together: little padding, and still a different mix."""


class Batches(Sequence[Batch]):
    """The batches of one epoch, each made when it is asked for.

    Args:
        count: how many.
        make: the batch at a place from 0 to count - 1.
    """

    def __init__(self, count: int, make: Callable[[int], Batch]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Batch: ...

    @overload
    def __getitem__(self, place: slice) -> Batches: ...

    def __getitem__(self, place: int | slice) -> Batch | Batches:
        places = range(self._count)[place]
        if isinstance(places, int):
            return self._make(places)
        return Batches(len(places), lambda nth: self._make(places[nth]))


class BucketedFeed:
    """Rows in batches of like length, every row exactly once an epoch.

    Shuffled, the order depends on the seed and the epoch alone; not shuffled, rows are sorted by length (ties in their
    order). ``Batch.rows`` tells where each came from.

    Args:
        rows: the numbered texts, none of them empty.
        targets: int64 [R], or float [R, C] for several labels, or None.
        batch_size: rows a batch; the last ones may have fewer.
        seed: of the shuffling.
        shuffle: for training.
    Raises:
        DataError: there is no row, or an empty one.
    """

    def __init__(self, rows: Ragged, targets: np.ndarray | None, *, batch_size: int, seed: int, shuffle: bool) -> None:
        assert targets is None or len(targets) == len(rows), f"{len(rows)} rows, {len(targets)} targets"
        lengths = rows.lengths
        if not len(lengths):
            raise DataError("there is no text to make batches of", hint="look at the file with `weft data check FILE`")
        if not lengths.all():
            raise DataError(
                f"text {int(np.argmin(lengths))} (counted from 0) has no symbol", hint="leave empty texts out"
            )
        self._rows = rows
        self._lengths = lengths
        self._targets = None if targets is None else np.asarray(targets, np.int64 if targets.ndim == 1 else np.float32)
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle

    @property
    def tokens(self) -> int:
        """Symbols an epoch holds."""
        return self._rows.tokens

    def epoch(self, number: int) -> Batches:
        """The batches of epoch ``number`` (from 0)."""
        size = self._batch_size
        batches = self._order(number) if self._shuffle else _cut(np.argsort(self._lengths, kind="stable"), size)
        return Batches(len(batches), lambda place: self._batch(batches[place]))

    def _order(self, epoch: int) -> list[np.ndarray]:
        """Shuffle, sort each bucket by length, cut into batches, shuffle the batches."""
        generator = np.random.Generator(np.random.Philox(key=np.array([self._seed, epoch], np.uint64)))
        order = generator.permutation(len(self._rows))
        batches: list[np.ndarray] = []
        for bucket in _cut(order, self._batch_size * BUCKET):
            batches += _cut(bucket[np.argsort(self._lengths[bucket], kind="stable")], self._batch_size)
        return [batches[place] for place in generator.permutation(len(batches))]

    def _batch(self, rows: np.ndarray) -> Batch:
        ids, lengths = _gather(self._rows.ids, self._rows.offsets[rows], self._lengths[rows])
        targets = None if self._targets is None else torch.from_numpy(self._targets[rows])
        return Batch(ids, lengths, targets, rows, int(lengths.sum()))


class StreamFeed:
    """One long stream in parallel columns, for truncated back-propagation through time with carried state.

    Column b holds its own contiguous part of the stream (the first columns may have one symbol more), and batch k the
    k-th window of every column; row b of each batch continues row b of the one before. Targets are the stream itself,
    each symbol exactly once an epoch, and the input is the symbol before: ``start_id`` at the very beginning, the last
    symbol of the column before at the other columns' beginnings. The last window has what is left: from 1 step to one
    more than a window, so that no row is ever empty. Where lengths are drawn, ``Batch.rate`` is a window's share of the
    base: without it a short window would move the weights as far as a long one does.

    Args:
        ids: unsigned integers [N]; may be memory-mapped.
        streams: B, columns.
        window: T, steps of a batch, or how they are drawn.
        start_id: the input before the first symbol.
    Raises:
        DataError: fewer symbols than columns.
    """

    def __init__(self, ids: np.ndarray, *, streams: int, window: int | Windows, start_id: int) -> None:
        if len(ids) < streams:
            raise DataError(
                f"the text has {len(ids)} symbols, too few for {streams} parallel streams",
                hint="give more text, or --set training.batch_size=N with a smaller N",
            )
        self._ids = ids
        self._windows = window if isinstance(window, Windows) else Windows(window)
        self._start_id = start_id
        self._rows = np.arange(streams)
        self._starts = self._rows * (len(ids) // streams) + np.minimum(self._rows, len(ids) % streams)
        self._sizes = np.diff(self._starts, append=len(ids))

    @property
    def tokens(self) -> int:
        """Symbols an epoch holds."""
        return len(self._ids)

    def epoch(self, number: int) -> Batches:
        """The batches of an epoch; without drawn lengths those of every epoch."""
        edges = self._windows.edges(int(self._sizes[-1]), number)
        return Batches(len(edges) - 1, lambda place: self._batch(int(edges[place]), int(edges[place + 1])))

    def _batch(self, first: int, end: int) -> Batch:
        last = end == self._sizes[-1]
        lengths = self._sizes - first if last else np.full_like(self._sizes, end - first)
        targets, sizes = _gather(self._ids, self._starts + first, lengths)
        ids, _ = _gather(self._ids, self._starts + first - 1, lengths)
        if first == 0:
            ids[0, 0] = self._start_id
        rate = (end - first) / self._windows.base if self._windows.drawn else 1.0
        return Batch(ids, sizes, targets, self._rows, int(lengths.sum()), rate)


def pad(arrays: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Rows side by side.

    Args:
        arrays: integers, B rows of any lengths from 1.
    Returns:
        ids int64 [B, T], zero behind each row's end, and lengths int64 [B].
    """
    lengths = np.array([len(array) for array in arrays], np.int64)
    return _gather(np.concatenate(arrays), np.cumsum(lengths) - lengths, lengths)


def _gather(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> tuple[Tensor, Tensor]:
    """Rows of ``lengths`` [B] from ``starts`` [B] in ``ids`` [N] -> int64 [B, T], zero behind each row's end.

    Places before the first and behind the last of the ids are read as these.
    """
    steps = np.arange(lengths.max())
    values = ids.take(starts[:, None] + steps, mode="clip").astype(np.int64)
    values[steps >= lengths[:, None]] = 0
    return torch.from_numpy(values), torch.from_numpy(lengths)


def _cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    return [order[start : start + size] for start in range(0, len(order), size)]
