""".jsonl: one JSON object a line, columns are its keys. Numbers and true/false read as text, lists stay lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weft.data.problems import Problems, show_path
from weft.data.readers._lines import read_lines
from weft.data.readers._record import Record, Request, as_text, missing_column

PATIENCE = 100
"""Rows without a wanted key, and none with it so far, after which the key is taken to be wrong."""


def read(path: Path, request: Request) -> Iterator[Record]:
    """One record a line. Lines that are no object, or lack a wanted key (or have null there), are bad.

    Raises:
        DataError: no row at all has a wanted key.
    """
    seen: dict[str, Any] = {}
    lacking: dict[str, int] = dict.fromkeys(request.columns, 0)
    for line, text in read_lines(path, request.problems):
        row = _parse(text, path, line, request)
        if isinstance(row, Record):
            yield row
            continue
        seen = seen or row
        record = _record(row, path, line, request)
        for field in list(lacking):
            if request.columns[field] in row:
                del lacking[field]
                continue
            lacking[field] += 1
            if lacking[field] == PATIENCE:
                raise missing_column(field, request.columns[field], list(seen), show_path(path))
        yield record
    for field in lacking if seen else ():
        raise missing_column(field, request.columns[field], list(seen), show_path(path))


def columns(path: Path, quoting: str) -> tuple[str, ...]:
    """The keys of the first object."""
    request = Request({}, quoting, Problems())
    rows = (_parse(text, path, line, request) for line, text in read_lines(path, request.problems))
    return next((tuple(row) for row in rows if isinstance(row, dict)), ())


def _parse(text: str, path: Path, line: int, request: Request) -> dict[str, Any] | Record:
    if not text.strip():
        return request.bad("blank-row", path, line)
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        return request.bad("bad-json", path, line, f"{error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError):
        return request.bad("bad-json", path, line, "a number or nesting too large to read")
    if not isinstance(row, dict):
        return request.bad("bad-json", path, line, f"found {_name(row)}")
    if "\\u" in text:
        row = {key: _mend(value, path, line, request.problems) for key, value in row.items()}
    return row


def _record(row: dict[str, Any], path: Path, line: int, request: Request) -> Record:
    values = {}
    for field, column in request.columns.items():
        value = row.get(column)
        if value is None:
            return request.bad("missing-value", path, line, f"no {column!r}")
        try:
            values[field] = as_text(value)
        except TypeError as error:
            return request.bad("bad-value", path, line, f"{column!r} holds {error}")
    return Record(path, line, values)


def _mend(value: Any, path: Path, line: int, problems: Problems) -> Any:
    """Escapes can smuggle in what the decoding layer keeps out: NUL and halves of surrogate pairs."""
    if isinstance(value, list):
        return [_mend(item, path, line, problems) for item in value]
    if not isinstance(value, str):
        return value
    if "\0" in value:
        problems.add("nul", path, line)
        value = value.replace("\0", "")
    if any("\ud800" <= character <= "\udfff" for character in value):
        problems.add("surrogate", path, line)
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _name(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
