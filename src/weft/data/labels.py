"""The classes of the training part, numbered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

from weft.errors import DataError, RunError

NUMERIC = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Labels:
    """Names of the classes by number, sorted (numeric names by value, before the others).

    Attributes:
        names: by number.
        counts: how often each was seen in training.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def learn(cls, labels: Iterable[str]) -> Labels:
        """Count the labels of the training part.

        Raises:
            DataError: there is none.
        """
        counts = Counter(labels)
        if not counts:
            raise DataError("the training part has no label", hint="--set data.label=NAME says which column holds it")
        names = sorted(counts, key=_rank)
        return cls(tuple(names), tuple(counts[name] for name in names))

    def __len__(self) -> int:
        return len(self.names)

    def number(self, name: str) -> int:
        """The number of a class; -1 when training did not see it."""
        return self._numbers.get(name, -1)

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``vocabulary.json``."""
        return {"names": list(self.names), "counts": list(self.counts)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Labels:
        """Read back what ``to_json`` gave.

        Raises:
            RunError: it is not names with as many counts.
        """
        names, counts = (values.get(key) for key in ("names", "counts"))
        if not _texts(names) or not _numbers(counts) or not len(names) == len(counts) == len(set(names)):
            raise RunError(
                f"vocabulary.json is damaged: labels must be different names with counts, got {str(values)[:60]}",
                hint="take the file from a backup, or train again",
            )
        return cls(tuple(names), tuple(counts))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}


def _rank(name: str) -> tuple[bool, float, str]:
    numeric = NUMERIC.fullmatch(name) is not None
    return (not numeric, float(name) if numeric else 0.0, name)


def _texts(values: Any) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _numbers(values: Any) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(isinstance(value, int) for value in values)
