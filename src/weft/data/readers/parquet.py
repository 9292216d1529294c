""".parquet: named columns, read in batches by pyarrow (imported here only). Values read as in JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weft.data.readers._record import Record, Request, as_text
from weft.errors import DataError

ROWS = 1024


def read(path: Path, request: Request) -> Iterator[Record]:
    """One record a row; rows with null in a wanted column are bad. ``Record.line`` is the row, from 1."""
    file = _open(path)
    names = list(file.schema_arrow.names)
    request.places(names, str(path))
    line = 0
    try:
        for batch in file.iter_batches(batch_size=ROWS, columns=list(dict.fromkeys(request.columns.values()))):
            for row in batch.to_pylist():
                line += 1
                yield _record(row, path, line, request)
    except OSError as error:
        raise _damaged(path, f"after row {line:,}", error) from error
    if not line:
        raise DataError(f"{path}: columns and no rows", hint="give a file with at least one row")


def columns(path: Path, _quoting: str) -> tuple[str, ...]:
    """The names in the schema."""
    return tuple(_open(path).schema_arrow.names)


def _open(path: Path) -> Any:
    from pyarrow import ArrowInvalid, parquet

    if path.suffix.lower() == ".gz":
        raise DataError(f"{path}: Parquet is packed inside, and not read from .gz", hint="unpack it with gunzip")
    try:
        return parquet.ParquetFile(path)
    except (ArrowInvalid, OSError) as error:
        raise _damaged(path, "at its start or end", error) from error


def _damaged(path: Path, where: str, error: Exception) -> DataError:
    reason = str(error).partition("\n")[0].rstrip(". ")
    message = f"{path}: not a whole Parquet file, damaged {where}: {reason}"
    return DataError(message, hint="copy or write the file again")


def _record(row: dict[str, Any], path: Path, line: int, request: Request) -> Record:
    values = {}
    for field, column in request.columns.items():
        if row[column] is None:
            return request.bad("missing-value", path, line, f"no {column!r}")
        try:
            values[field] = as_text(row[column])
        except TypeError as error:
            return request.bad("bad-value", path, line, f"{column!r} holds {error}")
    return Record(path, line, values)
