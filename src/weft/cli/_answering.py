"""Answers a stream of texts with JSON lines, one a row and in order; a bad row says why in its place.

Standard input is answered as it arrives: what was read is answered before more is waited for. Files are read in pieces;
in a piece texts of like length are asked together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import typer

from weft.cli._console import as_json, say, write_json
from weft.cli._exit_codes import UNANSWERED
from weft.cli._kept_rows import KeptRows
from weft.config import SymbolData
from weft.data.problems import Problems, show_path
from weft.data.readers import Record, has_columns, read_blocks, read_records
from weft.errors import ConfigError, DataError

PIECE = 512
"""Rows read before they are answered."""

Ask = Callable[[Sequence[Any]], list[dict[str, Any]]]
"""Texts, or tuples of texts where a row has several fields, to answers: one each and in order."""


@dataclass
class Tally:
    """How many rows were read, how many of them got an error for an answer, and the line of the first of those."""

    rows: int = 0
    bad: int = 0
    first: int = 0


def answer(
    source: str,
    columns: Mapping[str, str],
    data: SymbolData,
    ask: Ask,
    *,
    strict: bool,
    kept: KeptRows | None = None,
) -> None:
    """Read ``source`` and write an answer a row to standard output, or to a file that can be gone on with.

    Args:
        source: a file of any format, or "-": a line of standard input is a row, its fields parted by tabs.
        columns: the fields of a row and the columns that hold them.
        data: how the run read its files.
        ask: DataError when one of the rows cannot be answered.
        strict: end with exit code 1 when a row got an error.
        kept: where the answers go; None: standard output.
    """
    problems = Problems()
    tally = Tally()
    done = _gone_on(kept, tally)
    try:
        for number, piece in enumerate(_pieces(source, columns, data, problems)):
            if number >= done:
                _write(piece, _answers(piece, list(columns), ask), tally, kept)
            else:
                tally.rows += len(piece)
        if kept is not None:
            kept.finish()
    finally:
        if kept is not None:
            kept.close()
    for note in problems.notes():
        say(f"note: {note}")
    if tally.bad:
        say(f"{tally.bad:,} of {tally.rows:,} rows could not be answered, the first on line {tally.first:,}")
        if strict:
            raise typer.Exit(UNANSWERED)


def check_column(column: str, source: str) -> None:
    """Refuse a column that is named where the source has none.

    Raises:
        ConfigError: it has none.
    """
    if column and not has_columns(source):
        raise ConfigError(
            f"--column {column}: {show_path(source)} has no named columns, a line of it is a text",
            hint="leave --column out, or give a .csv, .tsv, .jsonl or .parquet file",
        )


def _gone_on(kept: KeptRows | None, tally: Tally) -> int:
    """How many pieces are answered already."""
    if kept is None:
        return 0
    done = kept.go_on(PIECE)
    tally.bad, tally.first = kept.bad, kept.first
    if done:
        say(f"going on after {done * PIECE:,} rows")
    return done


def _write(piece: Sequence[Record], answers: Sequence[dict[str, Any]], tally: Tally, kept: KeptRows | None) -> None:
    rows = []
    for record, row in zip(piece, answers, strict=True):
        _count(tally, record, row)
        rows.append({**row, "line": record.line} if "error" in row else row)
    if kept is not None:
        kept.write([as_json(row) for row in rows])
        return
    for row in rows:
        write_json(row)


def _pieces(
    source: str, columns: Mapping[str, str], data: SymbolData, problems: Problems
) -> Iterator[Sequence[Record]]:
    if source != "-":
        try:
            records = read_records([source], columns, quoting=data.quoting, problems=problems, keep_bad=True)
            yield from _batched(records, PIECE)
        except DataError as error:
            # the readers name the recipe's key, which a run's user cannot set any more
            raise DataError(str(error), hint=error.hint.replace("--set data.text=", "--column ")) from error
        return
    path = Path(source)
    for first, lines in read_blocks(path, problems):
        rows = [_typed(path, number, line, list(columns)) for number, line in enumerate(lines, first)]
        yield from _batched(rows, PIECE)


def _typed(path: Path, number: int, line: str, fields: Sequence[str]) -> Record:
    """A line of standard input."""
    values = [line] if len(fields) == 1 else line.split("\t")
    if len(values) != len(fields):
        wanted = " TAB ".join(fields)
        return Record(path, number, {}, error=f"expected {wanted}, got {len(values) - 1} tabs")
    return Record(path, number, dict(zip(fields, values, strict=True)))


def _batched(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    rest = iter(records)
    while piece := list(islice(rest, size)):
        yield piece


def _answers(piece: Sequence[Record], fields: Sequence[str], ask: Ask) -> list[dict[str, Any]]:
    """One answer a record: the model's, or {"error": why}."""
    answers = [{"error": _why_not(record, fields)} for record in piece]
    able = [place for place, row in enumerate(answers) if not row["error"]]
    able.sort(key=lambda place: sum(len(piece[place].values[field]) for field in fields))
    items = [tuple(piece[place].values[field] for field in fields) for place in able]
    for place, row in zip(able, _asked(items if len(fields) > 1 else [item[0] for item in items], ask), strict=True):
        answers[place] = row
    return answers


def _asked(texts: list[Any], ask: Ask) -> list[dict[str, Any]]:
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


def _why_not(record: Record, fields: Sequence[str]) -> str:
    if record.error:
        return record.error
    for field in fields:
        value = record.values[field]
        if not isinstance(value, str):
            return f"the {field} is a {type(value).__name__}, not text"
    return ""


def _count(tally: Tally, record: Record, row: dict[str, Any]) -> None:
    tally.rows += 1
    if "error" in row:
        tally.bad += 1
        tally.first = tally.first or record.line
