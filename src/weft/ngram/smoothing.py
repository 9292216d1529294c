"""Kneser-Ney smoothing of one order: discounts, weights of contexts, probabilities interpolated with the order below.

The formulas stand in ``weft.ngram.estimation``. n-grams are taken in blocks; all that go on from a context are
neighbours, so that sums over contexts are sums over runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from weft.ngram import keys as packed
from weft.ngram.counting import Counted
from weft.ngram.scratch import Scratch

FALLBACK = (0.5, 1.0, 1.5)
"""For counts of 1, 2, 3 and more where the text tells no discounts, as lmplz with ``--discount_fallback``."""


def discounts(seen: np.ndarray, number: int, notes: list[str]) -> np.ndarray:
    """float64 [4]: the discounts of n-grams counted 0, 1, 2, and 3 or more times.

    Y = n1 / (n1 + 2 n2), D1 = 1 - 2 Y n2 / n1, D2 = 2 - 3 Y n3 / n2, D3+ = 3 - 4 Y n4 / n3 (Chen and Goodman 1998,
    equation 26), where n1 is the number of n-grams counted once, and so on.

    Args:
        seen: int64 [5], how many n-grams of an order are counted 0, 1, 2, 3 and 4 times.
        number: that order, for the note.
        notes: gets a sentence when ``FALLBACK`` is taken: an n is 0, or a discount is not above 0.
    """
    if not seen[1:].any():
        return np.array([0.0, *FALLBACK])
    if seen[1:4].all():
        y = seen[1] / (seen[1] + 2.0 * seen[2])
        found = [each - (each + 1) * y * seen[each + 1] / seen[each] for each in (1, 2, 3)]
        if min(found) > 0:
            return np.array([0.0, *found])
        why = f"the discounts {', '.join(f'{each:.3g}' for each in found)} are not all above 0"
    else:
        why = f"no n-gram is counted {' or '.join(str(each) for each in (1, 2, 3) if not seen[each])} time(s)"
    notes.append(f"order {number}: {why}; the discounts {', '.join(map(str, FALLBACK))} were taken instead")
    return np.array([0.0, *FALLBACK])


class Smoothing:
    """The n-grams of one order with their adjusted counts.

    Args:
        level: the n-grams.
        adjusted: uint32 [N], a(c w).
        symbols: how many there are.
        cut: n-grams seen at most so often give their whole count to their context's weight.
        scratch: where arrays come from.
    """

    def __init__(self, level: Counted, adjusted: np.ndarray, symbols: int, cut: int, scratch: Scratch) -> None:
        self._level = level
        self._adjusted = adjusted
        self._symbols = symbols
        self._cut = cut
        self._scratch = scratch

    def seen(self) -> np.ndarray:
        """int64 [5]: how many n-grams are counted 0, 1, 2, 3 and 4 times."""
        found = np.zeros(6, np.int64)
        for block in self._blocks():
            found += np.bincount(np.minimum(self._adjusted[block], 5), minlength=6)
        return found[:5]

    def smooth(self, taken: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The weights of the contexts and the probabilities of the n-grams.

        Args:
            taken: float64 [4], the discounts.
            lower: float64 [M], the probabilities of the order below, of order 1 the one uniform one.
        Returns:
            g(c) float64 [M], 1 where a context has no n-gram, and p(w | c) float64 [N].
        """
        totals, weights = self._scratch.zeros(len(lower), np.float64), self._scratch.zeros(len(lower), np.float64)
        for block in self._blocks():
            prefixes, counts = self._prefixes(block), self._adjusted[block]
            first = prefixes[0]
            here = slice(first, prefixes[-1] + 1)
            totals[here] += np.bincount(prefixes - first, counts)
            weights[here] += np.bincount(prefixes - first, self._given(block, taken))
        np.divide(weights, totals, out=weights, where=totals > 0)
        weights[totals == 0] = 1.0
        p = self._scratch.empty(len(self._adjusted), np.float64)
        for block in self._blocks():
            prefixes = self._prefixes(block)
            p[block] = self._adjusted[block] - self._given(block, taken)
            p[block] /= np.maximum(totals[prefixes], 1.0)
            p[block] += weights[prefixes] * lower[self._suffixes(block)]
        return weights, p

    def _given(self, block: slice, taken: np.ndarray) -> np.ndarray:
        """What each n-gram's count gives to the weight of its context."""
        counts = self._adjusted[block]
        given = taken[np.minimum(counts, 3)]
        return np.where(self._level.counts[block] > self._cut, given, counts) if self._cut else given

    def _prefixes(self, block: slice) -> np.ndarray:
        keys = self._level.keys[block]
        return packed.prefixes(keys, self._symbols) if len(self._level.suffixes) else np.zeros_like(keys)

    def _suffixes(self, block: slice) -> np.ndarray:
        return self._level.suffixes[block] if len(self._level.suffixes) else np.zeros_like(self._level.keys[block])

    def _blocks(self) -> Iterator[slice]:
        size = self._scratch.block
        return (slice(start, start + size) for start in range(0, len(self._adjusted), size))
