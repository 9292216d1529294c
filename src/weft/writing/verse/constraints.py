"""What a line must satisfy. A constraint sees the words so far: a line that is lost need not be written to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from weft.writing.verse.pronouncing import Pronouncer, plain


class Constraint(Protocol):
    """A mask over beginnings of lines."""

    def refuse(self, words: Sequence[str], *, whole: bool) -> str:
        """Why no line may begin with these words (``whole``: be these words); "" when one may.

        What is refused stays refused, however the line goes on.
        """


class OnlyWords:
    """Every word is one of a list's, in lower case."""

    def __init__(self, words: frozenset[str]) -> None:
        self._words = words

    def refuse(self, words: Sequence[str], *, whole: bool) -> str:
        """See ``Constraint``."""
        return next((f"{word!r} is not in the list" for word in words if plain(word) not in self._words), "")


class WithoutWords:
    """No word is one of a list's, in lower case."""

    def __init__(self, words: frozenset[str]) -> None:
        self._words = words

    def refuse(self, words: Sequence[str], *, whole: bool) -> str:
        """See ``Constraint``."""
        return next((f"{word!r} is forbidden" for word in words if plain(word) in self._words), "")


class Metre:
    """A line has at least ``low`` and at most ``high`` syllables."""

    def __init__(self, low: int, high: int, pronounce: Pronouncer) -> None:
        self._low, self._high, self._pronounce = low, high, pronounce

    def refuse(self, words: Sequence[str], *, whole: bool) -> str:
        """See ``Constraint``."""
        count = count_syllables(words, self._pronounce)
        if count is None:
            unknown = next(word for word in words if self._pronounce(word) is None)
            return f"nobody knows the syllables of {unknown!r}"
        if count > self._high or (whole and count < self._low):
            wanted = f"{self._low}" if self._low == self._high else f"{self._low} to {self._high}"
            return f"{count} syllables instead of {wanted}"
        return ""

    def off(self, words: Sequence[str]) -> int:
        """How many syllables a whole line of these words has too many or too few; unknown words have none."""
        sounds = [self._pronounce(word) for word in words]
        count = sum(sound.syllables for sound in sounds if sound is not None)
        return max(self._low - count, count - self._high, 0)


class Stress:
    """The stresses of a line follow a pattern of 0 (weak), 1 (strong) and ? (either), which begins again at its end."""

    def __init__(self, pattern: str, pronounce: Pronouncer) -> None:
        self._pattern, self._pronounce = pattern, pronounce

    def refuse(self, words: Sequence[str], *, whole: bool) -> str:
        """See ``Constraint``."""
        place = 0
        for word in words:
            sound = self._pronounce(word)
            if sound is None or not sound.stress:
                return f"nobody knows the stress of {word!r}"
            for own in sound.stress:
                wanted = self._pattern[place % len(self._pattern)]
                if "?" not in (own, wanted) and own != wanted:
                    return f"the stress of {word!r} is against the metre"
                place += 1
        return ""


class Rhyme:
    """The last word of a line rhymes with the last words of others, and is none of them."""

    def __init__(self, others: Sequence[str], pronounce: Pronouncer) -> None:
        self._others, self._pronounce = others, pronounce

    def refuse(self, words: Sequence[str], *, whole: bool) -> str:
        """See ``Constraint``."""
        if not whole:
            return ""
        last = words[-1] if words else ""
        for other in self._others:
            if not last or plain(last) == plain(other) or not rhymes(last, other, self._pronounce):
                return f"no rhyme with {other!r}" if other else "no rhyme with a line without words"
        return ""


class EndsInSound:
    """The last word of a line has a sound that another can rhyme with."""

    def __init__(self, pronounce: Pronouncer) -> None:
        self._pronounce = pronounce

    def refuse(self, words: Sequence[str], *, whole: bool) -> str:
        """See ``Constraint``."""
        if not whole or (words and key_of(words[-1], self._pronounce)):
            return ""
        return f"nothing rhymes with {words[-1]!r}" if words else "no word to rhyme with"


def count_syllables(words: Sequence[str], pronounce: Pronouncer) -> int | None:
    """The syllables of words; None when nobody knows those of one."""
    sounds = [pronounce(word) for word in words]
    known = [sound.syllables for sound in sounds if sound is not None]
    return sum(known) if len(known) == len(sounds) else None


def key_of(word: str, pronounce: Pronouncer) -> str:
    """The key of a word's rhyme; "" when it has none."""
    sound = pronounce(word) if word else None
    return "" if sound is None else sound.rhyme


def rhymes(one: str, other: str, pronounce: Pronouncer) -> bool:
    """Whether two words have the same key, and one at all."""
    return key_of(one, pronounce) == key_of(other, pronounce) != ""
