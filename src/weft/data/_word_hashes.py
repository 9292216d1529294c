"""64-bit hashes of words and of whole texts, half a million characters at a time: how a text is found again.

Case, accents' ways of writing (NFC) and everything but letters, marks and digits make no difference. A word is what
stands between white space; a character of a script that writes none (Chinese, Japanese, Thai) is a word of its own.
Imports no torch.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from weft.data.tokenizers._contract import grouped

PIECE = 1 << 19
"""Characters hashed at once; arrays of some 20 bytes a character are made of them."""

BASE = 0x9E3779B97F4A7C15
INVERSE = pow(BASE, -1, 1 << 64)
"""A text's hash is a polynomial in ``BASE`` modulo 2^64, so that parts of one come out of running sums."""

_DROPPED, _SPACE, _END, _LETTER, _ALONE = range(5)
_CODES = 0x33480
"""Code points from here on are no letters (Unicode 17)."""

_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x30FF), (0x31A0, 0x9FFF), (0xA000, 0xA4CF),
    (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, _CODES),
)  # fmt: skip
"""Thai, Lao, Burmese, Khmer, Han, Kana, Bopomofo, Yi: scripts that put no space between words."""


@dataclass(frozen=True)
class Hashes:
    """Hashes of a group of T texts with W words in all.

    Attributes:
        words: uint64 [W], the words of one text behind those of the text before.
        counts: int64 [T], words of each text.
        texts: uint64 [T], everything that counts in a text without its spaces; 0 where nothing does.
    """

    words: np.ndarray
    counts: np.ndarray
    texts: np.ndarray


def hash_groups(texts: Iterable[str]) -> Iterator[tuple[list[str], Hashes]]:
    """Groups of neighbouring texts with their hashes, all of them in their order."""
    for group in grouped(texts, PIECE):
        yield group, _joined(group[0]) if len(group) == 1 and len(group[0]) > PIECE else _hashes(group)[0]


def mixed(hashes: np.ndarray) -> np.ndarray:
    """Hashes whose every bit depends on every bit of those given, uint64 [N]."""
    hashes = (hashes ^ (hashes >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.asarray(hashes ^ (hashes >> np.uint64(32)))


def _joined(text: str) -> Hashes:
    """The hashes of one long text, made piece by piece."""
    cuts = [0]
    while len(text) - cuts[-1] > PIECE:
        space = text.rfind(" ", cuts[-1] + 1, cuts[-1] + PIECE)
        cuts.append(space if space > 0 else cuts[-1] + PIECE)
    words, whole, letters = [], 0, 0
    for start, end in pairwise([*cuts, len(text)]):
        piece, count = _hashes([text[start:end]])
        words.append(piece.words)
        whole += int(piece.texts[0]) * pow(BASE, letters, 1 << 64)
        letters += count
    joined = np.concatenate(words)
    return Hashes(joined, np.array([len(joined)]), np.array([whole % (1 << 64)], np.uint64))


def _hashes(texts: Sequence[str]) -> tuple[Hashes, int]:
    """The hashes of texts, and how many characters counted."""
    codes = _folded(texts)
    kinds, values = _tables()
    kind = kinds.take(codes, mode="clip")
    places = np.flatnonzero(kind >= _LETTER)
    powers, inverses = _powers(len(places) + 1)
    sums = np.zeros(len(places) + 1, np.uint64)
    np.cumsum(values.take(codes[places], mode="clip") * powers[: len(places)], out=sums[1:])
    words = np.append(np.flatnonzero(_begins(kind, places)), len(places))
    ends = np.searchsorted(places, np.flatnonzero(kind == _END))
    edges = np.append(0, ends)

    def between(edges: np.ndarray) -> np.ndarray:
        return np.asarray((sums[edges[1:]] - sums[edges[:-1]]) * inverses[edges[:-1]])

    counts = np.diff(np.searchsorted(words, edges))
    return Hashes(mixed(between(words)), counts, between(edges)), len(places)


def _folded(texts: Sequence[str]) -> np.ndarray:
    """Code points of texts, case folded, each closed by a line break that stands nowhere else."""
    whole = "\n".join([*texts, ""])
    if whole.count("\n") > len(texts):
        whole = "\n".join([*(text.replace("\n", " ") for text in texts), ""])
    if whole.isascii():
        return np.frombuffer(whole.lower().encode("ascii"), np.uint8)
    folded = unicodedata.normalize("NFC", whole).casefold()
    return np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32)


def _begins(kind: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which of the characters that count begin a word, bool [P]."""
    gaps = np.cumsum((kind == _SPACE) | (kind == _END), dtype=np.int32)[places]
    begins = np.ones(len(places), bool)
    np.not_equal(gaps[1:], gaps[:-1], out=begins[1:])
    alone = kind[places] == _ALONE
    begins[1:] |= alone[1:] | alone[:-1]
    return begins


@cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """What each code point is, uint8, and the number it stands for in a hash, uint64; the last is of all above."""
    kinds = np.array([_LETTER if unicodedata.category(chr(code))[0] in "LMN" else _DROPPED for code in range(_CODES)])
    for first, last in _WITHOUT_SPACES:
        kinds[first : last + 1][kinds[first : last + 1] == _LETTER] = _ALONE
    kinds[[code for code in range(_CODES) if chr(code).isspace()]] = _SPACE
    kinds[ord("\n")] = _END
    values = mixed(mixed(np.arange(1, _CODES + 1, dtype=np.uint64) * np.uint64(BASE)))
    return np.append(kinds, _DROPPED).astype(np.uint8), np.append(values, np.uint64(0))


_kept: list[np.ndarray] = []


def _powers(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Powers of the base and of its inverse from 0, uint64, at least ``count``; kept for the next group."""
    if not _kept or len(_kept[0]) < count:
        size = max(count, 1 << 16)
        _kept[:] = [np.cumprod(np.append(np.uint64(1), np.full(size, each, np.uint64))) for each in (BASE, INVERSE)]
    return _kept[0], _kept[1]
