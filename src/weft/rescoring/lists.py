"""Reads n-best lists: a JSON object a line, ``{"id", "reference", "nbest": [{"text", "score"}, ...]}``, .gz too.

``id`` and ``reference`` may be left out; other keys are carried along. Scores are log-probabilities or anything else of
which more is better. An empty text is a hypothesis without words: a recogniser may have heard nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.data.problems import Problems, show_path
from weft.data.readers import read_lines
from weft.data.tokenizers._contract import well_formed
from weft.errors import DataError

FORM = 'a list is {"id": "a", "reference": "what was said", "nbest": [{"text": "what is read", "score": -1.5}, ...]}'

LARGEST = 1e100
"""A score beyond it leaves no room for what is added to it."""


@dataclass(frozen=True)
class NBest:
    """The candidates for one utterance.

    Attributes:
        name: its ``id``, or its line's number.
        reference: what was said, or None.
        texts, scores: H hypotheses and how good the recogniser finds them.
        line: where it stands in its file, from 1.
        row: the object as it came.
    """

    name: str
    reference: str | None
    texts: tuple[str, ...]
    scores: tuple[float, ...]
    line: int
    row: Mapping[str, Any]


def read_lists(path: Path, problems: Problems, *, references: bool = False) -> list[NBest]:
    """All lists of a file (or "-").

    Args:
        problems: where mended characters and empty lines are counted.
        references: whether every list must have its reference.
    Raises:
        DataError: a line is no n-best list, with the line and what is wrong with it; or there is none.
    """
    lists = []
    for line, text in read_lines(path, problems):
        if not text.strip():
            problems.add("blank-row", path, line)
            continue
        found = _parse(text, line, _Complaint(f"{show_path(path)}, line {line:,}"))
        if references and found.reference is None:
            raise DataError(
                f"{show_path(path)}, line {line:,}: no 'reference', and weights are tuned by what was said",
                hint="give --dev a file with references, or the weights themselves with --weights",
            )
        lists.append(found)
    if not lists:
        raise DataError(f"{show_path(path)}: no n-best list in it, only empty lines", hint=FORM)
    return lists


@dataclass(frozen=True)
class _Complaint:
    """Makes the error for what stands at one place of a file."""

    where: str

    def __call__(self, what: str) -> DataError:
        return DataError(f"{self.where}: {what}", hint=FORM)


def _parse(text: str, line: int, complaint: Callable[[str], DataError]) -> NBest:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise complaint(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:
        raise complaint("not JSON that can be read: a number or nesting is too large") from error
    if not isinstance(row, dict):
        raise complaint(f"expected a JSON object, found {_kind(row)}")
    reference = row.get("reference")
    if not isinstance(reference, str | None):
        raise complaint(f"'reference' must be a text, found {_kind(reference)}")
    texts, scores = _hypotheses(row, complaint)
    return NBest(
        name=str(row.get("id", line)),
        reference=None if reference is None else well_formed(reference),
        texts=texts,
        scores=scores,
        line=line,
        row=row,
    )


def _hypotheses(
    row: Mapping[str, Any], complaint: Callable[[str], DataError]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    if "nbest" not in row:
        raise complaint(f"no 'nbest'; its keys are {', '.join(map(repr, row)) or 'none'}")
    nbest = row["nbest"]
    if not isinstance(nbest, Sequence) or isinstance(nbest, str):
        raise complaint(f"'nbest' must be a list of hypotheses, found {_kind(nbest)}")
    if not nbest:
        raise complaint("'nbest' is empty, so there is nothing to choose from")
    texts, scores = [], []
    for place, entry in enumerate(nbest, 1):
        where = f"hypothesis {place} of {len(nbest)}"
        if not isinstance(entry, dict):
            raise complaint(f"{where} must be an object with 'text' and 'score', found {_kind(entry)}")
        texts.append(well_formed(_text(entry, where, complaint)))
        scores.append(_score(entry, where, complaint))
    return tuple(texts), tuple(scores)


def _text(entry: Mapping[str, Any], where: str, complaint: Callable[[str], DataError]) -> str:
    text = entry.get("text")
    if not isinstance(text, str):
        raise complaint(f"{where} has no 'text'" if text is None else f"{where}: 'text' is {_kind(text)}")
    return text


def _score(entry: Mapping[str, Any], where: str, complaint: Callable[[str], DataError]) -> float:
    score = entry.get("score")
    if score is None:
        raise complaint(f"{where} has no 'score'")
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise complaint(f"{where}: 'score' must be a number, found {_kind(score)}")
    if abs(score) > LARGEST or math.isnan(score):
        raise complaint(f"{where}: 'score' is {str(score)[:20]}, which cannot be compared with others")
    return float(score)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    names = {list: "a list", dict: "an object", bool: "true or false", type(None): "null"}
    return names.get(type(value), f"the number {value}")
