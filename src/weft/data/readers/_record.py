"""What a reader gets and gives: a ``Request`` for fields, a stream of ``Record``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from weft.data.problems import KINDS, Problems, show_path
from weft.errors import DataError, nearest
from weft.types import Place

SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas"}
TABLES = ".csv, .tsv, .jsonl and .parquet"


class Record(NamedTuple):
    """One row, text, sentence or picture. A tuple: a file makes millions, a frozen dataclass takes twice as long.

    Attributes:
        path: the file it stands in ("-": standard input).
        line: the line it begins on, from 1 (Parquet: the row; IDX: the item; a picture file: 1).
        values: what was asked for, by field; text unless the format says otherwise.
        error: why the row cannot be used; ``values`` is then empty. Only ``keep_bad=True`` lets such records through.
    """

    path: Path
    line: int
    values: dict[str, Any]
    error: str = ""

    @property
    def place(self) -> Place:
        """Where it stands: no other record has that."""
        return str(self.path), self.line


@dataclass(frozen=True)
class Request:
    """Which fields are wanted from which columns ({"text": "review"}), how marks are read, where oddities are noted."""

    columns: Mapping[str, str]
    quoting: str
    problems: Problems

    def bad(self, kind: str, path: Path, line: int, detail: str = "") -> Record:
        """Count a row that cannot be used, and make the record that stands in its place."""
        self.problems.add(kind, path, line, detail)
        known = KINDS[kind]
        return Record(path, line, {}, f"{known.one} {known.done}" + (f": {detail}" if detail else ""))

    def places(self, names: Sequence[str], where: str) -> list[tuple[str, int]]:
        """Find every wanted column in a header: (field, index) pairs.

        Raises:
            DataError: a column is absent, or its name stands twice.
        """
        return [(field, self._place(field, column, names, where)) for field, column in self.columns.items()]

    def _place(self, field: str, column: str, names: Sequence[str], where: str) -> int:
        found = [index for index, name in enumerate(names) if name == column]
        if not found:
            raise missing_column(field, column, names, where)
        if len(found) > 1:
            raise DataError(
                f"{where}: {len(found)} columns are called {column!r}",
                hint=f"rename one, or choose another column with --set data.{field}=NAME",
            )
        return found[0]

    def only(self, allowed: Sequence[str], path: Path, holds: str) -> None:
        """Refuse fields that a format without named columns cannot give.

        Raises:
            DataError: naming the field, what the file holds, and the formats with named columns.
        """
        for field in self.columns:
            if field not in allowed:
                raise DataError(
                    f"{show_path(path)}: {holds}; field {field!r} was asked for",
                    hint=f"fields by name come in {TABLES} files",
                )


class Reader(Protocol):
    """What a module of ``readers/`` has: the streamed records of one file, and the names of its columns."""

    def read(self, path: Path, request: Request) -> Iterator[Record]:
        """The records of one file, bad rows included (``Record.error``)."""

    def columns(self, path: Path, quoting: str, /) -> tuple[str, ...]:
        """The columns that can be asked for."""


def missing_column(field: str, column: str, names: Sequence[str], where: str) -> DataError:
    """The error for a column that is not there: which ones are, which is nearest, how to name another."""
    known = ", ".join(repr(name) for name in names[:50]) + (", …" if len(names) > 50 else "")
    hint = f"say which column holds the {field}: --set data.{field}=NAME"
    lone = names[0] if len(names) == 1 else ""
    if any(column in lone.split(mark) for mark in SEPARATORS):
        hint = other_separator(names)
    return DataError(f"{where}: no column {column!r}{nearest(column, names)}; its columns are {known}", hint=hint)


def other_separator(names: Sequence[str]) -> str:
    """What to do about a header that is one name with a separator of columns in it; "" for every other header."""
    for mark, name in SEPARATORS.items():
        if len(names) == 1 and mark in names[0]:
            return f"the header looks separated by {name}: save it with commas as .csv, or with tabs as .tsv"
    return ""


def as_text(value: Any) -> Any:
    """A JSON or Parquet value as the same data in CSV would read: scalars are text, lists stay lists.

    Raises:
        TypeError: the value is an object or raw bytes; the message says which.
    """
    if isinstance(value, str | list):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | bytes):
        raise TypeError("an object" if isinstance(value, dict) else "raw bytes")
    return str(value)
