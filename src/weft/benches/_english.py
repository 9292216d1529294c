"""English text from the public data sets, a sentence a line, as a language model for speech wants it.

What is left of marks and case is the recipe's business (``data.lowercase``, ``data.punctuation``); here text that was
tokenized gets its words back ("do n't" is "don't") and letters lose their accents, since transcripts have none.
"""

from __future__ import annotations

import csv
import gzip
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from weft.benches._contract import BenchOptions, data_file
from weft.data.overlap import find_overlap
from weft.data.readers import Record

_ENDS = re.compile(r"(?<=[.!?;])[\"”’)]*\s+(?=[\"“‘(]*[A-Z])")
_APART = re.compile(r" (n't|'s|'re|'ve|'ll|'d|'m)\b", re.IGNORECASE)

SHORTEST = 8
"""Words of a sentence from which on its standing in another text is no accident."""

STRETCH = 12
"""Sentences between two that stand in another text, up to which those between are taken to stand there as well."""


@dataclass(frozen=True)
class Source:
    """A file of the data sets, and how its paragraphs are read."""

    name: str
    read: Callable[[str], Iterator[str]]


def sentences(options: BenchOptions, sources: tuple[Source, ...]) -> Iterator[str]:
    """The sentences of some sources, one after the other.

    Raises:
        DataError: the data folder does not hold one of them.
    """
    for source in sources:
        for paragraph in paragraphs(options, source):
            plain = _APART.sub(r"\1", _without_accents(paragraph))
            yield from (sentence for sentence in _ENDS.split(plain) if sentence.strip())


def paragraphs(options: BenchOptions, source: Source) -> Iterator[str]:
    """The paragraphs, rows or lines of a source as they stand there, each in one line.

    Raises:
        DataError: the data folder does not hold it.
    """
    return (" ".join(part.split()) for part in source.read(_text(data_file(options, source.name))))


def apart_from(lines: Sequence[str], other: Iterable[str]) -> list[str]:
    """The lines of a text that do not stand in another text, exactly or nearly, nor between lines that do."""
    records = [Record(Path("text"), number, {"text": line}) for number, line in enumerate(lines)]
    overlap = find_overlap(records, other, shortest=SHORTEST)
    found = sorted(number for _, number in (*overlap.exact, *overlap.near))
    dropped = set(found)
    for first, second in pairwise(found):
        dropped.update(range(first, second) if second - first <= STRETCH else ())
    return [line for number, line in enumerate(lines) if number not in dropped]


def _text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _by_empty_lines(text: str) -> Iterator[str]:
    return (part for part in re.split(r"\n\s*\n", text) if part.strip())


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.split("\n") if line.strip() and not line.startswith(" ="))


def _column(text: str, name: str) -> Iterator[str]:
    return (row[name] for row in csv.DictReader(text.split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE))


def _treebank(text: str) -> Iterator[str]:
    return (line.removeprefix("# text = ") for line in text.split("\n") if line.startswith("# text = "))


def _table(name: str, column: str) -> Source:
    return Source(name, partial(_column, name=column))


WIKI_TRAIN = (_table("wiki_split/train.tsv.gz", "unsplit"), _table("wiki_split/valid.tsv.gz", "unsplit"))
WIKI_TEST = (_table("wiki_split/test.tsv.gz", "unsplit"),)
BOOK = (Source("war_and_peace/train.txt.gz", _by_empty_lines),)
VALID = (Source("war_and_peace/valid.txt", _by_empty_lines),)
TEST = (Source("war_and_peace/test.txt", _by_empty_lines),)
OTHERS = (
    *WIKI_TRAIN,
    Source("wikitext2/valid.txt", _lines),
    _table("ag_news/train.tsv.gz", "text"),
    _table("ag_news/extra_train.tsv.gz", "text"),
    Source("tiny_shakespeare/input.txt", _lines),
    _table("sst1/train.tsv", "text"),
    _table("mr/mr.tsv", "text"),
    _table("subj/subj.tsv", "text"),
    _table("agreement_linzen/train.tsv.gz", "sentence"),
    Source("multi30k/train.en.gz", _lines),
    Source("ud_english_ewt/train.conllu.gz", _treebank),
)
