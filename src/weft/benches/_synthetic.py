"""A large synthetic text: characters drawn from an n-gram model of a real one, so that its statistics are a text's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

LANES = 4096
"""Passages written at once."""
STEPS = 2048
"""Characters of a passage; between two passages the model starts anew."""


class CharacterNgrams:
    """Draws the next character as it followed a random occurrence of the last ``order`` characters in the text.

    The text is read as a ring, so that every context has a next character. The state of a passage is a place in the
    list of all occurrences, sorted by context: one step is one random number and three look-ups, for all passages at
    once.

    Args:
        text: what to imitate, longer than ``order``.
        order: characters of context.
    """

    def __init__(self, text: str, *, order: int = 5) -> None:
        points = np.frombuffer(text.encode("utf-32-le"), "<u4")
        self._alphabet, codes = np.unique(points, return_inverse=True)
        contexts = codes
        for step in range(1, order):
            contexts = np.unique(contexts * len(self._alphabet) + np.roll(codes, -step), return_inverse=True)[1]
        places = np.argsort(contexts, kind="stable")
        counts = np.bincount(contexts)
        first = np.cumsum(counts) - counts
        following = np.roll(contexts, -1)[places]
        self._next = np.roll(codes, -order)[places].astype(np.uint16)
        self._low = first[following].astype(np.uint64)
        self._width = counts[following].astype(np.uint64)

    def draw(self, characters: int, seed: int) -> Iterator[str]:
        """Pieces of text, ``characters`` in all."""
        generator = np.random.Generator(np.random.Philox(seed))
        while characters > 0:
            steps = min(STEPS, -(-characters // LANES))
            codes = self._passages(generator, steps).T.ravel()[:characters]
            characters -= len(codes)
            yield self._alphabet[codes].tobytes().decode("utf-32-le")

    def write(self, path: Path, characters: int, seed: int) -> None:
        """The drawn text as a file in UTF-8."""
        with path.open("wb") as file:
            for piece in self.draw(characters, seed):
                file.write(piece.encode("utf-8"))

    def _passages(self, generator: np.random.Generator, steps: int) -> np.ndarray:
        """uint16 [steps, LANES], a passage a column."""
        codes = np.empty((steps, LANES), np.uint16)
        places = generator.integers(len(self._next), size=LANES, dtype=np.uint64)
        for step in range(steps):
            np.take(self._next, places, out=codes[step])
            drawn = generator.integers(1 << 32, size=LANES, dtype=np.uint64)
            places = self._low[places] + (drawn * self._width[places] >> np.uint64(32))
        return codes
