"""One process at a time: two that go on with the same run or the same answers would spoil them for each other.

Locks are the system's and end with the process, however it ends: nothing is left behind that a person must remove.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weft.errors import RunError

if sys.platform != "win32":  # Windows locks ranges of files only, no folders
    import fcntl


def lock(descriptor: int) -> bool:
    """Keep an open file or folder to this process until it is closed; False where another process has it.

    Where the system or the file system knows no such locks, nobody is kept out.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep a run's folder to this process.

    Raises:
        RunError: another process is training there.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if not lock(descriptor):
            raise RunError(
                f"{folder}: another process is training there",
                hint="wait until it has ended, or stop it; then go on with --resume",
            )
        yield
    finally:
        os.close(descriptor)
