"""IDX, the format of MNIST: ``train-images-idx3-ubyte.gz``, its labels in ``train-labels-idx1-ubyte.gz`` beside it.

Four bytes (0, 0, type, dimensions), the sizes as big-endian 32-bit numbers, then the items one after another.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np

from weft.data.readers._bytes import CutShortError, read_bytes, require_path
from weft.data.readers._record import Record, Request
from weft.errors import DataError

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read(path: Path, request: Request) -> Iterator[Record]:
    """One record an item: "image" is the array as stored (native byte order), "label" its number as text.

    Raises:
        DataError: not IDX, cut short, no labels file though labels are asked for, or labels of another number.
    """
    request.only(("image", "label"), path, "an IDX file holds 'image', and 'label' in the file beside it")
    labels = labels_of(path) if "label" in request.columns else None
    if labels == path:
        raise DataError(
            f"{path}: no images in its name, so no labels file beside it is known", hint="give the images file"
        )
    if labels is not None:
        require_path(labels)
    return _read(path, labels, request)


def columns(path: Path, _quoting: str) -> tuple[str, ...]:
    """The field "image", and "label" when the labels file is there."""
    labels = labels_of(path)
    return ("image", "label") if labels != path and labels.exists() else ("image",)


def labels_of(path: Path) -> Path:
    """The labels file beside an images file, by MNIST's naming."""
    return path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))


def _read(path: Path, labels: Path | None, request: Request) -> Iterator[Record]:
    images = _items(path)
    count, _ = next(images)
    numbers = _items(labels) if labels else iter(())
    if labels:
        expected, _ = next(numbers)
        if count != expected:
            message = f"{path} has {count:,} items, {labels} has {expected:,} labels"
            raise DataError(message, hint="give files that belong together")
    for line, image in images:
        values: dict[str, object] = {"image": image}
        if labels:
            values["label"] = str(next(numbers)[1])
        yield Record(path, line, {field: values[field] for field in request.columns})


def _items(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """First (how many, an empty array), then (number from 1, item)."""
    stream = _Stream(path)
    zeros, code, dimensions = struct.unpack(">HBB", stream.take(4, "its header"))
    if zeros or code not in _TYPES or not 1 <= dimensions <= 8:
        message = (
            f"{path}: not an IDX file, it begins with {zeros >> 8:02x} {zeros & 255:02x} {code:02x} {dimensions:02x}"
        )
        raise DataError(message, hint="IDX files begin with 00 00, a type from 08 to 0e, and the number of dimensions")
    count, *shape = struct.unpack(f">{dimensions}I", stream.take(4 * dimensions, "its header"))
    kind = np.dtype(_TYPES[code])
    yield count, np.empty(0, kind)
    for number in range(1, count + 1):
        raw = stream.take(prod(shape) * kind.itemsize, f"item {number:,} of {count:,}")
        yield number, np.frombuffer(raw, kind).reshape(shape).astype(kind.newbyteorder("="))


class _Stream:
    """Exact numbers of bytes out of blocks of any size."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks = read_bytes(path)
        self._held = b""
        self._at = 0

    def take(self, size: int, what: str) -> bytes:
        """The next ``size`` bytes; ``what`` they are, for the message when they are not there."""
        end = self._at + size
        if end > len(self._held):
            self._fill(size, what)
            end = size
        piece = self._held[self._at : end]
        self._at = end
        return piece

    def _fill(self, size: int, what: str) -> None:
        parts = [self._held[self._at :]]
        length = len(parts[0])
        while length < size:
            block = self._next()
            if not block:
                raise DataError(f"{self._path}: the file ends inside {what}", hint="copy or download the file again")
            parts.append(block)
            length += len(block)
        self._held = b"".join(parts)
        self._at = 0

    def _next(self) -> bytes:
        try:
            return next(self._blocks, b"")
        except CutShortError:
            return b""
