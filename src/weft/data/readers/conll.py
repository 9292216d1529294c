""".conll and .conllu: a token a line, its columns behind it, a blank line after each sentence. Values are lists.

Columns of .conll: "tokens" (the first), "tags" (the last), or a number from 1; tab-separated, else by spaces.
Columns of .conllu: "id form lemma upos xpos feats head deprel deps misc", "tokens" = form, "tags" = upos; lines of
multi-word tokens (1-2) and of empty nodes (1.1) are no tokens of their own and left out, as the format has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from weft.data.problems import Problems
from weft.data.readers._lines import read_lines
from weft.data.readers._record import Record, Request
from weft.errors import DataError

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_ALIASES = {"tokens": 1, "tags": 3}

Sentence = list[tuple[int, list[str]]]
"""(line, columns) of each token."""


def read(path: Path, request: Request) -> Iterator[Record]:
    """One record a sentence; one with a line of other width than the file's first token is bad."""
    sentences = _sentences(path, request.problems)
    first = next(sentences, None)
    if first is None:
        raise DataError(f"{path}: no sentence in it, only blank lines and comments", hint="give a file with tokens")
    width = len(CONLLU) if _is_conllu(path) else len(first[0][1])
    places = _places(path, width, request)
    yield _record(first, path, width, places, request)
    for sentence in sentences:
        yield _record(sentence, path, width, places, request)


def columns(path: Path, _quoting: str) -> tuple[str, ...]:
    """The names "tokens" and "tags", and the names or numbers of all columns."""
    first = next(_sentences(path, Problems()), [])
    return _names(path, len(first[0][1]) if first else 1)


def _names(path: Path, width: int) -> tuple[str, ...]:
    tags = ("tags",) if width > 1 else ()
    return ("tokens", *tags, *(CONLLU if _is_conllu(path) else map(str, range(1, width + 1))))


def _places(path: Path, width: int, request: Request) -> list[tuple[str, int]]:
    request.places(_names(path, width), str(path))
    if _is_conllu(path):
        known = {**_ALIASES, **{name: index for index, name in enumerate(CONLLU)}}
    else:
        known = {"tokens": 0, "tags": width - 1, **{str(index + 1): index for index in range(width)}}
    return [(field, known[column]) for field, column in request.columns.items()]


def _record(sentence: Sentence, path: Path, width: int, places: list[tuple[str, int]], request: Request) -> Record:
    for line, row in sentence:
        if len(row) != width:
            noun = "column" if len(row) == 1 else "columns"
            return request.bad("ragged-sentence", path, line, f"{len(row)} {noun} instead of {width}")
    return Record(path, sentence[0][0], {field: [row[index] for _, row in sentence] for field, index in places})


def _sentences(path: Path, problems: Problems) -> Iterator[Sentence]:
    conllu = _is_conllu(path)
    tokens: Sentence = []
    for line, text in read_lines(path, problems):
        if not text.strip():
            if tokens:
                yield tokens
            tokens = []
        elif not _is_comment(text, conllu):
            row = text.split("\t") if "\t" in text else text.split()
            if not conllu or row[0].isdecimal():
                tokens.append((line, row))
    if tokens:
        yield tokens


def _is_comment(text: str, conllu: bool) -> bool:
    """The mark "#" is also a token, and a hashtag's beginning: outside .conllu only "# key = value" is a comment."""
    return text.startswith("#") and "\t" not in text and (conllu or " = " in text)


def _is_conllu(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(".conllu")
