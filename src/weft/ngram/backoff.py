"""A back-off n-gram model in sorted arrays: scoring streams of lines, and the distribution of the next symbol.

    log p(w | c) = the one stored for the n-gram (c, w), where the model has it,
                   log b(c) + log p(w | c') elsewhere; c' is c without its first symbol, b(c) = 1 where c is absent

The end of line before a line's first symbol acts as the ``<s>`` of ARPA files, behind the last one as ``</s>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from weft.errors import RunError
from weft.ngram import keys as packed
from weft.ngram.finder import Finder

BLOCK = 1 << 18
"""Symbols of a stream that are looked up at once."""


@dataclass(frozen=True, eq=False)
class Level:
    """The n-grams of one order.

    Attributes:
        keys: int64 [N], sorted; see ``weft.ngram.keys``. Of order 1: the symbols themselves.
        logp: float32 [N], natural logarithm of the probability of the last symbol after the others.
        backoff: float32 [N], natural logarithm of the n-gram's weight as a context; empty for the highest order.
    """

    keys: np.ndarray
    logp: np.ndarray
    backoff: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def finder(self) -> Finder:
        """Ranks by key."""
        return Finder(self.keys)


@dataclass(frozen=True, eq=False)
class Backoff:
    """A back-off model over the symbols 0..symbols-1.

    Attributes:
        order: symbols of the longest n-grams.
        end_id: the end-of-line symbol, also what stands before a line.
        unknown_id: the unknown symbol.
        levels: one an order, the shortest first; of order 1 every symbol is there.
        notes: what was odd when it was estimated or read, as sentences; not among the ``arrays``.
    """

    order: int
    symbols: int
    end_id: int
    unknown_id: int
    levels: tuple[Level, ...]
    notes: tuple[str, ...] = ()

    def sizes(self) -> tuple[int, ...]:
        """n-grams of each order, the shortest first."""
        return tuple(len(level) for level in self.levels)

    def arrays(self) -> dict[str, np.ndarray]:
        """int64 and float32 arrays by name, as safetensors can hold them; ``from_arrays`` reads them back."""
        found = {"header": np.array([self.order, self.symbols, self.end_id, self.unknown_id], np.int64)}
        for number, level in enumerate(self.levels, 1):
            if number > 1:
                found[f"keys.{number}"] = level.keys
            found[f"logp.{number}"] = level.logp
            if number < self.order:
                found[f"backoff.{number}"] = level.backoff
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Backoff:
        """Read back what ``arrays`` gave.

        Raises:
            RunError: an array is missing, of another type or length, or holds what no model does.
        """
        order, symbols, end_id, unknown_id = _header(arrays)
        levels: list[Level] = []
        for number in range(1, order + 1):
            keys = np.arange(symbols) if number == 1 else _array(arrays, f"keys.{number}", np.int64)
            logp = _array(arrays, f"logp.{number}", np.float32, len(keys))
            last = number == order
            backoff = np.empty(0, np.float32) if last else _array(arrays, f"backoff.{number}", np.float32, len(keys))
            if levels:
                _check_keys(keys, number, len(levels[-1]), symbols)
            levels.append(Level(keys, logp, backoff))
        return cls(order, symbols, end_id, unknown_id, tuple(levels))

    def logp(self, ids: np.ndarray, contexts: np.ndarray | None = None) -> np.ndarray:
        """Natural log p of each symbol of a stream of lines after what stands before it in its line.

        Args:
            ids: integers [N], 0 <= id < symbols, perhaps memory-mapped; before the first stands an end of line.
            contexts: int64 [N, order - 1]: then each symbol is scored after its own row, as by ``logp_next``.
        Returns:
            float64 [N].
        """
        if contexts is not None:
            rows = np.column_stack([np.asarray(contexts, np.int64)[:, _last(self.order - 1)], ids])
            return self._score(rows.ravel())[rows.shape[1] - 1 :: rows.shape[1]] if len(rows) else np.empty(0)
        found = np.empty(len(ids))
        for start in range(0, len(ids), BLOCK):
            first = max(0, start - self.order + 1)
            before = [] if first else [self.end_id]
            line = np.concatenate([before, np.asarray(ids[first : start + BLOCK], np.int64)]).astype(np.int64)
            found[start : start + BLOCK] = self._score(line)[len(before) + start - first :]
        return found

    def logp_next(self, context: np.ndarray) -> np.ndarray:
        """The distribution of the symbol after each context.

        Args:
            context: int64 [B, order - 1], the last symbol rightmost, filled from the left with the end-of-line symbol;
                of a wider one the last columns count.
        Returns:
            float64 [B, symbols], natural logarithms; the probabilities of a row of an estimated model sum to 1.
        """
        rows = np.asarray(context, np.int64)[:, _last(self.order - 1)]
        found = np.tile(self.levels[0].logp.astype(np.float64), (len(rows), 1))
        for length in range(1, rows.shape[1] + 1):
            nodes = self._walk(rows[:, _last(length)])
            here = np.flatnonzero(nodes != packed.ABSENT)
            found[here] += self.levels[length - 1].backoff[nodes[here], None]
            counts, places = self._children(length, nodes[here])
            symbols = packed.last(self.levels[length].keys[places], self.symbols)
            found[np.repeat(here, counts), symbols] = self.levels[length].logp[places]
        return found

    def _children(self, number: int, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many n-grams of ``levels[number]`` go on from each of ``nodes``, and their ranks one after the other."""
        bits = packed.bits(self.symbols)
        first = np.searchsorted(self.levels[number].keys, nodes << bits)
        counts = np.searchsorted(self.levels[number].keys, (nodes + 1) << bits) - first
        ends = np.cumsum(counts)
        return counts, np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + counts, counts)

    def _walk(self, rows: np.ndarray) -> np.ndarray:
        """Ranks of whole rows of symbols, [B, length], as n-grams."""
        nodes = rows[:, 0]
        for place in range(1, rows.shape[1]):
            nodes = self._next(place, nodes, rows[:, place])
        return nodes

    def _next(self, number: int, nodes: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """Ranks in ``levels[number]`` of the n-grams ``nodes`` of the level below, each with one symbol more."""
        found = np.full(len(nodes), packed.ABSENT)
        here = np.flatnonzero(nodes != packed.ABSENT)
        found[here] = self.levels[number].finder.find(packed.join(nodes[here], symbols[here], self.symbols))
        return found

    def _score(self, line: np.ndarray) -> np.ndarray:
        """float64 [N]: log p of each symbol after those before it in ``line``, of the first one without any.

        No n-gram goes on from an end of line that closes another one, so that lines stay apart by themselves.
        """
        nodes = line
        total: np.ndarray = self.levels[0].logp[line].astype(np.float64)
        for number in range(1, self.order):
            before = np.concatenate([[packed.ABSENT], nodes[:-1]])
            known = np.flatnonzero(before != packed.ABSENT)
            total[known] += self.levels[number - 1].backoff[before[known]]
            nodes = self._next(number, before, line)
            here = np.flatnonzero(nodes != packed.ABSENT)
            total[here] = self.levels[number].logp[nodes[here]]
        return total


def _last(columns: int) -> slice:
    """The last so many columns; plain -columns would mean all where there are none."""
    return slice(-columns, None) if columns else slice(0, 0)


def _header(arrays: Mapping[str, np.ndarray]) -> tuple[int, int, int, int]:
    order, symbols, end_id, unknown_id = (int(number) for number in _array(arrays, "header", np.int64, 4))
    if order < 1 or not (0 <= end_id < symbols and 0 <= unknown_id < symbols) or end_id == unknown_id:
        raise _damaged(f"order {order}, {symbols} symbols, end {end_id} and unknown {unknown_id} do not go together")
    return order, symbols, end_id, unknown_id


def _array(arrays: Mapping[str, np.ndarray], name: str, dtype: type, length: int | None = None) -> np.ndarray:
    if name not in arrays:
        raise _damaged(f"there is no array {name!r}")
    found = arrays[name]
    if found.dtype != dtype or found.ndim != 1 or (length is not None and len(found) != length):
        wanted = f"{np.dtype(dtype).name} [{'N' if length is None else length}]"
        raise _damaged(f"array {name!r} must be {wanted}, got {found.dtype.name} {list(found.shape)}")
    if dtype is np.float32 and not np.isfinite(found).all():
        raise _damaged(f"array {name!r} holds numbers that are not finite")
    return found


def _check_keys(keys: np.ndarray, number: int, below: int, symbols: int) -> None:
    rising = bool((keys[1:] > keys[:-1]).all())
    inside = not len(keys) or (keys[0] >= 0 and packed.prefixes(keys[-1:], symbols)[0] < below)
    if not rising or not inside or (packed.last(keys, symbols) >= symbols).any():
        raise _damaged(f"array 'keys.{number}' is not sorted, or names n-grams that are not there")


def _damaged(what: str) -> RunError:
    return RunError(f"the n-gram model is damaged: {what}", hint="take the file from a backup, or estimate it again")
