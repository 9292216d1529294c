"""The form of a verse: how many lines, which of them rhyme, how many syllables they have. Imports no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from weft.errors import ConfigError
from weft.writing.verse.constraints import Constraint, EndsInSound, Metre, OnlyWords, Rhyme, Stress, WithoutWords
from weft.writing.verse.pronouncing import Pronouncer, Sound

FREE = "X"
"""The letter of a line that need not rhyme."""
LINES = 4
SPAN = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Form:
    """What every line of a verse must be.

    Attributes:
        rhyme: a letter a line of a stanza, such as "ABAB": lines with the same letter rhyme, X rhymes with nothing.
        syllables: of a line: "10", "9-11", or one for each line of a stanza, "8,6,8,6"; they begin again when there are
            fewer than lines.
        stress: of a line, such as "0101010101": 0 weak, 1 strong, ? either; it begins again for longer lines. Needs
            ``sounds`` with stresses; words of one syllable that no list has may be either.
        lines: in all; 0: one stanza. Stanzas are parted by an empty line.
        only: the words that may be used, in lower case; none: any.
        without: words that may not.
        sounds: words with their sounds, instead of what their spelling says.
        tries: lines that are drawn for one line before the closest is taken.
    Raises:
        ConfigError: a value that means nothing.
    """

    rhyme: str = ""
    syllables: str = ""
    stress: str = ""
    lines: int = 0
    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    sounds: Mapping[str, Sound] = field(default_factory=dict)
    tries: int = 2000

    def __post_init__(self) -> None:
        if not re.fullmatch("[A-Za-z]*", self.rhyme):
            raise ConfigError(f"rhyme must be a letter a line, such as ABAB, got {self.rhyme!r}")
        if not re.fullmatch("[01?]*", self.stress):
            raise ConfigError(f"stress must be made of 0 (weak), 1 (strong) and ? (either), got {self.stress!r}")
        if self.stress and not self.sounds:
            raise ConfigError(
                "stress needs sounds: spelling does not say which syllables of a word are strong",
                hint="give --sounds FILE, whose fourth column is a word's stress, such as 01",
            )
        if self.lines < 0:
            raise ConfigError(f"lines must be 0 (one stanza) or more, got {self.lines}")
        if self.tries < 1:
            raise ConfigError(f"tries must be 1 or more, got {self.tries}")
        self._spans()

    @property
    def stanza(self) -> int:
        """Lines of a stanza: as many as letters, else as syllable counts, else all."""
        counts = len(self._spans())
        return len(self.rhyme) or (counts if counts > 1 else 0) or self.lines or LINES

    @property
    def total(self) -> int:
        """Lines in all."""
        return self.lines or self.stanza

    def letter(self, line: int) -> str:
        """The letter of line ``line`` (from 0)."""
        return self.rhyme[line % self.stanza].upper() if self.rhyme else FREE

    def partners(self, line: int) -> list[int]:
        """The earlier lines of its stanza that a line rhymes with."""
        first = line - line % self.stanza
        letter = self.letter(line)
        return [] if letter == FREE else [other for other in range(first, line) if self.letter(other) == letter]

    def opens(self, line: int) -> bool:
        """Whether a later line has to rhyme with this one, and no earlier one."""
        last = min(self.total, line - line % self.stanza + self.stanza)
        return any(line in self.partners(other) for other in range(line + 1, last)) and not self.partners(line)

    def words(self) -> list[Constraint]:
        """What every word must satisfy, whatever its line and its place in it."""
        return [
            *([OnlyWords(self.only)] if self.only else []),
            *([WithoutWords(self.without)] if self.without else []),
        ]

    def constraints(
        self, line: int, ends: Mapping[int, str], pronounce: Pronouncer
    ) -> tuple[list[Constraint], list[Constraint]]:
        """What line ``line`` must satisfy, given the last words of the lines before it: all words, and the last one."""
        free = self.words()
        spans = self._spans()
        if spans:
            free.append(Metre(*spans[line % self.stanza % len(spans)], pronounce))
        if self.stress:
            free.append(Stress(self.stress, pronounce))
        if partners := self.partners(line):
            return free, [Rhyme([ends[other] for other in partners], pronounce)]
        return free, [EndsInSound(pronounce)] if self.opens(line) else []

    def _spans(self) -> list[tuple[int, int]]:
        """Least and most syllables, for one line or for several."""
        spans = []
        for part in self.syllables.split(",") if self.syllables else ():
            found = SPAN.fullmatch(part.strip())
            low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if not 1 <= low <= high:
                raise ConfigError(
                    f"syllables must be whole numbers such as 10, 9-11 or 8,6,8,6, got {self.syllables!r}"
                )
            spans.append((low, high))
        return spans
