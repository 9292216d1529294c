"""Train, valid and test of a sample: cut once by underlying item, written whole or not at all."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, TypeVar

from weft.errors import DataError

SHARES = {"train": 0.8, "valid": 0.08, "test": 0.12}
"""The parts of a sample and what share of the items each gets."""

T = TypeVar("T")


def split(items: Iterable[T], generator: random.Random) -> dict[str, list[T]]:
    """Shuffle the items and cut them into the parts of ``SHARES``; every item lands in exactly one."""
    shuffled = list(items)
    generator.shuffle(shuffled)
    cuts = [round(len(shuffled) * share) for share in (0.0, SHARES["train"], SHARES["train"] + SHARES["valid"], 1.0)]
    return {part: shuffled[start:end] for part, start, end in zip(SHARES, cuts, cuts[1:], strict=False)}


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """Write a CSV file (UTF-8, lines end in a line feed).

    Raises:
        DataError: the folder cannot be written.
    """

    def fill(stream: IO[str]) -> None:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)

    return _write(path, fill)


def write_text(path: Path, texts: Iterable[str]) -> Path:
    """Write texts one behind the other, each ending in one line feed.

    Raises:
        DataError: the folder cannot be written.
    """

    def fill(stream: IO[str]) -> None:
        for text in texts:
            stream.write(text.rstrip("\n") + "\n")

    return _write(path, fill)


def _write(path: Path, fill: Callable[[IO[str]], None]) -> Path:
    """Fill a file beside ``path`` and move it into place, so that a crash leaves the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8", newline="") as stream:
            fill(stream)
        beside.replace(path)
    except OSError as error:
        if path.parent.is_dir():
            beside.unlink(missing_ok=True)
        raise DataError(
            f"{path}: the sample cannot be written: {error.strerror}",
            hint="give a folder with room that you may write to",
        ) from error
    return path
