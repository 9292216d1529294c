"""An n-gram model as an ARPA file, for KenLM, SRILM and others; gzipped where the name ends in .gz."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from weft.data.codec import Codec
from weft.errors import ConfigError
from weft.model import Model
from weft.ngram import write_arpa
from weft.tasks.ngram.model import NGramModel
from weft.types import TextVocabulary


def write(model: Model, path: Path) -> list[str]:
    """Write the n-grams of a run.

    Args:
        model: of task ``ngram``.
        path: the file; one that is there is replaced, whole or not at all.
    Returns:
        what a person should know of it, sentences.
    Raises:
        ConfigError: the model holds no n-grams.
        RunError: the file cannot be written.
    """
    if not isinstance(model.module, NGramModel):
        raise ConfigError(
            f"a run of task {model.task.name!r} holds no n-grams, and an ARPA file nothing else",
            hint="`weft train trigram` makes an n-gram model",
        )
    codec: Codec = cast(TextVocabulary, model.vocabulary).text
    write_arpa(model.module.ngrams, codec.symbols, path)
    case = "in lower case" if codec.lowercase else "in their own case"
    case += ", without punctuation" if codec.punctuation == "remove" else ""
    return [
        f"its words are the symbols of tokenizer {codec.tokenizer.name!r}, {case}: other programs must get texts so cut"
    ]
