"""Random numbers in [0, 1): each row has a stream of its own, so that it does not know how many run beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

AHEAD = 64
"""Numbers of a row that are drawn at once: one at a time costs more than a step of a small network."""


class Numbers:
    """The numbers of all rows, read ahead in pieces.

    Args:
        seeds: a row's seed, whole numbers, 0 or more.
    """

    def __init__(self, seeds: Iterable[Sequence[int]]) -> None:
        self._streams = [_stream(seed) for seed in seeds]
        self._ahead = torch.empty(0, len(self._streams), dtype=torch.float64)
        self._place = 0

    def next(self, running: Tensor) -> Tensor:
        """The next number of each running row, float64 [A]; one that has stopped does not come back."""
        if self._place == len(self._ahead):
            pieces = [torch.rand(AHEAD, generator=stream, dtype=torch.float64) for stream in self._streams]
            self._ahead, self._place = torch.stack(pieces, dim=1), 0
        numbers = self._ahead[self._place]
        self._place += 1
        return numbers if len(running) == len(numbers) else numbers[running]


def _stream(seed: Sequence[int]) -> torch.Generator:
    word = np.random.SeedSequence(list(seed)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(word >> np.uint64(1)))
