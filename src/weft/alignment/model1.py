"""IBM Model 1 (Brown, Della Pietra, Della Pietra & Mercer 1993): which word translates which, learned by counting.

Every word of a target sentence f_1 .. f_m was made by one word of its source sentence e_0 .. e_l, each as likely as the
others, where e_0 is the null word that stands before every source sentence and makes what has no counterpart:

    p(f | e) = eps / (l + 1)^m  prod_j  sum_i  t(f_j | e_i)

The table t is learned by EM from all links at once. The likelihood has no local maxima, so the start does not matter;
places of words do not matter either, which is what a model with attention can know better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from weft.errors import ConfigError, DataError
from weft.types import Link

Words = Sequence[str]
Pair = tuple[Words, Words]
"""Words of a source sentence and of its translation."""

NULL = 0
"""The number of the null word; source words have numbers from 1, target words from 0."""


@dataclass(frozen=True)
class Model1:
    """A trained table of translations.

    Attributes:
        source, target: numbers of the words known on each side.
        keys: int64 [K] sorted, ``source number * target words + target number`` of each pair that stood together.
        probabilities: float64 [K], t(f | e) of those pairs; all others have none.
        nats: negative log-likelihood of the training pairs before the first iteration and after each, without eps.
    """

    source: dict[str, int]
    target: dict[str, int]
    keys: np.ndarray
    probabilities: np.ndarray
    nats: tuple[float, ...]

    def probability(self, word: str, given: str | None) -> float:
        """t(word | given); ``given`` None is the null word."""
        if word not in self.target or (given is not None and given not in self.source):
            return 0.0
        number = NULL if given is None else self.source[given]
        return float(self._table(np.array([number]), np.array([self.target[word]]))[0, 0])

    def posterior(self, source: Words, target: Words) -> np.ndarray:
        """Which word made which: float64 [m, l + 1], rows sum to 1, the null word in column 0.

        A word that no word of the source ever stood beside comes from the null word.
        """
        rows = np.array([self.target.get(word, -1) for word in target], dtype=np.int64)
        columns = np.array([NULL, *(self.source.get(word, -1) for word in source)], dtype=np.int64)
        table = self._table(columns, rows)
        sums = table.sum(axis=1, keepdims=True)
        table[sums[:, 0] == 0, 0] = 1.0
        return table / np.where(sums > 0, sums, 1.0)

    def links(self, source: Words, target: Words) -> frozenset[Link]:
        """For each target word its most probable source word, or none where that is the null word (Viterbi).

        The model knows no places: of equally probable source words, such as one that stands there twice, the one
        nearest to the diagonal is taken, and any of them before the null word.
        """
        if not source or not target:
            return frozenset()
        made = self.posterior(source, target)
        places = np.arange(len(source)) / max(1, len(source) - 1)
        here = np.arange(len(target)) / max(1, len(target) - 1)
        away = np.abs(places - here[:, None])
        best = made[:, 1:].max(axis=1)
        nearest = np.where(made[:, 1:] == best[:, None], away, np.inf).argmin(axis=1)
        linked = np.flatnonzero((best >= made[:, 0]) & (best > 0))
        return frozenset((int(nearest[place]), int(place)) for place in linked)

    def _table(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """t of numbered target words (rows, int64 [m]) given numbered source words (columns), -1 for unknown ones."""
        wanted = columns * len(self.target) + rows[:, None]
        places = np.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        known = (self.keys[places] == wanted) & (rows[:, None] >= 0) & (columns >= 0)
        return np.where(known, self.probabilities[places], 0.0)


def train_model1(
    pairs: Sequence[Pair], *, iterations: int = 10, progress: Callable[[int, float], None] | None = None
) -> Model1:
    """Learn the table by EM from a uniform start; the same pairs give the same table, bit for bit.

    Memory: some 50 bytes for every source word that meets a target word, the null word too: 250 MB for 29,000 pairs of
    13 words. A pair without target words teaches nothing; one without source words teaches what the null word makes.

    Args:
        pairs: sentences cut into words; a word is what compares equal.
        iterations: passes over the pairs.
        progress: is told the number of each pass and the nats before it.
    Raises:
        ConfigError: no iteration.
        DataError: no target word.
    """
    if iterations < 1:
        raise ConfigError(f"{iterations} iterations of IBM Model 1; it needs at least 1", hint="5 to 10 are usual")
    sources = _numbers(chain.from_iterable(source for source, _ in pairs), first=NULL + 1)
    targets = _numbers(chain.from_iterable(target for _, target in pairs), first=0)
    if not targets:
        raise DataError(f"IBM Model 1: no target word in {len(pairs):,} pairs", hint="give aligned sentences")
    meetings = _meet(pairs, sources, targets)
    table = np.full(len(meetings.keys), 1 / len(targets))
    nats = []
    for number in range(1, iterations + 1):
        counts, before = meetings.expected(table)
        nats.append(before)
        if progress is not None:
            progress(number, before)
        table = counts / np.bincount(meetings.owners, counts)[meetings.owners]
    nats.append(meetings.expected(table)[1])
    return Model1(sources, targets, meetings.keys, table, tuple(nats))


@dataclass(frozen=True)
class _Meetings:
    """Every source word that stands in one pair with a target word.

    Attributes:
        keys: int64 [K], the distinct ones; ``owners`` int64 [K]: their source words.
        places: int32 [M], which of ``keys`` each meeting is; those of one target word stand together.
        starts: int64 [N], where the meetings of each target word begin.
    """

    keys: np.ndarray
    owners: np.ndarray
    places: np.ndarray
    starts: np.ndarray

    def expected(self, table: np.ndarray) -> tuple[np.ndarray, float]:
        """How often each of ``keys`` is expected to be a link under t, float64 [K], and the nats of all pairs."""
        made = table[self.places]
        sums = np.add.reduceat(made, self.starts)
        candidates = np.diff(self.starts, append=len(self.places))
        made /= np.repeat(sums, candidates)
        return np.bincount(self.places, made, minlength=len(self.keys)), -float(np.log(sums / candidates).sum())


def _meet(pairs: Sequence[Pair], sources: dict[str, int], targets: dict[str, int]) -> _Meetings:
    found = list(_pair_keys(pairs, sources, targets))
    keys, places = np.unique(np.concatenate([keys.ravel() for keys in found]), return_inverse=True)
    candidates = np.concatenate([np.full(len(keys), keys.shape[1]) for keys in found])
    starts = np.concatenate([[0], np.cumsum(candidates)[:-1]])
    return _Meetings(keys, keys // len(targets), places.astype(np.int32), starts)


def _pair_keys(pairs: Sequence[Pair], sources: dict[str, int], targets: dict[str, int]) -> Iterator[np.ndarray]:
    """Of each pair the keys of its meetings, int64 [m, l + 1]."""
    for source, target in pairs:
        if target:
            left = np.array([NULL, *(sources[word] for word in source)], dtype=np.int64)
            right = np.array([targets[word] for word in target], dtype=np.int64)
            yield left * len(targets) + right[:, None]


def _numbers(words: Iterator[str], *, first: int) -> dict[str, int]:
    """Numbers of words in the order in which they are met."""
    return {word: number for number, word in enumerate(dict.fromkeys(words), first)}
