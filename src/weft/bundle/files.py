"""Files that are whole at every moment: written beside themselves, synced to the disk, renamed over the old one.

A crash, a kill or a full disk leaves the old file or the new one, never a part; what it may leave is ``.NAME.tmp``,
which the next write of the same file replaces and ``remove_leftovers`` deletes.
"""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from weft.errors import RunError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file at ``path`` by ``content`` (atomic, and on the disk when this returns).

    Raises:
        RunError: the disk is full, the folder is read-only or the write failed; the old file is as it was.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with writing(path):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def write_text(path: Path, content: str) -> None:
    """``write_bytes`` in UTF-8."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, values: Any) -> None:
    """Write plain values as indented JSON; a number that is not finite becomes null."""
    write_text(path, json.dumps(plain(values), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def plain(values: Any) -> Any:
    """The same nested values with every number that is not finite replaced by None."""
    if isinstance(values, float):
        return values if math.isfinite(values) else None
    if isinstance(values, Mapping):
        return {str(key): plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [plain(value) for value in values]
    return values


def remove_leftovers(folder: Path) -> int:
    """Delete the ``.NAME.tmp`` files that a kill left in ``folder``; says how many there were."""
    leftovers = list(folder.glob(".*.tmp"))
    with writing(folder):
        for path in leftovers:
            path.unlink()
    return len(leftovers)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write ``path`` into a sentence.

    Raises:
        RunError: in place of any OSError from the block.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            message = f"{path}: no space left on the disk; the files written before are whole"
            raise RunError(message, hint="free some space, then go on with --resume") from error
        if error.errno in _FORBIDDEN:
            message = f"{path}: not allowed to write there ({error.strerror})"
            raise RunError(message, hint="choose another folder with --out, or change its permissions") from error
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power loss (a folder cannot be synced on Windows, where renames are journaled)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
