"""For tests of readers: read small files to the end, and read the sentence a person gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from weft.data.problems import Problems
from weft.data.readers import Record, read_records
from weft.errors import DataError


def read(*paths: Path | str, **options: Any) -> tuple[list[Record], Problems]:
    """All records of the files, and what was odd; ``fields`` or ``columns`` say what is asked for."""
    problems = Problems()
    fields: Sequence[str] = options.pop("fields", ("text",))
    columns = options.pop("columns", {field: field for field in fields})
    return list(read_records(paths, columns, problems=problems, **options)), problems


def refused(*paths: Path | str, **options: Any) -> tuple[str, str]:
    """The message and the hint of the error that reading ends in."""
    with pytest.raises(DataError) as caught:
        read(*paths, **options)
    return str(caught.value), caught.value.hint


def texts(records: Sequence[Record]) -> list[str]:
    """The texts of the records."""
    return [record.values["text"] for record in records]


def write(path: Path, content: str | bytes) -> Path:
    """A file with this content, byte for byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
