r"""The lines of an ARPA file: its head, its sections of n-grams as columns, its end; complains with file and line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from weft.data.problems import Problems, show_path
from weft.data.readers import read_blocks
from weft.errors import DataError
from weft.ngram import arpa_words

_COUNT = re.compile(r"ngram\s+(\d+)\s*=\s*(\d+)\s*")
_SHOWN = 60
_ENDS = ("\n\n", "\n\\")
"""What ends a section: a blank line, or one with a backslash first."""


@dataclass(frozen=True)
class Rows:
    """Some n-grams of a section.

    Attributes:
        first: the line of the first one; the others follow.
        columns: the first words of all, the second words of all, ...
        logps, weights: float64 [N], log10 of the probabilities and of the back-off weights (0 where there is none).
    """

    first: int
    columns: list[list[str]]
    logps: np.ndarray
    weights: np.ndarray


class Source:
    """Reads an ARPA file from top to bottom.

    Attributes:
        line: the number of the line read last, from 1.
        escaped: whether the file says that its words are escaped.
    """

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path = path
        self.line = 0
        self.escaped = False
        self._blocks = read_blocks(path, problems)
        self._lines: list[str] = []
        self._place = 0

    def wrong(self, line: int, what: str, *, hint: str = "") -> DataError:
        """The error that says what is wrong in a line."""
        return DataError(f"{show_path(self.path)}:{line}: {what}", hint=hint)

    def head(self) -> list[int]:
        r"""Read to the first section; how many n-grams of each order there should be."""
        while (text := self._next("\\data\\")) != "\\data\\":
            self.escaped = self.escaped or text == arpa_words.MARK
            if text and not text.startswith("#"):
                hint = "it begins with \\data\\, comments begin with #; KenLM's binary files are no ARPA files"
                raise self.wrong(self.line, f"not an ARPA file: expected \\data\\, got {_shown(text)}", hint=hint)
        counts: list[int] = []
        while (text := self._next("\\1-grams:" if counts else "ngram 1=COUNT")) or not counts:
            found = _COUNT.fullmatch(text)
            if not found or int(found[1]) != len(counts) + 1:
                if counts and text.startswith("\\"):
                    self._back()
                    break
                wanted = f"'ngram {len(counts) + 1}=COUNT'"
                raise self.wrong(self.line, f"expected {wanted}, got {_shown(text)}")
            counts.append(int(found[2]))
        return counts

    def section(self, order: int, count: int, last: bool) -> Iterator[Rows]:
        """The n-grams of one order; ``last``: of the highest, which have no back-off weights."""
        self._expect(f"\\{order}-grams:")
        begun, seen = self.line, 0
        for first, lines in self._until_blank():
            seen += len(lines)
            yield self._rows(first, lines, order, last)
        if seen != count:
            what = f"this section holds {seen:,} n-grams, the head of the file says 'ngram {order}={count}'"
            raise self.wrong(begun, what, hint="the file is damaged or was edited; write it again")

    def end(self) -> tuple[int, int]:
        r"""Read the mark of the end; how many lines with text stand behind it, and the first of them (0: none)."""
        self._expect("\\end\\")
        count = first = 0
        while self._place < len(self._lines) or self._more():
            rest = self._lines[self._place :]
            self._place += len(rest)
            filled = [number for number, line in enumerate(rest, self.line + 1) if line.strip()]
            self.line += len(rest)
            count += len(filled)
            first = first or next(iter(filled), 0)
        return count, first

    def _expect(self, mark: str) -> None:
        while not (text := self._next(mark)):
            pass
        if text != mark:
            raise self.wrong(self.line, f"expected {mark}, got {_shown(text)}")

    def _next(self, wanted: str) -> str:
        """The next line, without blanks around it."""
        if self._place == len(self._lines) and not self._more():
            what = f"the file ends where {wanted} should stand"
            raise self.wrong(self.line, what, hint="it was cut short; write or copy it again")
        self._place += 1
        self.line += 1
        return self._lines[self._place - 1].strip(" \t")

    def _back(self) -> None:
        self._place -= 1
        self.line -= 1

    def _until_blank(self) -> Iterator[tuple[int, list[str]]]:
        """Lines up to a blank one or one with a backslash first, in blocks, with the number of a block's first line."""
        while True:
            rest = self._lines[self._place :]
            text = "\n".join(["", *rest, ""])
            past = min((at for mark in _ENDS if (at := text.find(mark)) >= 0), default=len(text))
            lines = rest if past == len(text) else rest[: text.count("\n", 0, past)]
            first = self.line + 1
            self._place += len(lines)
            self.line += len(lines)
            if lines:
                yield first, lines
            if past < len(text) or not self._more():
                return

    def _more(self) -> bool:
        """Read the next block of lines; whether there is one."""
        _, self._lines = next(self._blocks, (0, []))
        self._place = 0
        return bool(self._lines)

    def _rows(self, first: int, lines: Sequence[str], order: int, last: bool) -> Rows:
        """Lines taken apart into numbers and words."""
        width = order + 1 if last else order + 2
        fields = _split("\n".join(lines), width, len(lines))
        if fields is None:
            width = order + 2
            fields = [field for place, line in enumerate(lines) for field in self._tidy(line, first + place, order)]
        logps = self._numbers(fields[::width], first, "a log10 probability")
        self._check(first, logps > 0, "a probability above 1 (its log10 is above 0)")
        weights = np.zeros(len(lines))
        if width == order + 2:
            weights = self._numbers(fields[width - 1 :: width], first, "a log10 back-off weight")
        if last:
            self._check(first, weights != 0, f"a back-off weight at a {order}-gram, the highest order has none")
        return Rows(first, [fields[1 + place :: width] for place in range(order)], logps, weights)

    def _tidy(self, line: str, number: int, order: int) -> list[str]:
        """The fields of a line that may have blanks to spare and no back-off weight."""
        fields = [field for field in line.replace("\t", " ").split(" ") if field]
        if len(fields) == order + 1:
            fields.append("0")
        if len(fields) != order + 2:
            words = "1 word" if order == 1 else f"{order} words"
            raise self.wrong(number, f"expected a number, {words} and perhaps a number, got {_shown(line)}")
        return fields

    def _numbers(self, texts: Sequence[str], first: int, what: str) -> np.ndarray:
        try:
            values = np.fromiter(map(float, texts), np.float64, len(texts))
            bad = np.flatnonzero(~np.isfinite(values))
            if not len(bad):
                return values
            place = int(bad[0])
        except ValueError:
            place = next(at for at, text in enumerate(texts) if not _is_number(text))
        raise self.wrong(first + place, f"expected {what}, got {_shown(texts[place])}")

    def _check(self, first: int, bad: np.ndarray, what: str) -> None:
        places = np.flatnonzero(bad)
        if len(places):
            raise self.wrong(first + int(places[0]), what)


def _split(text: str, width: int, lines: int) -> list[str] | None:
    """The fields of lines that all have ``width`` of them with one blank between; None where one has not."""
    parts = text.replace("\t", " ").replace("\n", " \n ").split(" ")
    if len(parts) != lines * (width + 1) - 1 or parts[width :: width + 1].count("\n") != lines - 1 or "" in parts:
        return None
    del parts[width :: width + 1]
    return parts


def _shown(text: str) -> str:
    """The beginning of a text in quotes, with blanks and control characters that can be seen."""
    return repr(text[:_SHOWN]).replace("\\\\", "\\")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
