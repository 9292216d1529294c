"""What a translator looked at while it wrote, between words or, for models of characters, between symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from weft.alignment.attended import Alignment, Words, links_of, word_attention, words_of
from weft.data.codec import Codec
from weft.data.pairs import PairVocabulary
from weft.search.beam import Hypothesis
from weft.tasks.translate.copying import copied
from weft.tasks.translate.model import Translator

OF_SYMBOLS = ("char", "byte")
"""Tokenizers whose symbols are aligned themselves: their texts need not have words."""


def aligned(
    text: str, row: np.ndarray, best: Hypothesis, vocabulary: PairVocabulary, module: Translator
) -> Alignment | None:
    """What an output looked at; None for an empty source.

    Args:
        text: the source.
        row: its numbers, its end symbol included.
        best: the output, with attention.
    """
    if len(row) == 1:
        return None
    reverse = module.data.reverse_source
    assert best.attention is not None, "this output has no attention"
    ids = row[:-1][::-1] if reverse else row[:-1]
    weights = best.attention.double().cpu().numpy()[:, : len(ids)]
    weights = weights[:, ::-1] if reverse else weights
    source = _units(ids.tolist(), vocabulary.source, {})
    target = _units(best.ids, vocabulary.target, copied(best, text, vocabulary, module))
    between = word_attention(weights, source, target)
    return Alignment(source.words, target.words, between, links_of(between))


def _units(ids: Sequence[int], codec: Codec, instead: Mapping[int, str]) -> Words:
    if codec.tokenizer.name not in OF_SYMBOLS:
        return words_of(ids, codec, instead)
    return Words(tuple(codec.symbols[number] for number in ids), np.arange(len(ids)))
