"""A folder of text files for language models: every file below, in the order of its path, a line a text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from weft.data.problems import Problems
from weft.data.readers import text
from weft.data.readers._bytes import NotTextError
from weft.data.readers._record import Record, Request
from weft.errors import DataError


def read(path: Path, request: Request) -> Iterator[Record]:
    """The lines of all text files; binary, empty and hidden files are skipped and counted."""
    request.only(("text",), path, "a folder is read as lines of text, for language models")
    return _read(path, request)


def columns(_path: Path, _quoting: str) -> tuple[str, ...]:
    """Always "text"."""
    return ("text",)


def files_below(folder: Path, problems: Problems) -> list[Path]:
    """All files below a folder, sorted by path; what is hidden, and linked folders, are counted and left out."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        for name in sorted(name for name in folders + names if name.startswith(".")):
            problems.add("hidden-file", folder, None, _relative(Path(place, name), folder))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for linked in filter(Path.is_symlink, (Path(place, name) for name in folders)):
            problems.add("linked-folder", folder, None, _relative(linked, folder))
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(found, key=lambda path: path.parts)


def _read(folder: Path, request: Request) -> Iterator[Record]:
    files = files_below(folder, request.problems)
    texts = 0
    for path in files:
        try:
            yield from text.read(path, request)
            texts += 1
        except NotTextError as error:
            request.problems.add(error.kind, folder, None, _relative(path, folder))
    if not texts:
        raise DataError(
            f"{folder}: no text file among the {len(files):,} files in this folder",
            hint="give a folder of UTF-8 text files, or one file",
        )


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
