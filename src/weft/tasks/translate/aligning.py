"""What a translator looked at while it wrote, between words or, for models of characters, between symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from weft.alignment.attended import Alignment, Words, links_of, word_attention, words_of
from weft.data.codec import Codec
from weft.data.pairs import PairVocabulary
from weft.search.beam import Hypothesis

OF_SYMBOLS = ("char", "byte")
"""Tokenizers whose symbols are aligned themselves: their texts need not have words."""


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
