"""Which texts of a test stand in the training texts too, exactly or nearly. Memory grows with the test alone.

A test text is found

- *exactly*, when a training text is the same but for white space around it;
- *nearly*, when it is the same as a training text as far as ``_word_hashes`` looks (letters, marks and digits, whatever
  their case), or when it has at least 10 words and four fifths of them stand, in runs of at least 5 words, in one
  stretch of the training text. Where training texts end makes no difference to a run.

A stretch is 2,048 runs of 5 words, or twice as many as the longest test text has words, and one begins in the middle of
each: what stands in one place is found, and what is put together from phrases of a large text is not. A run that comes
more than 50 times in the test is a turn of phrase and proves nothing. Equality is that of 64-bit hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from weft.data._runs import Lookup, Runs, Stretches
from weft.data._word_hashes import hash_groups
from weft.data.readers import Record
from weft.types import Place


@dataclass(frozen=True)
class Overlap:
    """What of a test stands in the training texts.

    Attributes:
        texts: how many test texts were looked for.
        exact, near: where those stand that were found, in their order.
        short: texts that were found but are too short to say anything.
        repeated: test texts, not too short, that nearly equal one before them in the test.
    """

    texts: int
    exact: tuple[Place, ...]
    near: tuple[Place, ...]
    short: int
    repeated: int

    @property
    def found(self) -> int:
        """Exact and near together."""
        return len(self.exact) + len(self.near)


def find_overlap(test: Iterable[Record], training: Iterable[str], *, shortest: int) -> Overlap:
    """Look for test texts in the training texts, which are read once, as they come.

    Args:
        test: records with a "text".
        training: what the model was trained on.
        shortest: words that a text must have to count.
    """
    sought = _Sought(test)
    stretches = Stretches(sought.runs)
    for texts, hashes in hash_groups(training):
        sought.compare(texts, hashes.texts)
        stretches.read(hashes.words)
    return sought.overlap(stretches.finish(), shortest)


class _Sought:
    """The test texts: what they are known by, and which of them have been found."""

    def __init__(self, test: Iterable[Record]) -> None:
        self._places: list[Place] = []
        parts = [(_stripped(texts), hashes) for texts, hashes in hash_groups(self._texts(test))]
        self._counts = _joined([hashes.counts for _, hashes in parts], np.int64)
        self._exact = _Known(_joined([stripped for stripped, _ in parts], np.uint64))
        self._near = _Known(_joined([hashes.texts for _, hashes in parts], np.uint64))
        self.runs = Runs(_joined([hashes.words for _, hashes in parts], np.uint64), self._counts, self._near.first)

    def _texts(self, test: Iterable[Record]) -> Iterator[str]:
        for record in test:
            self._places.append(record.place)
            yield record.values["text"]

    def compare(self, texts: list[str], hashes: np.ndarray) -> None:
        """Look for training texts with their hashes, uint64 [N], among the whole test texts."""
        alike = self._near.find(hashes)
        self._exact.find(_stripped([texts[place] for place in alike.tolist()]))

    def overlap(self, in_runs: np.ndarray, shortest: int) -> Overlap:
        """What was found; ``in_runs``: bool [T], by the runs of the first of equal texts."""
        exact = self._exact.found
        near = (self._near.found | in_runs[self._near.as_first]) & ~exact
        counts, first = self._counts >= shortest, self._near.first
        return Overlap(
            texts=len(counts),
            exact=self._at(exact & counts),
            near=self._at(near & counts),
            short=int(((exact | near) & ~counts & (self._counts > 0)).sum()),
            repeated=int((~first & counts).sum()),
        )

    def _at(self, texts: np.ndarray) -> tuple[Place, ...]:
        return tuple(self._places[number] for number in np.flatnonzero(texts))


class _Known:
    """Hashes of test texts, and which of them have been met.

    Attributes:
        as_first: int64 [T], for each text the first one with its hash.
        first: bool [T], whether it is that itself.
    """

    def __init__(self, hashes: np.ndarray) -> None:
        keys, first, self._key_of = np.unique(hashes, return_index=True, return_inverse=True)
        self.as_first = first[self._key_of]
        self.first = self.as_first == np.arange(len(hashes))
        self._lookup = Lookup(keys)
        self._met = np.zeros(len(keys), bool)

    def find(self, hashes: np.ndarray) -> np.ndarray:
        """Mark those met, uint64 [N]; the places of them."""
        places, keys = self._lookup.find(hashes)
        self._met[keys] = True
        return places

    @property
    def found(self) -> np.ndarray:
        """Which texts have been met, bool [T]."""
        return np.asarray(self._met[self._key_of])


def _stripped(texts: list[str]) -> np.ndarray:
    """What is the same for texts that are the same but for white space around them, uint64 [N]."""
    return np.fromiter((hash(text.strip()) for text in texts), np.int64, len(texts)).view(np.uint64)


def _joined(arrays: list[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, dtype), *arrays])
