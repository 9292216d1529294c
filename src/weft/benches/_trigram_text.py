"""A large synthetic text of words, drawn from a Kneser-Ney trigram model of a real one.

Unlike a text drawn from counts it holds word pairs and triples that the real one does not, so that a model of it grows
with its size, as a model of real text does.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from weft.ngram import Backoff
from weft.ngram import keys as packed

LANES = 8192
"""Passages written at once."""
STEPS = 256
"""Words of a passage that are drawn before the next ones of all passages are given out."""


class TrigramText:
    """Draws words. Of p(w | c) the part b(c) p(w | c') belongs to the shorter context c':

    with probability b(c) the word is drawn by that one, else among those that follow c by what they have beyond it.

    Args:
        model: an interpolated one of order 3.
    """

    def __init__(self, model: Backoff) -> None:
        assert model.order == 3, model.order
        one, two, three = model.levels
        p = [np.exp(level.logp.astype(np.float64)) for level in model.levels]
        self._weights = [np.exp(level.backoff.astype(np.float64)) for level in (one, two)]
        first, second = self._parts(two.keys, model.symbols)
        pair, third = self._parts(three.keys, model.symbols)
        suffixes = two.finder.find(packed.join(second[pair], third, model.symbols))
        beyond = (
            p[0],
            p[1] - self._weights[0][first] * p[0][second],
            p[2] - self._weights[1][pair] * p[1][suffixes],
        )
        self._sums = [np.concatenate([[0.0], np.cumsum(np.maximum(part, 0.0))]) for part in beyond]
        self._words = (one.keys, second, third)
        self._starts = (
            np.array([0, len(one)]),
            np.searchsorted(first, np.arange(len(one) + 1)),
            np.searchsorted(pair, np.arange(len(two) + 1)),
        )
        self._model = model

    def draw(self, words: int, seed: int) -> Iterator[np.ndarray]:
        """Numbered words, lines closed by the end of line: int64 arrays, ``words`` in all; the last may be open."""
        generator = np.random.Generator(np.random.Philox(seed))
        last = np.full(LANES, self._model.end_id)
        pairs = np.full(LANES, packed.ABSENT)
        while words > 0:
            drawn = np.empty((min(STEPS, -(-words // LANES)), LANES), np.int64)
            for step in range(len(drawn)):
                drawn[step] = self._next(generator, last, pairs)
                pairs = self._model.levels[1].finder.find(packed.join(last, drawn[step], self._model.symbols))
                pairs[drawn[step] == self._model.end_id] = packed.ABSENT
                last = drawn[step]
            yield drawn.T.ravel()[:words]
            words -= drawn.size

    def _next(self, generator: np.random.Generator, last: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        """One word a passage."""
        by_pair = (pairs != packed.ABSENT) & (generator.random(LANES) >= self._weights[1][pairs])
        by_last = ~by_pair & (generator.random(LANES) >= self._weights[0][last])
        order = np.where(by_pair, 2, by_last.astype(np.int64))
        found = np.empty(LANES, np.int64)
        for shorter, contexts in enumerate((np.zeros_like(last), last, pairs)):
            here = np.flatnonzero(order == shorter)
            low, high = self._starts[shorter][contexts[here]], self._starts[shorter][contexts[here] + 1]
            sums = self._sums[shorter]
            places = np.searchsorted(sums, sums[low] + generator.random(len(here)) * (sums[high] - sums[low]), "right")
            found[here] = self._words[shorter][np.clip(places - 1, low, high - 1)]
        return found

    @staticmethod
    def _parts(keys: np.ndarray, symbols: int) -> tuple[np.ndarray, np.ndarray]:
        return packed.prefixes(keys, symbols), packed.last(keys, symbols)
