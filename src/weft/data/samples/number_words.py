"""Numbers in words and in digits, in some thirty languages: "mil ochocientos cuarenta y dos" -> "1842".

As num2words says them, from 0 to a million, as many small ones as large ones (the logarithm is drawn evenly). ``make``
writes the reading direction; ``pairs`` also gives the other one, whose source names the language: "es 1842". Columns:
``source``, ``target``, ``language``.

The parts are cut by number, for all languages together: 1842 of the test part is trained on in no language. Numbers
below a hundred are all trained on, since they hold words that stand nowhere else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal, get_args

from weft.data.samples._parts import SHARES, write_rows
from weft.data.samples._phrases import need
from weft.errors import ConfigError, nearest

_CODES = """
ar be bn ca ce cs cy da de en eo es fa fi fr he hu id is it ja ko kz lt lv nl no pl pt ro ru sk sl sr sv tg th uk vi
"""

LANGUAGES = tuple(_CODES.split())
"""num2words's own codes. Left out: those that say two numbers alike (az and tr: 11,000 and 10,000; tet: 148,000 and
100,048), fail on some (am), or write Unicode that is not composed (kn, te)."""

HIGHEST = 1_000_000

TRAINED = 100
"""Smaller numbers are of the training part."""

COUNTS = {"train": 20_000, "valid": 1_000, "test": 2_000}
"""Pairs that ``make`` writes."""

Direction = Literal["read", "write"]
"""From words to digits, or from digits to words."""


@dataclass(frozen=True)
class NumberPair:
    """A number in words and in digits, in the order of the direction that was asked for."""

    source: str
    target: str
    language: str
    number: int


def make(folder: Path, *, seed: int = 1) -> list[Path]:
    """Write ``train.csv``, ``valid.csv`` and ``test.csv`` into ``folder``; same seed and num2words, same bytes.

    Raises:
        ConfigError: num2words is not installed.
        DataError: the folder cannot be written.
    """
    return [
        write_rows(
            folder / f"{part}.csv",
            ("source", "target", "language"),
            ((pair.source, pair.target, pair.language) for pair in pairs(count, seed=seed, part=part)),
        )
        for part, count in COUNTS.items()
    ]


def pairs(
    count: int,
    *,
    seed: int = 1,
    part: str = "train",
    direction: Direction = "read",
    languages: Sequence[str] = LANGUAGES,
) -> list[NumberPair]:
    """Numbers of one part, each text once; one language is as likely as another.

    Args:
        count: how many.
        seed: cuts the numbers into parts, and draws; the same arguments and num2words give the same pairs.
        part: "train", "valid" or "test".
        direction: "read" gives words as source and digits as target, "write" the code of a language and digits as
            source and words as target.
        languages: some of ``LANGUAGES``.
    Raises:
        ConfigError: num2words is not installed, an argument is none of these, or there are not that many numbers.
    """
    _check(count, part, direction, languages)
    say = need("num2words").num2words
    draw = random.Random(f"number-words {seed} {part}")
    taken: set[tuple[str, int]] = set()
    written: dict[str, NumberPair] = {}
    while len(written) < count:
        language, number = draw.choice(languages), _drawn(draw)
        if (language, number) in taken or part_of(number, seed) != part:
            continue
        taken.add((language, number))
        words, digits = str(say(number, lang=language)), str(number)
        source, target = (words, digits) if direction == "read" else (f"{language} {digits}", words)
        written.setdefault(source, NumberPair(source, target, language, number))
    return list(written.values())


def part_of(number: int, seed: int) -> str:
    """The part of a number: "train", "valid" or "test", by ``SHARES``; it depends on the two arguments only."""
    if number < TRAINED:
        return "train"
    digest = blake2b(f"number-words {seed} {number}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "little") / 2**64
    if place < SHARES["test"]:
        return "test"
    return "valid" if place < SHARES["test"] + SHARES["valid"] else "train"


def _drawn(draw: random.Random) -> int:
    """A number from 0 to ``HIGHEST``; the logarithm of the one behind it is drawn evenly."""
    return int(math.exp(draw.uniform(0.0, math.log(HIGHEST + 2)))) - 1


def _check(count: int, part: str, direction: str, languages: Sequence[str]) -> None:
    for what, given, known in (
        ("part", (part,), tuple(SHARES)),
        ("direction", (direction,), get_args(Direction)),
        ("language", languages, LANGUAGES),
    ):
        for name in given:
            if name not in known:
                raise ConfigError(
                    f"number-words: there is no {what} {name!r}{nearest(name, known)}",
                    hint=f"{what}s: {', '.join(known)}",
                )
    room = round(len(set(languages)) * HIGHEST * SHARES[part]) // 10
    if not 0 <= count <= room:
        raise ConfigError(
            f"number-words: asked for {count:,} pairs of the part {part!r}; {len(set(languages))} languages give "
            f"0 to {room:,}",
            hint="ask for fewer pairs or for more languages",
        )
