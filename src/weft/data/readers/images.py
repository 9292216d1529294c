"""A folder of pictures, a subfolder a class: ``digits/7/0001.png`` is a picture of class "7". Needs pillow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from weft.data.readers._record import Record, Request
from weft.data.readers.folder import files_below
from weft.errors import DataError


def read(path: Path, request: Request) -> Iterator[Record]:
    """One record a picture: "image" uint8 [height, width] (gray) or [height, width, 3] (color), "label" its class.

    Raises:
        DataError: pillow is not installed, or there is no picture in any class folder.
    """
    request.only(("image", "label"), path, "a folder of pictures holds 'image' and 'label'")
    return _read(path, request, _pillow())


def columns(_path: Path, _quoting: str) -> tuple[str, ...]:
    """Always "image" and "label"."""
    return ("image", "label")


def _read(folder: Path, request: Request, pillow: Any) -> Iterator[Record]:
    seen = 0
    for file in files_below(folder, request.problems):
        parts = file.relative_to(folder).parts
        if len(parts) < 2:
            request.problems.add("stray-file", folder, None, file.name)
            continue
        seen += 1
        try:
            values = {"image": _pixels(file, pillow), "label": parts[0]}
        except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError) as error:
            request.problems.add("bad-image", folder, None, "/".join(parts))
            yield Record(file, 1, {}, f"picture skipped, unreadable: {error}")
            continue
        yield Record(file, 1, {field: values[field] for field in request.columns})
    if not seen:
        raise DataError(
            f"{folder}: no picture in it", hint="put the pictures of each class into a subfolder named after the class"
        )


def _pixels(file: Path, pillow: Any) -> np.ndarray:
    with pillow.open(file) as picture:
        gray = picture.mode in ("1", "L", "I", "I;16", "F")
        return np.asarray(picture.convert("L" if gray else "RGB"))


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        message = "reading pictures needs pillow, which is not installed"
        raise DataError(message, hint="pip install 'weft[images]'") from error
    return Image
