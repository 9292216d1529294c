"""What a translator looked at while it wrote, between words or, for models of characters, between symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

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
    assert best.attention is not None, "this output has no attention"
    instead = copied(best, text, vocabulary, module)
    return _between(row, best.ids, best.attention, instead, vocabulary, module)


def aligned_pair(
    row: np.ndarray, target: str, weights: Tensor | None, vocabulary: PairVocabulary, module: Translator
) -> Alignment | None:
    """What a given target looked at; None for an empty source.

    Args:
        row: the source's numbers, its end symbol included.
        target: the text.
        weights: of its symbols to the source's, [U, S].
    """
    assert weights is not None, "this network has no attention"
    codec = vocabulary.target
    symbols = codec.tokenizer.split(codec.clean(target))
    ids = [int(number) for number in codec.encode(target)]
    unknown = {place: symbol for place, symbol in enumerate(symbols) if ids[place] == codec.unknown_id}
    return _between(row, ids, weights, unknown, vocabulary, module)


def _between(
    row: np.ndarray,
    ids: Sequence[int],
    weights: Tensor,
    instead: Mapping[int, str],
    vocabulary: PairVocabulary,
    module: Translator,
) -> Alignment | None:
    """``instead``: what is shown at places of the target."""
    if len(row) == 1:
        return None
    reverse = module.data.reverse_source
    numbers = row[:-1][::-1] if reverse else row[:-1]
    looked = weights.double().cpu().numpy()[:, : len(numbers)]
    looked = looked[:, ::-1] if reverse else looked
    source, target = _units(numbers.tolist(), vocabulary.source, {}), _units(ids, vocabulary.target, instead)
    between = word_attention(looked, source, target)
    return Alignment(source.words, target.words, between, links_of(between))


def _units(ids: Sequence[int], codec: Codec, instead: Mapping[int, str]) -> Words:
    if codec.tokenizer.name not in OF_SYMBOLS:
        return words_of(ids, codec, instead)
    return Words(tuple(codec.symbols[number] for number in ids), np.arange(len(ids)))
