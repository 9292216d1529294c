"""Large arrays in memory while they fit a bound, in files of a work folder when they do not."""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from weft.errors import RunError

SMALL = 1 << 20
"""Bytes that are never worth a file."""
BLOCK = 1 << 20
"""Numbers worked on at once where memory allows; larger blocks are no faster to sort and merge."""


class Scratch:
    """Gives arrays, and knows how much memory those that still live take.

    The files have no name: they are gone when nobody holds their array any more, also after a crash.

    Args:
        memory: bytes that the arrays may take in memory together.
        folder: where the files of the others lie; the system's folder for such files when None.
    Attributes:
        on_disk: bytes of arrays that were made as files.
    """

    def __init__(self, memory: int, folder: Path | None = None) -> None:
        self.memory = memory
        self.on_disk = 0
        self._folder = folder
        self._held = 0

    @property
    def block(self) -> int:
        """How many numbers of a large array should be worked on at once."""
        return min(BLOCK, max(1024, self.memory // 64))

    def empty(self, count: int, dtype: DTypeLike) -> np.ndarray:
        """An array [count] with undefined contents.

        Raises:
            RunError: it does not fit the memory, and no file can be made.
        """
        size = count * np.dtype(dtype).itemsize
        if size < SMALL or self._held + size <= self.memory:
            array = np.empty(count, dtype)
            self._held += size
            weakref.finalize(array, self._release, size)
            return array
        self.on_disk += size
        try:
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder) as file:
                if hasattr(os, "posix_fallocate"):  # a full disk is an error here, later it would be the end
                    os.posix_fallocate(file.fileno(), 0, size)
                return np.asarray(np.memmap(file, np.dtype(dtype), "w+", shape=(count,)))
        except OSError as error:
            raise RunError(
                f"{self._folder or tempfile.gettempdir()}: no room for {size:,} bytes of counts: {error.strerror}",
                hint="give a work folder on a larger disk, or more memory",
            ) from error

    def zeros(self, count: int, dtype: DTypeLike) -> np.ndarray:
        """An array [count] of zeros."""
        array = self.empty(count, dtype)
        array[:] = 0
        return array

    def _release(self, size: int) -> None:
        self._held -= size
