"""Sources abbreviated in training, so that a model reads "sept" as whoever knows "septiembre".

A word that training knows in full only is otherwise another word when it is cut short. Texts as people type them
("Mtg w/ Dr Smi") profit in the same way.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import numpy as np

from weft.config import PairData
from weft.data.codec import Codec
from weft.data.pairs import Pairs, source_row

_WORD = re.compile(r"[^\s\d.,;:/()'’-]{3,}")
_LEFT = 4
"""A beginning has at least one in so many of its word's characters."""
_COMMON = 3
"""Half of the beginnings have so many characters, as most calendars and address books cut their words."""


@dataclass(frozen=True)
class Abbreviated:
    """Reads a row's source, abbreviated or as it is; the same in every run of the same seed.

    Args:
        pairs: the rows, with their texts.
        codec: numbers the sources.
        config: ``abbreviate`` is the share of the sources that change.
        seed: of the draws.
    """

    pairs: Pairs
    codec: Codec
    config: PairData
    seed: int

    def __call__(self, epoch: int, row: int) -> np.ndarray:
        """The numbers of a row's source in an epoch, int64 [N], as ``source_row`` gives them."""
        draw = random.Random(f"abbreviate {self.seed} {epoch} {row}")
        if draw.random() >= self.config.abbreviate:
            return self.pairs.sources[row]
        changed = source_row(abbreviated(self.pairs.text(row), draw), self.codec, self.config)
        return changed if len(changed) > 1 else self.pairs.sources[row]


def abbreviated(text: str, draw: random.Random) -> str:
    """A text in which half of the words of three characters and more are cut short, half of those with a full stop."""

    def shortened(word: re.Match[str]) -> str:
        if draw.random() < 0.5:
            return word[0]
        length = len(word[0])
        left = draw.randint(max(1, length // _LEFT), length - 1)
        kept = word[0][: _COMMON if draw.random() < 0.5 and length > _COMMON else left]
        return f"{kept}." if draw.random() < 0.5 else kept

    return _WORD.sub(shortened, text)
