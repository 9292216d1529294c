"""Python's own standard library as text: a corpus for character language models that lies on every machine.

Whole files, each in one part. Left out: tests, bundled applications, tables of data, files that are not plain ASCII.
Which files there are depends on the Python version, so a number measured on this sample names its version.
"""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

from weft.data.samples._parts import write_text
from weft.errors import DataError

CHARACTERS = {"test": 100_000, "valid": 100_000, "train": 1_200_000}
"""A part takes whole files in this order until it holds this many characters."""

LONGEST = 50_000
"""A longer file is left out, so that no single module makes up a part."""

LEFT_OUT = {
    "__pycache__",
    "encodings",
    "ensurepip",
    "entities.py",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "site-packages",
    "test",
    "tests",
    "turtledemo",
}


def make(folder: Path, *, seed: int = 1) -> list[Path]:
    """Write ``train.txt``, ``valid.txt`` and ``test.txt`` into ``folder``; same seed and Python, same bytes.

    Raises:
        DataError: this Python comes without its sources, or the folder cannot be written.
    """
    parts: dict[str, list[str]] = {part: [] for part in CHARACTERS}
    room = dict(CHARACTERS)
    for path in _files(Path(sysconfig.get_path("stdlib")), random.Random(seed)):
        part = next((part for part in CHARACTERS if room[part] > 0), None)
        if part is None:
            break
        text = _text(path)
        if text:
            parts[part].append(text)
            room[part] -= len(text)
    return [write_text(folder / f"{part}.txt", parts[part]) for part in ("train", "valid", "test")]


def _files(library: Path, generator: random.Random) -> list[Path]:
    """The library's source files in an order that depends on their names and the generator only."""
    found = [path.relative_to(library) for path in library.rglob("*.py")]
    wanted = [path for path in found if not LEFT_OUT.intersection(path.parts)]
    kept = sorted(path for path in wanted if not path.name.startswith("_sysconfig"))
    if not kept:
        raise DataError(
            f"{library}: no .py files, this Python comes without the sources of its standard library",
            hint="train a language model on a folder of your own: weft train char-lstm --train FOLDER",
        )
    generator.shuffle(kept)
    return [library / path for path in kept]


def _text(path: Path) -> str:
    """The file's text; an empty string when it is too long or not plain ASCII."""
    raw = path.read_bytes()
    return raw.decode("ascii").replace("\r\n", "\n") if len(raw) <= LONGEST and raw.isascii() else ""
