"""Weft's own files of pairs: words after a prefix, or whole sentences.

    prefix	good	bad	attractors	distance
    the dog near the cats	chases	chase	1	4

    grammatical	ungrammatical	attractors	distance
    the dog near the cats chases a bird	the dog near the cats chase a bird	1	4

``attractors`` and ``distance`` may be empty or absent where they are not known; ``group`` and ``rest`` are optional.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from weft.bundle import write_text, writing
from weft.labs.agreement.pairs import Pair

HEADER = ("prefix", "good", "bad", "attractors", "distance", "group", "rest")


@dataclass(frozen=True)
class Own:
    """One of the two formats, told from the other by its columns."""

    COLUMNS: tuple[str, ...]
    OPTIONAL: tuple[str, ...]
    ODD: str = "they are empty"

    def pair(self, values: Mapping[str, str], /) -> Pair | None:
        """The pair of a row.

        Raises:
            ValueError: a word or sentence is missing, both are equal, or a count is not a whole number.
        """
        *_, good_column, bad_column = self.COLUMNS
        good, bad = (" ".join(values[column].split()) for column in (good_column, bad_column))
        for column, text in ((good_column, good), (bad_column, bad)):
            if not text:
                raise ValueError(f"column {column!r} is empty")
        if good == bad:
            raise ValueError(f"{good_column!r} and {bad_column!r} are both {good!r}; a pair differs")
        return Pair(
            good,
            bad,
            prefix=" ".join(values["prefix"].split()) if "prefix" in self.COLUMNS else None,
            attractors=_count(values, "attractors", least=0),
            distance=_count(values, "distance", least=1),
            group=values.get("group", ""),
            rest=values.get("rest", ""),
        )


PREFIXES = Own(COLUMNS=("prefix", "good", "bad"), OPTIONAL=("attractors", "distance", "group", "rest"))
SENTENCES = Own(COLUMNS=("grammatical", "ungrammatical"), OPTIONAL=("attractors", "distance", "group"))


def write_pairs(path: Path, pairs: Sequence[Pair]) -> Path:
    """Write pairs with a prefix, as ``read_pairs`` reads them.

    Raises:
        RunError: the file cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    rows = [[_shown(getattr(pair, column)) for column in HEADER] for pair in pairs]
    write_text(path, "".join("\t".join(row) + "\n" for row in [list(HEADER), *rows]))
    return path


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _count(values: Mapping[str, str], column: str, *, least: int) -> int | None:
    text = values.get(column, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise ValueError(f"column {column!r} must be a whole number from {least}, or empty, got {text!r}")
    return int(text)
