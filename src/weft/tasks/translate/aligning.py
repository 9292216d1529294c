"""What a translator looked at while it wrote, between words or, for models of characters, between symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weft.alignment.attended import Words, links_of, word_attention, words_of
from weft.data.alignments import Links
from weft.data.codec import Codec
from weft.data.pairs import PairVocabulary
from weft.search.beam import Hypothesis
from weft.types import Link

OF_SYMBOLS = ("char", "byte")
"""Tokenizers whose symbols are aligned themselves: their texts need not have words."""


@dataclass(frozen=True)
class Alignment:
    """One output's.

    Attributes:
        source, target: the units on both sides, words or symbols.
        weights: float64 [target, source].
        links: each target unit with the source unit it looked at most.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: np.ndarray
    links: frozenset[Link]

    def to_json(self) -> dict[str, object]:
        """Plain values; the links in Pharaoh form."""
        return {
            "source": list(self.source),
            "target": list(self.target),
            "attention": [[round(value, 4) for value in row] for row in self.weights.tolist()],
            "links": str(Links(self.links)),
        }


def aligned(row: np.ndarray, best: Hypothesis, vocabulary: PairVocabulary, *, reverse: bool) -> Alignment:
    """What an output looked at.

    Args:
        row: the source's numbers, its end symbol included.
        best: the output, with attention.
        reverse: whether the source was read from its end.
    """
    assert best.attention is not None, "this output has no attention"
    ids = row[:-1][::-1] if reverse else row[:-1]
    weights = best.attention.double().cpu().numpy()[:, : len(ids)]
    weights = weights[:, ::-1] if reverse else weights
    source, target = _units(ids.tolist(), vocabulary.source), _units(best.ids, vocabulary.target)
    between = word_attention(weights, source, target)
    return Alignment(source.words, target.words, between, links_of(between))


def _units(ids: Sequence[int], codec: Codec) -> Words:
    if codec.tokenizer.name not in OF_SYMBOLS:
        return words_of(ids, codec)
    return Words(tuple(codec.symbols[number] for number in ids), np.arange(len(ids)))
