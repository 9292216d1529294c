"""Edit errors of texts: substitutions, insertions and deletions of words or characters, by edit distance."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from weft.errors import DataError
from weft.metrics._evidence import signature
from weft.metrics._interval import REPLICATES
from weft.metrics._outcomes import estimate, ratio_of_sums
from weft.types import Score

AT_ONCE = 1024
"""Pairs of like length aligned together, and fewer of long ones."""

CELLS = 1 << 22
"""Places in the rows of the table of distances that are filled together."""

_ERROR = 1 << 20
"""Cost of an error; an insertion or deletion costs one more, so that a cost tells how many of the errors are such."""


@dataclass(frozen=True)
class EditErrors:
    """Errors of N texts, int64 [N] each; ``lengths`` are those of the references in symbols."""

    substitutions: np.ndarray
    insertions: np.ndarray
    deletions: np.ndarray
    lengths: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """All errors of each text, int64 [N]."""
        return np.asarray(self.substitutions + self.insertions + self.deletions)

    def rows(self, places: np.ndarray) -> EditErrors:
        """The errors of some texts."""
        return EditErrors(*(part[places] for part in vars(self).values()))

    def totals(self) -> dict[str, int]:
        """How many errors of each kind there are, for a signature."""
        kinds = ("substitutions", "insertions", "deletions")
        return {kind: int(getattr(self, kind).sum()) for kind in kinds}


def word_errors(references: Sequence[str], hypotheses: Sequence[str]) -> EditErrors:
    """``edit_errors`` of words, which is what stands between white space."""
    return edit_errors([text.split() for text in references], [text.split() for text in hypotheses])


def edit_errors(references: Sequence[Sequence[Hashable]], hypotheses: Sequence[Sequence[Hashable]]) -> EditErrors:
    """The fewest errors that turn each reference into its hypothesis (Levenshtein 1966); a text gives its characters.

    Of the alignments with as few errors the one with the fewest insertions and deletions is counted.
    """
    numbers: dict[Hashable, int] = {}
    wanted = [_numbered(row, numbers) for row in references]
    written = [_numbered(row, numbers) for row in hypotheses]
    lengths, found = (np.array([len(row) for row in rows], dtype=np.int64) for rows in (wanted, written))
    costs = np.zeros(len(wanted), dtype=np.int64)
    for places in _of_like_length(np.maximum(lengths, found)):
        left, right = (_padded([rows[place] for place in places]) for rows in (wanted, written))
        costs[places] = _costs(left, right, lengths[places], found[places])
    errors, moved = costs // _ERROR, costs % _ERROR
    return EditErrors(errors - moved, (moved + found - lengths) // 2, (moved - found + lengths) // 2, lengths)


def error_rate(errors: np.ndarray, lengths: np.ndarray) -> tuple[float, float, float]:
    """Errors a symbol over all texts, and its 95 % interval by bootstrap over the texts.

    Args:
        errors: int [N], of each text; or how many more (fewer: negative) one system makes than another, which gives
            the difference of their rates with the interval of the paired bootstrap.
        lengths: int [N], of each text's reference; at least one in all.
    """
    return estimate(ratio_of_sums(errors, lengths))


def rate_score(counted: EditErrors, name: str, unit: str) -> Score:
    """``error_rate`` as a score with the kinds of errors in its signature.

    Args:
        counted: the errors of each text.
        name: of the measure.
        unit: one symbol, "word" or "character".
    Raises:
        DataError: the references hold no symbol.
    """
    n = int(counted.lengths.sum())
    if n == 0:
        raise DataError(
            f"{name}: the references hold 0 {unit}s to measure on", hint="give a file that holds references"
        )
    value, low, high = error_rate(counted.errors, counted.lengths)
    signed = signature(
        n=n, texts=len(counted.lengths), **counted.totals(), case="kept", interval=f"bootstrap{REPLICATES}"
    )
    return Score(name, value, f"errors/{unit}", n, f"{unit}s", low, high, signed, higher_is_better=False)


def _numbered(row: Sequence[Hashable], numbers: dict[Hashable, int]) -> list[int]:
    return [numbers.setdefault(symbol, len(numbers)) for symbol in row]


def _of_like_length(longest: np.ndarray) -> Iterator[np.ndarray]:
    """Places of the pairs, sorted by the longer of the two, a few together of which none is much longer than another.

    Args:
        longest: int64 [N], symbols of the longer text of each pair.
    """
    order = np.argsort(longest, kind="stable")
    sizes, first = longest[order], 0
    while first < len(order):
        most = 2 * int(sizes[first]) + 16
        end = min(int(np.searchsorted(sizes, most, "right")), first + max(1, min(AT_ONCE, CELLS // most)))
        yield order[first:end]
        first = end


def _padded(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """int64 [B, longest]; what stands behind a row is never looked at."""
    table = np.full((len(rows), max(map(len, rows))), -1, dtype=np.int64)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table


def _costs(left: np.ndarray, right: np.ndarray, lengths: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Least costs of turning rows of ``left`` [B, L], ``lengths`` long, into those of ``right`` [B, R]: int64 [B].

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
        ends = np.flatnonzero(lengths == place + 1)
        costs[ends] = table[ends, found[ends]]
    return costs
