"""Two aligned files as one name, ``train.en:train.de``: line n of one belongs to line n of the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def file_parts(path: Path) -> tuple[Path, ...]:
    """The files behind a name: both of an aligned pair, else the one itself."""
    if ":" not in str(path) or path.exists():
        return (path,)
    left, _, right = str(path).partition(":")
    return Path(left), Path(right)


def each_part(path: Path, change: Callable[[Path], Path | str]) -> str:
    """The name with every one of its files' names changed."""
    return ":".join(str(change(part)) for part in file_parts(path))
