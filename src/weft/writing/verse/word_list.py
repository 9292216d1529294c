"""A person's word lists: words alone, or words with their sounds."""

from __future__ import annotations

import re
from pathlib import Path

from weft.data.problems import Problems
from weft.data.readers import read_lines
from weft.errors import DataError
from weft.writing.verse.pronouncing import Sound, plain, words_of

STRESS = re.compile("[01?]+")
FORMAT = "word<TAB>syllables<TAB>rhyme key, and perhaps <TAB>stress as in 01?, one word a line"


def read_words(path: Path) -> frozenset[str]:
    """Words in lower case, one a line; empty lines are passed over.

    Raises:
        DataError: the file cannot be read, holds no word, or a line is no single word.
    """
    words = set()
    for number, line in read_lines(path, Problems()):
        word = line.strip()
        if word and words_of(word) != [word]:
            raise DataError(f"{path}, line {number}: expected one word, got {word!r}", hint="write one word a line")
        words.add(plain(word))
    words.discard("")
    if not words:
        raise DataError(f"{path}: no word is in it", hint="write one word a line")
    return frozenset(words)


def read_sounds(path: Path) -> dict[str, Sound]:
    """Sounds by word in lower case; empty lines are passed over, of a word that stands twice the last line counts.

    Raises:
        DataError: the file cannot be read, holds no word, or a line does not fit the format; the message has the line.
    """
    sounds = {}
    for number, line in read_lines(path, Problems()):
        if line.strip():
            try:
                word, sound = _entry(line)
            except ValueError as error:
                raise DataError(f"{path}, line {number}: {error}", hint=FORMAT) from error
            sounds[word] = sound
    if not sounds:
        raise DataError(f"{path}: no word is in it", hint=FORMAT)
    return sounds


def _entry(line: str) -> tuple[str, Sound]:
    parts = [part.strip() for part in line.rstrip().split("\t")]
    if len(parts) not in (3, 4):
        raise ValueError(f"expected 3 or 4 columns between tabs, got {len(parts)} in {line[:60]!r}")
    word, syllables, rhyme, stress = (*parts, "")[:4]
    if words_of(word) != [word]:
        raise ValueError(f"expected one word in the first column, got {word!r}")
    if not syllables.isdecimal() or int(syllables) < 1:
        raise ValueError(f"expected a whole number of syllables, 1 or more, got {syllables!r}")
    if stress and (not STRESS.fullmatch(stress) or len(stress) != int(syllables)):
        raise ValueError(f"expected one of 0, 1 and ? for each of {syllables} syllables, got {stress!r}")
    return plain(word), Sound(int(syllables), rhyme, stress)
