"""How much of a text is copied from its training text: the longest span they share, and the share of its n-grams."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from weft.config import TextData
from weft.data.codec import Codec
from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.writing.automaton import Automaton, Stand

WORD = re.compile(r"\w+(?:['’-]\w+)*")
WORDS = 4
CHARACTERS = 20
"""Lengths of the n-grams that are looked for, in words and in characters."""


@dataclass(frozen=True)
class Span:
    """A stretch of a text that stands in the training text too.

    Attributes:
        length: in characters or words.
        text: the stretch itself.
        path, line: where it first stands there, the line it begins on; "" and 0 when the length is 0.
    """

    length: int
    text: str
    path: str
    line: int


@dataclass(frozen=True)
class Share:
    """So many of the text's n-grams stand in the training text, ``found`` of ``all``."""

    found: int
    all: int

    @property
    def value(self) -> float | None:
        """The share; None for a text shorter than an n-gram."""
        return self.found / self.all if self.all else None


@dataclass(frozen=True)
class Copied:
    """What a text shares with the training text.

    Attributes:
        characters: the longest shared span, to the character.
        words: the longest in words, whatever stands between them.
        word_grams: its spans of ``WORDS`` words that stand there.
        character_grams: its spans of ``CHARACTERS`` characters that do.
    """

    characters: Span
    words: Span
    word_grams: Share
    character_grams: Share

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "longest_characters": asdict(self.characters),
            "longest_words": asdict(self.words),
            f"share_of_{WORDS}_words": self.word_grams.value,
            f"share_of_{CHARACTERS}_characters": self.character_grams.value,
        }


class TrainingText:
    """Files that a model was trained on, as it would write them.

    Args:
        paths: as for training.
        data: how the run read its files.
        codec: what the run makes of text: where that changes case or white space, so does this, or nothing would match.
    Raises:
        DataError: a path is missing.
    """

    def __init__(self, paths: Sequence[Path], data: TextData, codec: Codec) -> None:
        self.problems = Problems()
        self._codec = codec
        self._records = read_records(paths, {"text": data.text}, quoting=data.quoting, problems=self.problems)

    def lines(self) -> Iterator[tuple[Stand, str]]:
        """Every line, once."""
        tokenizer = self._codec.tokenizer
        for record in self._records:
            text = self._codec.clean(record.values["text"])
            yield (
                Stand(str(record.path), record.line),
                text if tokenizer.keeps_text else tokenizer.join(tokenizer.split(text)),
            )


def beginning(lines: Iterator[tuple[Stand, str]], characters: int) -> str:
    """The first so many characters of lines, fewer where there are no more."""
    text = ""
    for _, line in lines:
        text += line + "\n"
        if len(text) >= characters:
            break
    return text[:characters]


def find_copied(texts: Sequence[str], lines: Iterator[tuple[Stand, str]]) -> list[Copied]:
    """Read the lines once, in memory that does not grow with them, and tell what each text shares with them."""
    words = [list(WORD.finditer(text)) for text in texts]
    by_character = Automaton(texts)
    by_word = Automaton([[word[0] for word in each] for each in words])
    for stand, line in lines:
        by_character.read(line + "\n", stand)
        by_word.read(WORD.findall(line), stand)
    places = [[(place, place + 1) for place in range(len(text))] for text in texts]
    spans = [[word.span() for word in each] for each in words]
    return [
        Copied(
            _longest(by_character, number, text, places[number]),
            _longest(by_word, number, text, spans[number]),
            _grams(by_word, number, WORDS),
            _grams(by_character, number, CHARACTERS),
        )
        for number, text in enumerate(texts)
    ]


def _longest(automaton: Automaton, number: int, text: str, spans: Sequence[tuple[int, int]]) -> Span:
    """The longest shared span; ``spans`` says from where to where in the text each symbol goes."""
    lengths = automaton.longest_ends(number)
    length = max(lengths, default=0)
    if not length:
        return Span(0, "", "", 0)
    last = lengths.index(length)
    stand = automaton.stand(number, last)
    assert stand is not None, "what was read stands somewhere"
    return Span(length, text[spans[last - length + 1][0] : spans[last][1]], stand.path, stand.line)


def _grams(automaton: Automaton, number: int, size: int) -> Share:
    lengths = automaton.longest_ends(number)
    return Share(sum(length >= size for length in lengths), max(0, len(lengths) - size + 1))
