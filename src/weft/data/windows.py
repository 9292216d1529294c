"""How a stream is cut in time: windows of one length, or of lengths drawn anew for every epoch.

Windows of one length meet the same borders in every epoch, and the symbols behind a border are never told from far.
Drawn lengths move the borders: a normal length about the base, now and then about half of it (S. Merity et al.,
"Regularizing and Optimizing LSTM Language Models", ICLR 2018, section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHORTEST = 5
"""Steps below which no drawn window falls, unless the base itself is shorter."""


@dataclass(frozen=True)
class Windows:
    """Lengths of the windows of a stream.

    Attributes:
        base: steps of a window.
        spread: standard deviation of a drawn length, in steps; 0: every window is as long as the base.
        half: share of the windows that are drawn about half the base.
        seed: of the drawing.
    """

    base: int
    spread: float = 0.0
    half: float = 0.0
    seed: int = 0

    @property
    def drawn(self) -> bool:
        """Whether lengths differ."""
        return self.spread > 0.0 or self.half > 0.0

    def edges(self, steps: int, epoch: int) -> np.ndarray:
        """Where the windows of an epoch begin, and the end: int64 [K + 1], rising from 0 to ``steps``.

        The seed and the epoch alone decide; the last window has what is left.
        """
        if not self.drawn:
            return np.append(np.arange(0, steps, self.base), steps)
        generator = np.random.Generator(np.random.Philox(key=np.array([self.seed, epoch], np.uint64)))
        edges = np.zeros(1, np.int64)
        while edges[-1] < steps:
            more = 1 + int(steps - edges[-1]) // self.base
            edges = np.append(edges, edges[-1] + np.cumsum(self._lengths(generator, more)))
        return np.append(edges[edges < steps], steps)

    def _lengths(self, generator: np.random.Generator, count: int) -> np.ndarray:
        middle = np.where(generator.random(count) < self.half, self.base / 2, self.base)
        lengths = generator.normal(middle, self.spread).astype(np.int64)
        return np.clip(lengths, min(SHORTEST, self.base), 2 * self.base)
