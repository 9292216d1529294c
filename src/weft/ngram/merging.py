"""Sorted runs of keys with their counts, made a block at a time and merged a range of keys at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from weft.ngram.scratch import Scratch


@dataclass(frozen=True)
class Run:
    """Different keys, sorted: int64 [N], and how often each was seen: uint32 [N]."""

    keys: np.ndarray
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)


def run_of(keys: np.ndarray, scratch: Scratch) -> Run:
    """The run of a block of keys, which are sorted in their place."""
    keys.sort()
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
    run = Run(scratch.empty(len(first), np.int64), scratch.empty(len(first), np.uint32))
    np.take(keys, first, out=run.keys)
    run.counts[:] = np.diff(first, append=len(keys))
    return run


def merge(runs: Sequence[Run], scratch: Scratch) -> Run:
    """One run of all: keys that several have are there once, with their counts added."""
    if len(runs) == 1:
        return runs[0]
    size = sum(len(run) for run in runs)
    keys, counts = scratch.empty(size, np.int64), scratch.empty(size, np.uint32)
    end = 0
    for parts in _ranges(runs, scratch.block):
        joined = np.concatenate([part.keys for part in parts])
        order = np.argsort(joined, kind="stable")
        joined = joined[order]
        first = np.flatnonzero(np.concatenate([[True], joined[1:] != joined[:-1]]))
        together = np.concatenate([part.counts for part in parts])[order]
        keys[end : end + len(first)] = joined[first]
        counts[end : end + len(first)] = np.add.reduceat(together, first)
        end += len(first)
    return Run(keys[:end], counts[:end])


def _ranges(runs: Sequence[Run], block: int) -> Iterator[list[Run]]:
    """The runs' parts within ranges of keys that follow one another, each range of about ``block`` keys or fewer."""
    step = max(1, block // (2 * len(runs)))
    marks = np.sort(np.concatenate([run.keys[::step] for run in runs]))[len(runs) :: len(runs)]
    starts = [0] * len(runs)
    for mark in [*np.unique(marks), None]:
        ends = [len(run) if mark is None else int(np.searchsorted(run.keys, mark)) for run in runs]
        parts = [Run(run.keys[a:b], run.counts[a:b]) for run, a, b in zip(runs, starts, ends, strict=True) if a < b]
        if parts:
            yield parts
        starts = ends
