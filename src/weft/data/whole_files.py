"""Files that appear whole or not at all: written beside their place and renamed when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from weft.errors import RunError


@contextmanager
def replacing(path: Path, what: str) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` when it is complete, and leaves nothing behind when it is not.

    Args:
        path: its folder is made when it is not there.
        what: the file's content in a message, "the numbered corpus".
    Raises:
        RunError: the folder cannot be written, or the disk is full.
    """
    draft = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise RunError(
            f"{path}: {what} cannot be written: {error.strerror}",
            hint="choose an output folder that can be written and has room",
        ) from error
    finally:
        if draft.parent.is_dir():
            draft.unlink(missing_ok=True)
