"""Word errors of transcripts: substitutions, insertions and deletions of every sentence, by edit distance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from weft.metrics._interval import bootstrap

AT_ONCE = 1024
"""Pairs of like length aligned together."""

_ERROR = 1 << 20
"""Cost of an error; an insertion or deletion costs one more, so that a cost tells how many of the errors are such."""


@dataclass(frozen=True)
class WordErrors:
    """Errors of N sentences, int64 [N] each; ``words`` are those of the references."""

    substitutions: np.ndarray
    insertions: np.ndarray
    deletions: np.ndarray
    words: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """All errors of each sentence, int64 [N]."""
        return np.asarray(self.substitutions + self.insertions + self.deletions)

    def rows(self, places: np.ndarray) -> WordErrors:
        """The errors of some sentences."""
        return WordErrors(*(part[places] for part in vars(self).values()))


def word_errors(references: Sequence[str], hypotheses: Sequence[str]) -> WordErrors:
    """The fewest errors that turn each reference into its hypothesis (Levenshtein 1966), words split at white space.

    Of the alignments with as few errors the one with the fewest insertions and deletions is counted.
    """
    numbers: dict[str, int] = {}
    said = [_numbered(text, numbers) for text in references]
    written = [_numbered(text, numbers) for text in hypotheses]
    words, found = (np.array([len(row) for row in rows], dtype=np.int64) for rows in (said, written))
    costs = np.zeros(len(said), dtype=np.int64)
    for places in _of_like_length(words, found):
        left, right = (_padded([rows[place] for place in places]) for rows in (said, written))
        costs[places] = _costs(left, right, words[places], found[places])
    errors, moved = costs // _ERROR, costs % _ERROR
    return WordErrors(errors - moved, (moved + found - words) // 2, (moved - found + words) // 2, words)


def error_rate(errors: np.ndarray, words: np.ndarray) -> tuple[float, float, float]:
    """Errors a word over all sentences, and its 95 % interval by bootstrap over the sentences.

    Args:
        errors: int [N], of each sentence; or how many more (fewer: negative) one system makes than another, which gives
            the difference of their rates with the interval of the paired bootstrap.
        words: int [N], of each sentence's reference; at least one in all.
    """
    outcomes, counts = np.unique(np.stack([errors, words], axis=1), axis=0, return_counts=True)
    tops, bottoms = outcomes.astype(np.float64).T

    def statistic(weights: np.ndarray) -> np.ndarray:
        # a resampling may hold no word at all
        return np.asarray((weights @ tops) / np.maximum(weights @ bottoms, 1))

    value = float(statistic(counts[None])[0])
    return value, *bootstrap(counts, statistic, value)


def _numbered(text: str, numbers: dict[str, int]) -> list[int]:
    return [numbers.setdefault(word, len(numbers)) for word in text.split()]


def _of_like_length(words: np.ndarray, found: np.ndarray) -> Iterator[np.ndarray]:
    order = np.lexsort((found, words))
    return (order[first : first + AT_ONCE] for first in range(0, len(order), AT_ONCE))


def _padded(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """int64 [B, longest]; what stands behind a row is never looked at."""
    table = np.full((len(rows), max(map(len, rows))), -1, dtype=np.int64)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table


def _costs(left: np.ndarray, right: np.ndarray, words: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Least costs of turning rows of ``left`` [B, L], ``words`` long, into those of ``right`` [B, R]: int64 [B].

    The table of edit distances is filled row by row for all pairs at once; insertions, which go along a row, are a
    running minimum once each place is made cheaper by what it costs to get there.
    """
    moved = _ERROR + 1
    along = np.arange(right.shape[1] + 1) * moved
    table = np.broadcast_to(along, (len(left), len(along)))
    costs: np.ndarray = table[np.arange(len(left)), found].copy()
    for place in range(left.shape[1]):
        lower = table + moved
        changed = table[:, :-1] + _ERROR * (right != left[:, place, None])
        lower[:, 1:] = np.minimum(lower[:, 1:], changed)
        table = np.minimum.accumulate(lower - along, axis=1) + along
        ends = np.flatnonzero(words == place + 1)
        costs[ends] = table[ends, found[ends]]
    return costs
