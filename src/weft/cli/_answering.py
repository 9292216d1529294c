"""Answers a stream of texts with JSON lines, one a row and in order; a bad row says why in its place.

Standard input is answered as it arrives: what was read is answered before more is waited for. Files are read in pieces;
in a piece texts of like length are asked together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import typer

from weft.cli._console import say, write_json
from weft.cli._exit_codes import UNANSWERED
from weft.config import TextData
from weft.data.problems import Problems, show_path
from weft.data.readers import Record, has_columns, read_blocks, read_records
from weft.errors import ConfigError, DataError

PIECE = 512
"""Rows read before they are answered."""

Ask = Callable[[Sequence[str]], list[dict[str, Any]]]


@dataclass
class Tally:
    """How many rows were read, how many of them got an error for an answer, and the line of the first of those."""

    rows: int = 0
    bad: int = 0
    first: int = 0


def answer(source: str, column: str, data: TextData, ask: Ask, *, strict: bool) -> None:
    """Read ``source`` and write an answer a row to standard output.

    Args:
        source: a file of any format, or "-".
        column: which column holds the text ("": the run's).
        data: how the run read its files.
        ask: texts -> answers, one each and in order; DataError when one of them cannot be answered.
        strict: end with exit code 1 when a row got an error.
    Raises:
        ConfigError: a column is named, and the source has none.
    """
    if column and not has_columns(source):
        raise ConfigError(
            f"--column {column}: {show_path(source)} has no named columns, a line of it is a text",
            hint="leave --column out, or give a .csv, .tsv, .jsonl or .parquet file",
        )
    problems = Problems()
    tally = Tally()
    for piece in _pieces(source, column, data, problems):
        for record, row in zip(piece, _answers(piece, ask), strict=True):
            _count(tally, record, row)
            write_json({**row, "line": record.line} if "error" in row else row)
    for note in problems.notes():
        say(f"note: {note}")
    if tally.bad:
        say(f"{tally.bad:,} of {tally.rows:,} rows could not be answered, the first on line {tally.first:,}")
        if strict:
            raise typer.Exit(UNANSWERED)


def _pieces(source: str, column: str, data: TextData, problems: Problems) -> Iterator[Sequence[Record]]:
    if source != "-":
        columns = {"text": column or data.text}
        try:
            records = read_records([source], columns, quoting=data.quoting, problems=problems, keep_bad=True)
            yield from _batched(records, PIECE)
        except DataError as error:
            # the readers name the recipe's key, which a run's user cannot set any more
            raise DataError(str(error), hint=error.hint.replace("--set data.text=", "--column ")) from error
        return
    path = Path(source)
    for first, lines in read_blocks(path, problems):
        rows = [Record(path, number, {"text": line}) for number, line in enumerate(lines, first)]
        yield from _batched(rows, PIECE)


def _batched(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    rest = iter(records)
    while piece := list(islice(rest, size)):
        yield piece


def _answers(piece: Sequence[Record], ask: Ask) -> list[dict[str, Any]]:
    """One answer a record: the model's, or {"error": why}."""
    answers = [{"error": _why_not(record)} for record in piece]
    able = [place for place, row in enumerate(answers) if not row["error"]]
    able.sort(key=lambda place: len(piece[place].values["text"]))
    for place, row in zip(able, _asked([piece[place].values["text"] for place in able], ask), strict=True):
        answers[place] = row
    return answers


def _asked(texts: list[str], ask: Ask) -> list[dict[str, Any]]:
    """Ask all at once; where that fails, halves, until what fails stands alone."""
    if not texts:
        return []
    try:
        return ask(texts)
    except DataError as error:
        if len(texts) == 1:
            return [{"error": str(error).removeprefix("text 1 ")}]
    middle = len(texts) // 2
    return _asked(texts[:middle], ask) + _asked(texts[middle:], ask)


def _why_not(record: Record) -> str:
    if record.error or isinstance(record.values["text"], str):
        return record.error
    return f"the text is a {type(record.values['text']).__name__}, not text"


def _count(tally: Tally, record: Record, row: dict[str, Any]) -> None:
    tally.rows += 1
    if "error" in row:
        tally.bad += 1
        tally.first = tally.first or record.line
