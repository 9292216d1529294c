r"""Characters: Unicode code points, or with ``data.grapheme`` what a person sees as one character.

A code point is the default: "é" written as e + accent is two symbols, a flag emoji is two. A grapheme (Unicode's
extended grapheme cluster, ``\X`` of the ``regex`` package) keeps them together at the price of a longer vocabulary.
Splitting and joining again gives the text back exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import regex

from weft.config import SymbolData
from weft.data.tokenizers._contract import GROUP, Numberer, Tokenizer, grouped
from weft.data.tokenizers._joining import TextJoiner

GRAPHEME = regex.compile(r"\X")


class Char(Tokenizer):
    """Characters of text; the line break is the end-of-line symbol.

    Args:
        grapheme: user-perceived characters instead of code points.
    """

    name = "char"
    end = "\n"

    def __init__(self, *, grapheme: bool = False) -> None:
        self.grapheme = grapheme

    def split(self, text: str) -> list[str]:
        """Code points or graphemes."""
        return list(self.walk(text))

    def walk(self, text: str) -> Iterable[str]:
        """The same, lazily."""
        if _points_suffice(text) or not self.grapheme:
            return text
        return (match.group() for match in GRAPHEME.finditer(text))

    def joiner(self) -> TextJoiner:
        """Symbols stand side by side."""
        return TextJoiner(lambda _before, _after: "")

    def join(self, symbols: Sequence[str]) -> str:
        """Symbols stand side by side."""
        return "".join(symbols)

    def count(self, texts: Iterable[str]) -> Counter[str]:
        """Counts through a table over code points where a code point is a symbol."""
        points = np.zeros(0, np.int64)
        clusters: Counter[str] = Counter()
        for group in grouped(texts):
            if self.grapheme and not all(map(_points_suffice, group)):
                clusters.update(super().count(group))
                continue
            more = np.bincount(_points("".join(group)))
            points = _add(points, more)
        clusters.update({chr(int(point)): int(points[point]) for point in np.flatnonzero(points)})
        return clusters

    def numberer(self, ids: Mapping[str, int], dtype: np.dtype) -> Numberer:
        """Numbers through a table over code points; graphemes one by one, unless the text is plain ASCII."""
        single = {ord(symbol): number for symbol, number in ids.items() if len(symbol) == 1}
        table = np.zeros(max(single, default=0) + 2, dtype)  # the last entry stands for every code point above
        table[list(single)] = list(single.values())
        slow = super().numberer(ids, dtype)

        def number(texts: Sequence[str], end: int | None) -> np.ndarray:
            if self.grapheme and not all(map(_points_suffice, texts)):
                return slow(texts, end)
            text = "".join(texts) if end is None else "\n".join(texts) + "\n" * bool(texts)
            numbers = np.empty(len(text), dtype)
            for start in range(0, len(text), GROUP):
                part = _points(text[start : start + GROUP])
                np.take(table, part, mode="clip", out=numbers[start : start + GROUP])
            return numbers

        return number

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "grapheme": self.grapheme}


def make(config: SymbolData) -> Char:
    """The tokenizer of a recipe."""
    return Char(grapheme=config.grapheme)


def from_json(values: Mapping[str, Any]) -> Char:
    """The tokenizer of a run."""
    return Char(grapheme=bool(values["grapheme"]))


def _points_suffice(text: str) -> bool:
    """Whether every grapheme is one code point for certain: ASCII without a carriage return (CR LF is one grapheme)."""
    return text.isascii() and "\r" not in text


def _points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _add(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    total = np.zeros(max(len(left), len(right)), np.int64)
    total[: len(left)] += left
    total[: len(right)] += right
    return total
