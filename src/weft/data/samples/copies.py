"""Random strings of letters to be copied or turned round: what a fixed vector has to hold, and attention finds again.

``make`` writes the copying task. ``pairs`` also gives the reversing one, and any alphabet and range of lengths, with
the true links: symbol i of the source is symbol i of the target, or symbol n - 1 - i. Columns: ``source``, ``target``.

Every string is of one part only, and stands there once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

from weft.data.alignments import Links
from weft.data.samples._parts import write_rows
from weft.errors import ConfigError

COUNTS = {"train": 10_000, "valid": 1_000, "test": 1_000}
"""Pairs that ``make`` writes."""

LENGTHS = (5, 25)
"""The shortest and the longest string, in symbols."""


@dataclass(frozen=True)
class CopyPair:
    """A string and the same, or turned round.

    Attributes:
        links: between symbols, which are characters of both sides; every one is sure.
    """

    source: str
    target: str
    reverse: bool

    @property
    def links(self) -> Links:
        """Which symbol is which."""
        count = len(self.source)
        return Links(frozenset((place, count - 1 - place if self.reverse else place) for place in range(count)))


def make(folder: Path, *, seed: int = 1) -> list[Path]:
    """Write ``train.csv``, ``valid.csv`` and ``test.csv`` into ``folder``; the same seed gives the same bytes.

    Raises:
        DataError: the folder cannot be written.
    """
    rows = pairs(sum(COUNTS.values()), seed=seed)
    paths, start = [], 0
    for part, count in COUNTS.items():
        chosen = rows[start : start + count]
        paths.append(
            write_rows(folder / f"{part}.csv", ("source", "target"), ((pair.source, pair.target) for pair in chosen))
        )
        start += count
    return paths


def pairs(
    count: int,
    *,
    seed: int = 1,
    alphabet: str = ascii_lowercase,
    lengths: tuple[int, int] = LENGTHS,
    reverse: bool = False,
) -> list[CopyPair]:
    """Different strings, every length as likely as another, every symbol too; the same arguments give the same pairs.

    Cut the list to get parts that share no string. A longer list begins with what a shorter one holds.

    Args:
        count: how many.
        alphabet: the symbols, a character each, all different, no white space.
        lengths: the shortest and the longest, in symbols.
        reverse: turn the target round.
    Raises:
        ConfigError: an argument is none of these, or there are too few strings of the shortest length.
    """
    _check(count, alphabet, lengths)
    draw = random.Random(f"copies {seed}")
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        drawn["".join(draw.choices(alphabet, k=draw.randint(*lengths)))] = None
    return [CopyPair(text, text[::-1] if reverse else text, reverse) for text in drawn]


def _check(count: int, alphabet: str, lengths: tuple[int, int]) -> None:
    if len(set(alphabet)) != len(alphabet) or len(alphabet) < 2 or any(symbol.isspace() for symbol in alphabet):
        raise ConfigError(
            f"copies: the alphabet needs two or more different characters and no white space, got {alphabet!r}"
        )
    shortest, longest = lengths
    if not 1 <= shortest <= longest:
        raise ConfigError(f"copies: lengths need 1 <= shortest <= longest, got {shortest} and {longest}")
    room = len(alphabet) ** shortest // 2
    if not 0 <= count <= room:
        raise ConfigError(
            f"copies: asked for {count:,} different strings; {len(alphabet)} symbols and a shortest length of "
            f"{shortest} allow 0 to {room:,}",
            hint="ask for fewer, or make the alphabet larger or the shortest string longer",
        )
