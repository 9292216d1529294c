"""Bytes of UTF-8: 256 symbols for every language, so nothing is ever unknown.

A symbol is written as the character with the byte's number (byte 0xE9 is "é"). A lone surrogate becomes U+FFFD; any
other text comes back exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from weft.config import SymbolData
from weft.data.tokenizers._contract import GROUP, Numberer, Tokenizer, grouped, well_formed
from weft.data.tokenizers._joining import ByteJoiner

PIECES = tuple(map(chr, range(256)))


class Byte(Tokenizer):
    """Bytes of UTF-8; the line break is the end-of-line symbol."""

    name = "byte"
    end = "\n"

    def pieces(self) -> tuple[str, ...]:
        """All 256 bytes."""
        return PIECES

    def split(self, text: str) -> list[str]:
        """One symbol a byte."""
        return list(_bytes(text).decode("latin-1"))

    def joiner(self) -> ByteJoiner:
        """Shows a character when its last byte has come."""
        return ByteJoiner(lambda symbol: symbol.encode("latin-1"))

    def count(self, texts: Iterable[str]) -> Counter[str]:
        """Counts through a table of 256."""
        counts = np.zeros(256, np.int64)
        for group in grouped(texts):
            counts += np.bincount(np.frombuffer(_bytes("".join(group)), np.uint8), minlength=256)
        return Counter({symbol: int(count) for symbol, count in zip(PIECES, counts, strict=True) if count})

    def numberer(self, ids: Mapping[str, int], dtype: np.dtype) -> Numberer:
        """Numbers through a table of 256."""
        table = np.array([ids.get(symbol, 0) for symbol in PIECES], dtype)

        def number(texts: Sequence[str], end: int | None) -> np.ndarray:
            text = "".join(texts) if end is None else "\n".join(texts) + "\n" * bool(texts)
            data = np.frombuffer(_bytes(text), np.uint8)
            numbers = np.empty(len(data), dtype)
            for start in range(0, len(data), GROUP):
                np.take(table, data[start : start + GROUP], mode="clip", out=numbers[start : start + GROUP])
            return numbers

        return number


def make(_config: SymbolData) -> Byte:
    """The tokenizer of a recipe."""
    return Byte()


def from_json(_values: Mapping[str, Any]) -> Byte:
    """The tokenizer of a run."""
    return Byte()


def _bytes(text: str) -> bytes:
    return well_formed(text).encode("utf-8")
