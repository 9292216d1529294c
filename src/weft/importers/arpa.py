"""An n-gram model in an ARPA file, as SRILM, KenLM and others write it; plain or gzipped.

Texts are cut at white space, which is all that an ARPA file says of its words; other cuts and lower case are settings.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from weft.bundle import check_free
from weft.catalog import TASKS
from weft.config import TextData, resolve
from weft.data.codec import Codec
from weft.data.stream import StreamVocabulary
from weft.errors import ConfigError, DataError
from weft.importers import _run
from weft.ngram import read_arpa
from weft.tasks.ngram.config import Config
from weft.tasks.ngram.model import NGramModel
from weft.training.outcome import Summary
from weft.types import Task


def make_run(files: Sequence[Path], out: Path, settings: Sequence[str] = ()) -> Summary:
    """Make a run of an ARPA file.

    Args:
        files: the one file.
        out: an absent or empty folder.
        settings: ``"section.key=value"`` laid over the run's recipe: ``data.tokenizer``, ``data.lowercase``.
    Raises:
        ConfigError: more than one file, or a setting that does not fit.
        DataError: the file is no ARPA file, damaged, or its words are not those of the tokenizer.
        RunError: the folder is in the way or cannot be written.
    """
    began = time.monotonic()
    if len(files) != 1:
        raise ConfigError(f"an ARPA model is one file, got {len(files)}: {', '.join(map(str, files))}")
    check_free(out, resumes=False)
    (path,) = files
    _config(path, 1, settings)  # what is wrong is told before a large file is read
    words, ngrams = read_arpa(path)
    config = _config(path, ngrams.order, settings)
    vocabulary = StreamVocabulary(_codec(words, path, config.data))
    notes = [*ngrams.notes, _cut_as(config.data), *_case(words, config.data)]
    module = NGramModel(ngrams, ngrams.arrays())
    task: Task = TASKS.load("ngram", "task").task
    return _run.write(
        out, task=task, config=config, vocabulary=vocabulary, module=module, files=files, notes=notes, began=began
    )


def _config(path: Path, order: int, settings: Sequence[str]) -> Config:
    document = {
        "task": "ngram",
        "about": {"title": f"n-grams of {path.name}", "source": f"the ARPA file {path.name}"},
        "data": {"tokenizer": "whitespace"},
        "model": {"order": order},
    }
    return cast(Config, resolve(document, settings, where=f"the recipe of {path}"))


def _codec(words: Sequence[str], path: Path, data: TextData) -> Codec:
    try:
        return Codec.of(words, data)
    except DataError as error:
        raise DataError(f"{path}: {error}", hint=error.hint) from error


def _cut_as(data: TextData) -> str:
    case = "in lower case" if data.lowercase else "in their own case"
    return f"texts are cut by tokenizer {data.tokenizer!r} and read {case}"


def _case(words: Sequence[str], data: TextData) -> list[str]:
    """A warning when all words are written in one case and texts may be in another."""
    letters = [word for word in words[2:] if word.upper() != word.lower()]
    if not letters:
        return []
    if not any(map(_has_lower, letters)):
        if data.lowercase:
            return ["no word has a lower-case letter, so that of lowered texts every word is unknown"]
        return ["no word has a lower-case letter: give texts in upper case, as the file's were"]
    if not data.lowercase and not any(map(_has_upper, letters)):
        return ["no word has an upper-case letter: --set data.lowercase=true lowers texts first"]
    return []


def _has_lower(word: str) -> bool:
    return word != word.upper()


def _has_upper(word: str) -> bool:
    return word != word.lower()
