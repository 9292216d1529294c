"""Unigram language model over pieces (Kudo 2018) of UTF-8 bytes: of all cuts of a word the most probable one.

``data.max_symbols`` says how many symbols (0: 8000); ``data.min_count`` has no say. The ``tokenizers`` package sums in
no fixed order when it learns: learned twice from the same text, the scores differ by about 0.02 and a rare piece may. A
run keeps what was learned, so resuming and using it is exact; where learning must be repeatable, take ``bpe``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenizers.models import Unigram as Model
from tokenizers.trainers import UnigramTrainer

from weft.config import SymbolData
from weft.data.tokenizers._subword import ALPHABET, Subword, pieces_wanted


class Unigram(Subword):
    """Pieces by probability."""

    name = "unigram"

    def model(self) -> Model:
        """No piece yet."""
        return Model()

    def trainer(self) -> UnigramTrainer:
        """Prunes a large set of pieces to ``size``."""
        return UnigramTrainer(vocab_size=self.size, initial_alphabet=ALPHABET, show_progress=False)


def make(config: SymbolData) -> Unigram:
    """The tokenizer of a recipe, still to learn."""
    return Unigram(size=pieces_wanted(config))


def from_json(values: Mapping[str, Any]) -> Unigram:
    """The tokenizer of a run."""
    return Unigram(values=values)
