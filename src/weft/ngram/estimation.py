"""Interpolated modified Kneser-Ney (Chen and Goodman 1998), as KenLM's lmplz estimates it (Heafield et al. 2013).

    p(w | c) = max(a(c w) - D, 0) / a(c) + g(c) p(w | c')         c' is c without its first symbol
    g(c)     = (D1 n1(c) + D2 n2(c) + D3+ n3(c)) / a(c)           n1(c): n-grams that go on from c, counted once

a(c w) is how often the n-gram stands in the text where its order is the highest or it begins a line, elsewhere how
many different symbols stand before it; a(c) is the sum of a(c w) over all w. D depends on a(c w) and on the order.
Below order 1 there is the uniform distribution over all symbols, by which the unknown symbol and others never seen get
their share. The model stores p of every n-gram and the weight g of every context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from weft.errors import ConfigError, DataError
from weft.ngram import keys as packed
from weft.ngram.backoff import Backoff, Level
from weft.ngram.counting import Counted, count
from weft.ngram.scratch import Scratch
from weft.ngram.smoothing import Smoothing, discounts

MEMORY = 1 << 30
"""Bytes that counting keeps to unless told otherwise."""


def estimate(
    ids: np.ndarray,
    *,
    order: int,
    symbols: int,
    end_id: int,
    unknown_id: int,
    prune: Sequence[int] = (),
    progress: Callable[[str], None] | None = None,
    memory: int = MEMORY,
    work: Path | None = None,
) -> Backoff:
    """Estimate a back-off model of a stream of lines.

    Args:
        ids: integers [N], 0 <= id < symbols, every line closed by ``end_id``; may be memory-mapped.
        order: symbols of the longest n-grams, at least 1.
        symbols: how many there are, the unknown and the end of line included.
        end_id, unknown_id: their numbers.
        prune: n-grams seen at most so often are left out, by order; the first must be 0, none smaller than the one
            before, the last one goes on for higher orders.
        progress: takes one line of talk at a time.
        memory: bytes that counting should keep to, about; beyond them it works in files.
        work: the folder of those files; the system's folder for such files when None.
    Returns:
        The model; its ``notes`` say where discounts could not be told from the text.
    Raises:
        ConfigError: ``order`` or ``prune`` cannot be.
        DataError: the stream is empty or holds other symbols.
        RunError: there is no room for files that are needed.
    """
    cut = _thresholds(order, prune)
    if not len(ids):
        raise DataError("no symbols to count: the text is empty", hint="give a text with at least one line")
    scratch = Scratch(memory, work)
    counted = count(ids, order=order, symbols=symbols, end_id=end_id, scratch=scratch, progress=progress or _quiet)
    notes: list[str] = []
    levels = _estimated(counted, end_id, symbols, cut, scratch, notes)
    return Backoff(order, symbols, end_id, unknown_id, tuple(levels), tuple(notes))


def _quiet(line: str) -> None:
    del line


def _thresholds(order: int, prune: Sequence[int]) -> list[int]:
    """Of each order, how often an n-gram that is left out is seen at most."""
    if order < 1:
        raise ConfigError(f"order must be at least 1, got {order}")
    found = [int(each) for each in prune[:order]] or [0]
    found += [found[-1]] * (order - len(found))
    if found[0] != 0 or sorted(found) != found:
        raise ConfigError(
            f"prune must begin with 0 and not fall, got {list(prune)}",
            hint="prune = [0, 0, 1] leaves out n-grams of order 3 and more that are seen once",
        )
    return found


def _estimated(
    counted: list[Counted], end_id: int, symbols: int, cut: list[int], scratch: Scratch, notes: list[str]
) -> list[Level]:
    """One level an order, the shortest first; takes the counts out of their list as it goes."""
    levels: list[Level] = []
    lower = np.full(1, 1.0 / symbols)
    begins, stays, ranks = slice(0, 0), None, None
    for number in range(1, len(counted) + 1):
        level = counted.pop(0)
        begins = _beginning(level, begins, end_id, symbols)
        adjusted = _adjusted(level, counted[0] if counted else None, begins, scratch)
        smoothing = Smoothing(level, adjusted, symbols, cut[number - 1], scratch)
        weights, lower = smoothing.smooth(discounts(smoothing.seen(), number, notes), lower)
        if levels:
            levels[-1] = replace(levels[-1], backoff=_log(weights if stays is None else weights[stays], scratch))
        stays = np.flatnonzero(level.counts > cut[number - 1]) if cut[number - 1] else None
        keys = _renumbered(level.keys, stays, ranks, symbols)
        levels.append(Level(keys, _log(lower if stays is None else lower[stays], scratch), np.empty(0, np.float32)))
        ranks = None if stays is None else np.cumsum(level.counts > cut[number - 1]) - 1
    return levels


def _beginning(level: Counted, below: slice, end_id: int, symbols: int) -> slice:
    """Where the n-grams that begin a line stand, given that of the order below: they are neighbours."""
    if not len(level.suffixes):
        return slice(end_id, end_id + 1)
    bits = packed.bits(symbols)
    return slice(*(int(np.searchsorted(level.keys, rank << bits)) for rank in (below.start, below.stop)))


def _adjusted(level: Counted, above: Counted | None, begins: slice, scratch: Scratch) -> np.ndarray:
    """uint32 [N]: a(c w) of every n-gram."""
    if above is None:
        return level.counts
    adjusted = scratch.zeros(len(level), np.uint32)
    for start in range(0, len(above), scratch.block):
        suffixes = above.suffixes[start : start + scratch.block]
        adjusted += np.bincount(suffixes, minlength=len(level)).astype(np.uint32)
    if len(level.suffixes):  # of order 1 the end of line is a target, counted like others
        adjusted[begins] = level.counts[begins]
    return adjusted


def _renumbered(keys: np.ndarray, stays: np.ndarray | None, ranks: np.ndarray | None, symbols: int) -> np.ndarray:
    """The keys of the n-grams that stay, with the new ranks of their prefixes."""
    if stays is None:
        return keys
    kept: np.ndarray = keys[stays]
    if ranks is None:
        return kept
    prefixes: np.ndarray = ranks[packed.prefixes(kept, symbols)]
    return packed.join(prefixes, packed.last(kept, symbols), symbols)


def _log(values: np.ndarray, scratch: Scratch) -> np.ndarray:
    """Natural logarithms, float32 [N]; what rounding made larger than 1 is 1."""
    found = scratch.empty(len(values), np.float32)
    for start in range(0, len(values), scratch.block):
        block = slice(start, start + scratch.block)
        found[block] = np.minimum(np.log(values[block]), 0.0)
    return found
