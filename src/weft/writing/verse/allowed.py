"""Which symbols a form lets a model draw, where every symbol of it is a whole word."""

from __future__ import annotations

import torch

from weft.data.codec import Codec
from weft.errors import ConfigError
from weft.search.masked import Masked
from weft.types import Decoder
from weft.writing.verse.form import Form
from weft.writing.verse.pronouncing import words_of


def with_allowed_words(decoder: Decoder, codec: Codec, form: Form) -> Decoder:
    """The decoder, less the words that the form forbids: their probability goes to the others.

    Punctuation and the end of the line stay. The decoder comes back as it is where the form names no words, and where
    symbols are pieces of words, so that only a whole line can be judged.

    Raises:
        ConfigError: the vocabulary holds none of the words that may be used.
    """
    allowed, some = _allowed(codec, form)
    if not some:
        raise ConfigError(
            "the vocabulary holds none of the words that may be used",
            hint="ask for words that the model was trained on, or take a model of characters",
        )
    return Masked(decoder, torch.tensor(allowed), otherwise=codec.end_id or 0) if allowed else decoder


def has_allowed_words(codec: Codec, form: Form) -> bool:
    """Whether the model may write any word at all; true where symbols are pieces of words."""
    return _allowed(codec, form)[1]


def _allowed(codec: Codec, form: Form) -> tuple[list[bool], bool]:
    """Which symbols may be drawn (empty: all), and whether one of them is a word."""
    constraints = form.words()
    if not constraints or codec.tokenizer.keeps_text or codec.end_id is None:
        return [], True
    words = [words_of(symbol) for symbol in codec.symbols]
    words[codec.unknown_id], words[codec.end_id] = [], []
    allowed = [not any(each.refuse(symbol, whole=False) for each in constraints) for symbol in words]
    return allowed, any(ok for symbol, ok in zip(words, allowed, strict=True) if symbol)
