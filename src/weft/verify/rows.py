"""Which texts are run: a file's, or the run's own validation texts; evenly spread, numbered as the network reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from weft import bundle
from weft.data.corpus import fingerprint
from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.errors import DataError, RunError
from weft.model import Model

TEXTS = 1000
LONGEST = 200
"""Symbols kept of a text when there is a decision after each of them."""

SPARE = 8
"""Candidates kept for each text while it is unknown how many there are."""

GIVE_A_FILE = "give a file of texts: weft verify RUN FILE"


@dataclass(frozen=True)
class Rows:
    """Numbered texts and where they come from.

    Attributes:
        texts: int64 arrays, each of at least one symbol.
        places: the number of each text among the usable ones of the source, from 1.
        source: what they come from, for a person ("dev.tsv").
        sources: (file name, sha256) of the files they were read from.
        available: usable texts of the source, of which these are an even choice.
        cut: texts of these that were cut at ``LONGEST`` symbols.
        left_out: texts that hold no symbol or cannot be read.
        notes: what was odd in the file.
    """

    texts: tuple[np.ndarray, ...]
    places: tuple[int, ...]
    source: str
    sources: tuple[tuple[str, str], ...] = ()
    available: int = 0
    cut: int = 0
    left_out: int = 0
    notes: tuple[str, ...] = ()

    @property
    def symbols(self) -> int:
        """Of all texts together."""
        return sum(map(len, self.texts))


def text_rows(model: Model, texts: Iterable[Any], *, limit: int = TEXTS, source: str = "the texts given") -> Rows:
    """At most ``limit`` of the texts, evenly spread over all of them; memory holds ``SPARE`` times as many.

    Raises:
        DataError: no text holds a symbol.
    """
    kept, seen, empty = _spread(texts, limit)
    longest = LONGEST if model.task.in_step else None
    whole = [model.encode(text) for text in kept.values()]
    places = tuple(place for place, row in zip(kept, whole, strict=True) if len(row))
    numbered = tuple(row[:longest] for row in whole if len(row))
    if not numbered:
        raise DataError(
            f"{source} holds no text to verify the run on: {seen:,} usable, {empty:,} without a symbol",
            hint=GIVE_A_FILE,
        )
    cut = sum(len(row) > longest for row in whole) if longest else 0
    left_out = empty + len(whole) - len(numbered)
    return Rows(numbered, places, source, available=seen, cut=cut, left_out=left_out)


def file_rows(model: Model, source: str, *, column: str = "", limit: int = TEXTS) -> Rows:
    """Texts of a file of any format, read as ``weft predict`` does; labels are not needed. "-" is standard input.

    Raises:
        DataError: the file is missing, damaged, lacks the column, or holds no text.
    """
    data: Any = model.config
    problems = Problems()
    columns = {"text": column or data.data.read_column}
    try:
        records = read_records([source], columns, quoting=data.data.quoting, problems=problems, keep_bad=True)
        rows = text_rows(model, (record.values.get("text") for record in records), limit=limit, source=_name(source))
    except DataError as error:
        # the readers name the recipe's key, which cannot be set any more
        raise DataError(str(error), hint=error.hint.replace("--set data.text=", "--column ")) from error
    digests = () if source == "-" else _named(fingerprint([Path(source)]))
    return Rows(**{**vars(rows), "sources": digests, "notes": tuple(problems.notes())})


def own_rows(model: Model, *, limit: int = TEXTS) -> Rows:
    """The run's own validation texts, found where training read them.

    Raises:
        RunError: the run does not say where, or the files are gone or have changed.
        DataError: they cannot be read.
    """
    if model.run is None:
        raise RunError("this model has no run folder that says where its validation texts are", hint=GIVE_A_FILE)
    origin = bundle.Origin.read(model.run, what="validation texts", hint=GIVE_A_FILE)
    files = origin.files
    part = files.valid or files.train
    now = origin.check(part)
    names = ", ".join(path.name for path in part)
    source = names if files.valid else f"the held-out share of {names}"
    rows = text_rows(model, model.task.valid_texts(files, model.config), limit=limit, source=source)
    return Rows(**{**vars(rows), "sources": _named(now)})


def _spread(texts: Iterable[Any], limit: int) -> tuple[dict[int, str], int, int]:
    """An even choice of the usable texts by their number, how many are usable, and how many are not."""
    kept: list[tuple[int, str]] = []
    seen = empty = 0
    stride = 1
    for text in texts:
        if not isinstance(text, str) or not text.strip():
            empty += 1
            continue
        if seen % stride == 0:
            kept.append((seen + 1, text))
        if len(kept) > SPARE * limit:
            kept, stride = kept[::2], 2 * stride
        seen += 1
    places = np.linspace(0, len(kept) - 1, min(limit, len(kept))).round().astype(int)
    return dict(kept[place] for place in places), seen, empty


def _named(digests: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((Path(path).name, digest) for path, digest in digests.items())


def _name(source: str) -> str:
    return "standard input" if source == "-" else Path(source).name
