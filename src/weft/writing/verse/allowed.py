"""Which symbols a form lets a model draw, where every symbol of it is a whole word."""

from __future__ import annotations

import torch

from weft.data.codec import Codec
from weft.search.masked import Masked
from weft.types import Decoder
from weft.writing.verse.form import Form
from weft.writing.verse.pronouncing import words_of


def with_allowed_words(decoder: Decoder, codec: Codec, form: Form) -> Decoder:
    """The decoder, less the words that the form forbids: their probability goes to the others.

    Punctuation and the end of the line stay. The decoder comes back as it is where the form names no words; where
    symbols are pieces of words, so that only a whole line can be judged; and where the vocabulary holds none of the
    words that may be used, so that the lines say so.
    """
    constraints = form.words()
    if not constraints or codec.tokenizer.keeps_text or codec.end_id is None:
        return decoder
    words = [words_of(symbol) for symbol in codec.symbols]
    words[codec.unknown_id], words[codec.end_id] = [], []
    allowed = [not any(each.refuse(symbol, whole=False) for each in constraints) for symbol in words]
    if not any(ok for symbol, ok in zip(words, allowed, strict=True) if symbol):
        return decoder
    return Masked(decoder, torch.tensor(allowed), otherwise=codec.end_id)
