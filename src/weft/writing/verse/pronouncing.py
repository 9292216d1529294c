"""How words sound: from a person's list where they stand in it, else from their spelling (English, approximate)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from weft.writing.verse.rhymes import rhyme_key
from weft.writing.verse.syllables import CONTRACTED, count_syllables

WORD = re.compile(r"\w+(?:[’'‐-]\w+)*")
"""What counts as a word of a line: letters and digits, with apostrophes and hyphens inside ("'tis" is "tis")."""


@dataclass(frozen=True)
class Sound:
    """What metre and rhyme know of a word.

    Attributes:
        syllables: 1 or more.
        rhyme: words with the same key rhyme; "" rhymes with nothing.
        stress: one of 0 (weak), 1 (strong), ? (either) a syllable; "" when nobody has said it.
    """

    syllables: int
    rhyme: str
    stress: str = ""


class Pronouncer:
    """Words to sounds.

    Args:
        listed: sounds of words in lower case, from a person's list.
    """

    def __init__(self, listed: Mapping[str, Sound] | None = None) -> None:
        self._known: dict[str, Sound | None] = dict(listed or {})

    def __call__(self, word: str) -> Sound | None:
        """The sound of a word; None when its spelling says nothing (digits, other scripts)."""
        lower = plain(word)
        if lower not in self._known:
            self._known[lower] = self._joined(lower) if "-" in lower or "‐" in lower else spelled(lower)
        return self._known[lower]

    def _joined(self, word: str) -> Sound | None:
        """A word with hyphens: its parts one behind the other, the last one rhymes."""
        sounds = [self(part) for part in re.split("[‐-]", word) if part]
        known = [sound for sound in sounds if sound is not None]
        if not known or len(known) < len(sounds):
            return None
        stress = "".join(sound.stress for sound in known) if all(sound.stress for sound in known) else ""
        return Sound(sum(sound.syllables for sound in known), known[-1].rhyme, stress)


def spelled(word: str) -> Sound | None:
    """The sound of a word in lower case by the rules of English spelling; None when it is not made of Latin letters.

    Words of one syllable may carry a stress or not; of longer ones spelling does not say which syllable does.
    """
    bare = "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))
    letters = re.sub("[^a-z]", "", bare)
    if not letters or len(letters) < len(bare.replace("'", "")):
        return None
    syllables = count_syllables(letters, contracted=bool(CONTRACTED.search(bare)))
    return Sound(syllables, rhyme_key(re.sub("[^a-z']", "", bare)), "?" if syllables == 1 else "")


def plain(word: str) -> str:
    """A word as lists have it: lower case, straight apostrophes."""
    return word.lower().replace("’", "'")


def words_of(text: str) -> list[str]:
    """The words of a line, in their order."""
    return WORD.findall(text)
