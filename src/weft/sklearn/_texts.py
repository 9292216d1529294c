"""What an estimator is given: texts, checked one by one, and which of them are held out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from weft.errors import ConfigError, DataError

LEAST_HELD_OUT = 10
"""With fewer texts than this to hold out, a share of right answers says too little to choose by."""


class TextError(DataError, ValueError):
    """Texts or labels are not what the estimator takes; a ``ValueError``, as scikit-learn's callers expect."""


class ArgumentError(ConfigError, ValueError):
    """An argument of the estimator is out of its range; a ``ValueError``, as scikit-learn's callers expect."""


def checked_texts(given: Any, *, empty: bool = False) -> list[str]:
    """The texts as a list, each of them checked.

    Args:
        empty: whether a text may be empty.
    Raises:
        TextError: a single ``str``, no list, an empty one, or something in it that is no text.
    """
    if isinstance(given, str):
        raise TextError(f"expected a list of texts, got a single str {given[:40]!r}", hint="write [text]")
    if not isinstance(given, Iterable):
        raise TextError(f"expected a list of texts, got {type(given).__name__}: {given!r:.40}")
    shape = getattr(given, "shape", (0,))
    if len(shape) != 1:
        raise TextError(f"expected a list of texts, got {type(given).__name__} of shape {list(shape)}")
    texts = list(given)
    if not texts:
        raise TextError("expected a list of texts, got an empty one")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TextError(f"text {place + 1} of {len(texts)} is no str but {type(text).__name__}: {text!r:.40}")
        if not empty and not text.strip():
            raise TextError(f"text {place + 1} of {len(texts)} is empty", hint="leave empty texts out")
    return [str(text) for text in texts]


def held_out(texts: list[str], numbers: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """bool [N], which texts are held out: whole groups of equal texts, and never the last ones of a class.

    Args:
        numbers: int [N], each text's class; zeros where there are none.
    """
    held = np.zeros(len(texts), dtype=bool)
    wanted = int(fraction * len(texts))
    if wanted < LEAST_HELD_OUT:
        return held
    groups: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        groups.setdefault(text, []).append(place)
    left = np.bincount(numbers)
    members = list(groups.values())
    for index in np.random.default_rng(seed).permutation(len(members)):
        group = members[index]
        leaving = np.bincount(numbers[group], minlength=len(left))
        if held.sum() + len(group) <= wanted and (left > leaving)[leaving > 0].all():
            held[group] = True
            left -= leaving
    return held


def write_parts(folder: Path, columns: dict[str, list[str]], held: np.ndarray) -> None:
    """``train.jsonl`` and, when anything is held out, ``valid.jsonl``, with these columns."""
    for part, chosen in (("train", ~held), ("valid", held)):
        if chosen.any():
            with (folder / f"{part}.jsonl").open("w", encoding="utf-8") as file:
                for place in np.flatnonzero(chosen):
                    file.write(json.dumps({name: column[place] for name, column in columns.items()}) + "\n")
