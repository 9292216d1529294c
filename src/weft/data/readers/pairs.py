"""Two aligned line files, ``train.en:train.de``: line n of one belongs to line n of the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from weft.data.aligned import file_parts
from weft.data.readers._bytes import require_path
from weft.data.readers._lines import read_lines
from weft.data.readers._record import Record, Request
from weft.errors import DataError


def read(path: Path, request: Request) -> Iterator[Record]:
    """One record a pair of lines, fields "source" and "target".

    Raises:
        DataError: a file is missing; one has more lines (told when the shorter one ends).
    """
    for part in file_parts(path):
        require_path(part)
    request.only(("source", "target"), path, "a pair of line files holds 'source' and 'target'")
    return _read(path, request)


def columns(_path: Path, _quoting: str) -> tuple[str, ...]:
    """Always "source" and "target"."""
    return ("source", "target")


def _read(path: Path, request: Request) -> Iterator[Record]:
    left, right = file_parts(path)
    sources, targets = read_lines(left, request.problems), read_lines(right, request.problems)
    for source, target in zip_longest(sources, targets):
        if source is None or target is None:
            longer, shorter = (left, right) if target is None else (right, left)
            last = (source or target)[0]
            count = last + sum(1 for _ in (sources if target is None else targets))
            raise DataError(
                f"{longer}:{last}: this line has no partner: {longer} has {count:,} lines, {shorter} has {last - 1:,}",
                hint="aligned files need the same number of lines; look where they lose step",
            )
        both = {"source": source[1], "target": target[1]}
        yield Record(left, source[0], {field: both[field] for field in request.columns})
