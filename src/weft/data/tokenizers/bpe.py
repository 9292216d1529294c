"""Byte-pair encoding (Sennrich 2016) over UTF-8 bytes: the most frequent neighbours are merged, again and again.

``data.max_symbols`` says how many symbols (0: 8000), ``data.min_count`` how often a pair must be seen to be merged.
Learning is deterministic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from weft.config import SymbolData
from weft.data.tokenizers._subword import ALPHABET, Subword, pieces_wanted


class Bpe(Subword):
    """Pieces by merging."""

    name = "bpe"

    def model(self) -> BPE:
        """No merge yet."""
        return BPE()

    def trainer(self) -> BpeTrainer:
        """Merges until there are ``size`` pieces."""
        return BpeTrainer(
            vocab_size=self.size, min_frequency=self.min_count, initial_alphabet=ALPHABET, show_progress=False
        )


def make(config: SymbolData) -> Bpe:
    """The tokenizer of a recipe, still to learn."""
    return Bpe(size=pieces_wanted(config), min_count=config.min_count)


def from_json(values: Mapping[str, Any]) -> Bpe:
    """The tokenizer of a run."""
    return Bpe(values=values)
