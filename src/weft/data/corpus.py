"""Numbered corpora, in memory or in memory-mapped files, so that their size does not matter.

``Ragged`` holds many rows (texts), ``TokenFile`` one long stream. Both are written in one streaming pass: the numbers
as raw little-endian ``NAME.ids``, for rows also int64 ``NAME.offsets``, and last, as the mark that all is there,
``NAME.json``. Each file appears whole or not at all. Imports no torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike

from weft.data.aligned import file_parts
from weft.data.whole_files import replacing
from weft.errors import DataError, RunError

FORMAT = 1
DTYPES = ("uint8", "uint16", "uint32")
BUFFER = 1 << 20
"""Bytes gathered before they are written, and read at once for a fingerprint."""


class Ragged:
    """Rows of different lengths, side by side in one array.

    Args:
        ids: unsigned integers [N], the rows one after the other; may be memory-mapped.
        offsets: int64 [R + 1]; row i is ``ids[offsets[i] : offsets[i + 1]]``.
        fingerprint: sha256 of the file that holds the ids, or "".
    """

    def __init__(self, ids: np.ndarray, offsets: np.ndarray, *, fingerprint: str = "") -> None:
        self.ids = ids
        self.offsets = offsets
        self.fingerprint = fingerprint

    @classmethod
    def write(cls, arrays: Iterable[np.ndarray], path: Path, dtype: DTypeLike) -> Ragged:
        """Write rows to ``path.ids`` and ``path.offsets`` as they come, and open them.

        Raises:
            RunError: the folder cannot be written, or the disk is full; nothing half-written stays.
        """
        with row_writer(path, dtype) as take:
            for array in arrays:
                take(array)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Ragged:
        """Map rows that ``write`` has written.

        Raises:
            RunError: a file is missing, of another kind or of another size than was written.
        """
        header = _read_header(path, "rows")
        ids = _map(_beside(path, ".ids"), header["dtype"], header["symbols"])
        offsets = _map(_beside(path, ".offsets"), "int64", None)
        if not len(offsets) or offsets[-1] != header["symbols"]:
            raise _damaged(path, ".offsets does not end where .ids does")
        return cls(ids, offsets, fingerprint=header["fingerprint"])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[row] for row in range(len(self)))

    @property
    def lengths(self) -> np.ndarray:
        """int64 [R], symbols of each row."""
        return np.diff(self.offsets)

    @property
    def tokens(self) -> int:
        """Symbols of all rows."""
        return int(self.offsets[-1])


@contextmanager
def row_writer(path: Path, dtype: DTypeLike) -> Iterator[Callable[[np.ndarray], None]]:
    """Take rows one by one for ``path.ids`` and ``path.offsets``, which ``Ragged.open`` reads; several may be open.

    Raises:
        RunError: the folder cannot be written, or the disk is full; nothing half-written stays.
    """
    with (
        replacing(_beside(path, ".ids"), "the numbered corpus (ids)") as ids,
        replacing(_beside(path, ".offsets"), "the numbered corpus (offsets)") as ends,
    ):
        sink, places = _Sink(ids, dtype), _Sink(ends, np.int64)
        places.take(np.zeros(1, np.int64))

        def take(array: np.ndarray) -> None:
            sink.take(array)
            places.take(np.array([sink.taken], np.int64))

        yield take
        digest = sink.close()
        places.close()
    _write_header(path, {"kind": "rows", "dtype": sink.dtype.name, "symbols": sink.taken, "fingerprint": digest})


class TokenFile:
    """One long stream of numbers in a memory-mapped file.

    Attributes:
        ids: unsigned integers [N], mapped: reading takes no private memory.
        fingerprint: sha256 of the file.
    """

    def __init__(self, ids: np.ndarray, *, fingerprint: str) -> None:
        self.ids = ids
        self.fingerprint = fingerprint

    @classmethod
    def write(cls, chunks: Iterable[np.ndarray], path: Path, dtype: DTypeLike) -> TokenFile:
        """Write arrays one after the other to ``path.ids`` as they come, and open it.

        Raises:
            RunError: the folder cannot be written, or the disk is full; nothing half-written stays.
        """
        with replacing(_beside(path, ".ids"), "the numbered corpus (ids)") as file:
            sink = _Sink(file, dtype)
            for chunk in chunks:
                sink.take(chunk)
            digest = sink.close()
        _write_header(path, {"kind": "stream", "dtype": sink.dtype.name, "symbols": sink.taken, "fingerprint": digest})
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> TokenFile:
        """Map a stream that ``write`` has written.

        Raises:
            RunError: a file is missing, of another kind or of another size than was written.
        """
        header = _read_header(path, "stream")
        ids = _map(_beside(path, ".ids"), header["dtype"], header["symbols"])
        return cls(ids, fingerprint=header["fingerprint"])

    def __len__(self) -> int:
        return len(self.ids)


def fingerprint(paths: Sequence[Path]) -> dict[str, str]:
    """sha256 of each file, by path; a folder stands for the files below it, an aligned pair for both.

    Raises:
        DataError: a file cannot be read.
    """
    whole = [part for path in paths for part in file_parts(path)]
    files = [file for path in whole for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return {str(file): _sha256(file) for file in files if not file.is_dir()}


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


class _Sink:
    """Gathers arrays to writes of about ``BUFFER`` bytes, and fingerprints them."""

    def __init__(self, file: IO[bytes], dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self.taken = 0
        self._file = file
        self._held = bytearray()
        self._digest = hashlib.sha256()

    def take(self, array: np.ndarray) -> None:
        """Append an array; its numbers must fit the dtype."""
        self._held += np.ascontiguousarray(array, self.dtype.newbyteorder("<")).data.cast("B")
        self.taken += len(array)
        if len(self._held) >= BUFFER:
            self._flush()

    def close(self) -> str:
        """Write the rest; the fingerprint."""
        self._flush()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        self._digest.update(self._held)
        self._file.write(self._held)
        self._held.clear()


def _write_header(path: Path, header: dict[str, Any]) -> None:
    assert header["dtype"] in DTYPES, header
    with replacing(_beside(path, ".json"), "the numbered corpus (header)") as file:
        file.write(json.dumps({"format": FORMAT, **header}).encode() + b"\n")


def _read_header(path: Path, kind: str) -> dict[str, Any]:
    try:
        header = json.loads(_beside(path, ".json").read_text(encoding="utf-8"))
    except OSError as error:
        raise _damaged(path, f".json cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _damaged(path, f".json is not JSON ({error})") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT or header.get("kind") != kind:
        raise _damaged(path, f".json must say format {FORMAT} and kind {kind!r}, got {str(header)[:80]}")
    symbols, dtype = header.get("symbols"), header.get("dtype")
    if not isinstance(symbols, int) or dtype not in DTYPES or not isinstance(header.get("fingerprint"), str):
        raise _damaged(path, f".json must say symbols, dtype ({', '.join(DTYPES)}) and fingerprint, got {header}")
    return header


def _map(path: Path, dtype: str, count: int | None) -> np.ndarray:
    """Map a raw file; an empty one (which cannot be mapped) is an empty array."""
    kind = np.dtype(dtype).newbyteorder("<")
    try:
        size = path.stat().st_size
        if count is not None and size != count * kind.itemsize:
            raise _damaged(path, f"{size} bytes instead of {count * kind.itemsize}")
        return np.asarray(np.memmap(path, kind, "r")) if size else np.zeros(0, kind)
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _damaged(path: Path, what: str) -> RunError:
    return RunError(f"{path}: the numbered corpus is damaged: {what}", hint="delete it; it is made again from the text")
