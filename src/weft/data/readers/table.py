""".csv and .tsv: a header, then rows of named columns.

.csv is quoted: a field in quotation marks may hold commas, line breaks and doubled marks. .tsv is not: a quotation mark
is a plain character. ``quoting`` = "csv" or "none" overrides both.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from weft.data.problems import Problems, show_path
from weft.data.readers._lines import read_lines
from weft.data.readers._record import Record, Request
from weft.errors import DataError

LONGEST_ROW = 1 << 26
"""Characters: a quoted row that runs on for longer has lost its closing mark."""

# The csv module's own limit (128 Ki characters a field, for the whole process) is no match for texts.
csv.field_size_limit(max(LONGEST_ROW, csv.field_size_limit()))

Row = tuple[int, list[str] | None]
"""The line a row begins on and its fields; None: text behind a closing quotation mark."""


def read(path: Path, request: Request) -> Iterator[Record]:
    """One record a row. Bad: another width than the header's, blank lines (if of several columns), broken quotation."""
    rows = _rows(path, request.quoting, request.problems)
    line, names = _header(rows, path)
    places = request.places(names, f"{show_path(path)}:{line}")
    width = len(names)
    empty = True
    for line, row in rows:
        empty = False
        if row is not None and len(row) == width:
            yield Record(path, line, {field: row[index] for field, index in places})
        elif row is None:
            yield request.bad("bad-quote", path, line)
        elif row in ([], [""]):
            yield request.bad("blank-row", path, line)
        else:
            noun = "column" if len(row) == 1 else "columns"
            yield request.bad("ragged-row", path, line, f"{len(row)} {noun} instead of {width}")
    if empty:
        raise DataError(f"{show_path(path)}: a header and no rows", hint="give a file with at least one row")


def columns(path: Path, quoting: str) -> tuple[str, ...]:
    """The names in the header."""
    return tuple(_header(_rows(path, quoting, Problems()), path)[1])


def _header(rows: Iterator[Row], path: Path) -> tuple[int, list[str]]:
    line, names = next(rows)
    if not names or not any(names):
        state = "has text behind a closing quotation mark" if names is None else "is blank"
        raise DataError(
            f"{show_path(path)}:{line}: the first line should name the columns, it {state}",
            hint="put the names of the columns on the first line",
        )
    return line, names


def _rows(path: Path, quoting: str, problems: Problems) -> Iterator[Row]:
    tabs = path.name.lower().removesuffix(".gz").endswith(".tsv")
    delimiter = "\t" if tabs else ","
    if quoting == "none" or (quoting == "auto" and tabs):
        return ((line, text.split(delimiter)) for line, text in read_lines(path, problems))
    return _quoted_rows(_Feed(path, problems), delimiter)


class _Feed:
    """Lines for the csv module, which pulls as many as a row has; remembers where the row began."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path = path
        self.line = 0
        self._lines = read_lines(path, problems)
        self._start = 1
        self._length = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        self.line, text = next(self._lines)
        self._length += len(text)
        if self._length > LONGEST_ROW and self.line > self._start:
            raise self.unclosed(f"is not closed within {LONGEST_ROW:,} characters")
        return text + "\n"

    def begin_row(self) -> int:
        """The line the next row begins on."""
        self._start = self.line + 1
        self._length = 0
        return self._start

    def unclosed(self, how: str) -> DataError:
        """The error for the quotation mark that opened in this row."""
        return DataError(
            f"{show_path(self.path)}:{self._start}: a quotation mark opened in this row {how}",
            hint="close it; inside a field write a mark twice, or take marks as they are with --set data.quoting=none",
        )


def _quoted_rows(feed: _Feed, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        line = feed.begin_row()
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise feed.unclosed("is never closed") from error
            if feed.line > line:
                raise feed.unclosed(f"is closed only on line {feed.line}, with text behind it") from error
            yield line, None
