"""Adds up what one column of a file holds: lengths, values, characters, scripts. Stays small whatever the file."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

VALUES_KEPT = 1000
VALUE_LENGTH = 100
QUANTILES = {"least": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "95 %": 0.95, "most": 1.0}


@dataclass(frozen=True)
class ColumnReport:
    """What a column holds.

    Attributes:
        name: of the column.
        unit: what ``lengths`` count: "characters" of texts, "items" of lists, "" of pictures.
        filled, empty: rows with something in it, and without.
        lengths, words: quantiles over the rows; words are separated by white space, and not counted in lists.
        values: the different values with their counts, most frequent first (labels, tags, sizes of pictures); None when
            there are more than 1,000, or long ones.
        characters: all of them, in code points; ``alphabet`` is how many different ones.
        frequent: the 20 most frequent characters with their counts.
        scripts: share of the letters in each script ("LATIN": 0.98), most first.
    """

    name: str
    unit: str
    filled: int
    empty: int
    lengths: dict[str, int]
    words: dict[str, int]
    values: tuple[tuple[str, int], ...] | None
    characters: int
    alphabet: int
    frequent: tuple[tuple[str, int], ...]
    scripts: dict[str, float]

    @property
    def categorical(self) -> bool:
        """Whether the values repeat so much that they read as labels."""
        return self.values is not None and 0 < 5 * len(self.values) <= sum(count for _, count in self.values)


class Tally:
    """Takes a column's values one by one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._unit = "characters"
        self._empty = 0
        self._lengths: Counter[int] = Counter()
        self._words: Counter[int] = Counter()
        self._values: Counter[str] | None = Counter()
        self._characters: Counter[str] = Counter()

    def add(self, value: Any) -> None:
        """One row's value: a text, a list, or an array (a picture)."""
        if isinstance(value, str):
            self._add_text(value)
        elif isinstance(value, list):
            self._unit = "items"
            self._lengths[len(value)] += 1
            self._empty += not value
            for item in value:
                self._count(str(item))
                self._characters.update(str(item))
        else:
            self._unit = ""
            self._lengths[0] += 1
            self._count(" x ".join(map(str, np.shape(value))) or str(value))

    def report(self) -> ColumnReport:
        """What was added so far."""
        values = self._values
        return ColumnReport(
            name=self.name,
            unit=self._unit,
            filled=sum(self._lengths.values()) - self._empty,
            empty=self._empty,
            lengths=_quantiles(self._lengths) if self._unit else {},
            words=_quantiles(self._words),
            values=None if values is None else tuple(sorted(values.items(), key=lambda item: (-item[1], item[0]))),
            characters=sum(self._characters.values()),
            alphabet=len(self._characters),
            frequent=tuple(sorted(self._characters.items(), key=lambda item: (-item[1], item[0]))[:20]),
            scripts=_scripts(self._characters),
        )

    def _add_text(self, value: str) -> None:
        self._lengths[len(value)] += 1
        self._words[len(value.split())] += 1
        if not value.strip():
            self._empty += 1
            return
        self._count(value)
        self._characters.update(value)

    def _count(self, value: str) -> None:
        if self._values is None:
            return
        self._values[value] += 1
        if len(value) > VALUE_LENGTH or len(self._values) > VALUES_KEPT:
            self._values = None


def _quantiles(counts: Counter[int]) -> dict[str, int]:
    """Exact quantiles of counted whole numbers: the smallest that at least this share of the rows does not exceed."""
    if not counts:
        return {}
    sizes = sorted(counts)
    below = np.cumsum([counts[size] for size in sizes])
    return {name: sizes[int(np.searchsorted(below, share * below[-1]))] for name, share in QUANTILES.items()}


def _scripts(characters: Counter[str]) -> dict[str, float]:
    scripts: Counter[str] = Counter()
    for character, count in characters.items():
        if character.isalpha():
            scripts[unicodedata.name(character, "OTHER").split()[0].partition("-")[0]] += count
    total = scripts.total()
    return {name: round(count / total, 4) for name, count in scripts.most_common()}
