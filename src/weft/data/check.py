"""What files hold and what is wrong with them, for ``weft data check``: one pass over the same readers as training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from weft.data._tally import ColumnReport, Tally
from weft.data.problems import Problems, show_path
from weft.data.readers import list_columns, other_separator, read_records
from weft.errors import DataError

REMEMBERED = 1_000_000
"""Rows of a file whose fingerprints are kept to find duplicates: at most some 200 MB."""
RARE = 5
SHORT_LINE = 40
"""Characters: shorter lines of plain text repeat by nature and are not looked at as duplicates."""


@dataclass(frozen=True)
class FileReport:
    """What one file (folder, pair) holds.

    Attributes:
        path: as it was given.
        rows: rows that can be used.
        columns: one report a column.
        oddities: what was skipped or mended, one sentence a kind (``Problems.notes``).
        findings: what may spoil training though every row is well-formed: duplicates, contradictions, rare labels.
        error: why reading stopped, with what to do; empty when the file was read to its end.
    """

    path: str
    rows: int
    columns: tuple[ColumnReport, ...]
    oddities: tuple[str, ...]
    findings: tuple[str, ...]
    error: str = ""


@dataclass(frozen=True)
class CheckReport:
    """What the files hold, one report a file."""

    files: tuple[FileReport, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing at all was found wrong."""
        return not any(file.error or file.oddities or file.findings for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Plain values, ``format`` 1."""
        return {"format": 1, "clean": self.clean, "files": [asdict(file) for file in self.files]}

    def lines(self) -> list[str]:
        """The report as plain text for a person."""
        return [line for file in self.files for line in _file_lines(file)]


def check(paths: Sequence[Path | str], columns: Mapping[str, str] | None = None, quoting: str = "auto") -> CheckReport:
    """Read files to their end and tell what is in them.

    Args:
        paths: as ``read_records`` takes them.
        columns: field -> column as a recipe has them; None: every column there is.
        quoting: as ``read_records`` takes it.
    Raises:
        DataError: a path is missing, or cannot give the fields. What shows only while reading is part of the report.
    """
    earlier: dict[str, set[int]] = {}
    reports = []
    for path in paths:
        wanted = dict(columns) if columns is not None else _all_columns(path, quoting)
        reports.append(_check_file(path, wanted, quoting, earlier))
    return CheckReport(tuple(reports))


def _all_columns(path: Path | str, quoting: str) -> dict[str, str]:
    if str(path) == "-":
        return {"text": "text"}
    names = list_columns(path, quoting=quoting)
    # CoNLL offers every column under a number or name too
    return {name: name for name in names if "tokens" not in names or name in ("tokens", "tags")}


def _check_file(path: Path | str, columns: dict[str, str], quoting: str, earlier: dict[str, set[int]]) -> FileReport:
    problems = Problems()
    records = read_records([path], columns, quoting=quoting, problems=problems)
    tallies = {field: Tally(column) for field, column in columns.items()}
    repeats = _Repeats(tuple(columns))
    rows, error = 0, ""
    try:
        for record in records:
            rows += 1
            for field, value in record.values.items():
                tallies[field].add(value)
            repeats.add(record.values)
    except DataError as stopped:
        error = f"{stopped}; {stopped.hint}" if stopped.hint else str(stopped)
    reports = {field: tally.report() for field, tally in tallies.items()}
    findings = [*_empty(reports), *_labels(reports), *repeats.findings(), *repeats.shared(earlier)]
    if separated := other_separator(list(columns.values())):
        findings.insert(0, separated)
    earlier.setdefault(show_path(path), set()).update(repeats.seen)
    return FileReport(show_path(path), rows, tuple(reports.values()), tuple(problems.notes()), tuple(findings), error)


class _Repeats:
    """Finds rows that stand twice, and equal texts with different labels, by 64-bit fingerprints."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self._label = "label" if "label" in fields and len(fields) > 1 else ""
        self._labels: dict[int, int] = {}
        self._contradictions: set[int] = set()
        self._lines_only = fields == ("text",)
        self.seen: set[int] = set()
        self._again = 0

    def add(self, values: Mapping[str, Any]) -> None:
        """One row."""
        if len(self.seen) >= REMEMBERED or (self._lines_only and len(values["text"]) < SHORT_LINE):
            return
        source = hash(tuple(_key(value) for field, value in values.items() if field != self._label))
        label = hash(_key(values[self._label])) if self._label else 0
        row = hash((source, label))
        self._again += row in self.seen
        self.seen.add(row)
        if self._label and self._labels.setdefault(source, label) != label:
            self._contradictions.add(source)

    def findings(self) -> Iterator[str]:
        """Sentences about this file."""
        limit = f" (among the first {REMEMBERED:,} different ones)" if len(self.seen) >= REMEMBERED else ""
        if self._again:
            yield f"{_count(self._again, 'row')} equal to an earlier one{limit}"
        if self._contradictions:
            yield f"{_count(len(self._contradictions), 'text')} with different labels in different rows{limit}"

    def shared(self, earlier: Mapping[str, set[int]]) -> Iterator[str]:
        """Sentences about rows that files checked before hold as well (a test set inside the training set)."""
        for path, seen in earlier.items():
            if both := len(self.seen & seen):
                yield f"{_count(both, 'different row')} also in {path}"


def _key(value: Any) -> Any:
    """Something hashable: texts as they are, lists and arrays by their content."""
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, list) else value.tobytes()


def _empty(reports: Mapping[str, ColumnReport]) -> Iterator[str]:
    for field, report in reports.items():
        if report.empty and not (field == "text" and len(reports) == 1):
            yield f"column {report.name!r}: {_count(report.empty, 'row')} with nothing in it"


def _labels(reports: Mapping[str, ColumnReport]) -> Iterator[str]:
    report = reports.get("label")
    if report is None or not report.filled:
        return
    if report.values is None or (len(report.values) > 10 and not report.categorical):
        yield f"column {report.name!r}: almost every label is different, a classifier cannot learn from it"
    elif len(report.values) == 1:
        yield f"column {report.name!r}: one class only ({report.values[0][0]!r}), a classifier needs at least two"
    elif rare := [name for name, count in report.values if count < RARE]:
        names = ", ".join(map(repr, rare[:5])) + (", …" if len(rare) > 5 else "")
        noun = "label has" if len(rare) == 1 else "labels have"
        yield f"column {report.name!r}: {len(rare)} {noun} fewer than {RARE} rows ({names})"


def _file_lines(file: FileReport) -> Iterator[str]:
    yield f"{file.path}: {_count(file.rows, 'row')}"
    for column in file.columns:
        yield from (f"  {line}" for line in _column_lines(column))
    wrong = [f"stopped: {file.error}"] if file.error else []
    wrong += [*file.oddities, *file.findings]
    yield "  nothing wrong found" if not wrong else "  what is wrong:"
    yield from (f"    {line}" for line in wrong)


def _column_lines(column: ColumnReport) -> Iterator[str]:
    yield f"column {column.name!r}: {column.filled:,} filled, {column.empty:,} empty"
    if column.values is not None and (column.categorical or not column.unit):
        shown = ", ".join(f"{value} {count:,}" for value, count in column.values[:20])
        more = ", …" if len(column.values) > 20 else ""
        yield f"  {_count(len(column.values), 'different value')}: {shown}{more}"
    if column.lengths and not (column.categorical and column.unit == "characters"):
        yield f"  {column.unit}: {_spread(column.lengths)}"
        if column.words:
            yield f"  words: {_spread(column.words)}"
    if column.lengths and not column.categorical:
        scripts = ", ".join(f"{name.capitalize()} {share:.1%}" for name, share in list(column.scripts.items())[:5])
        yield f"  {_count(column.characters, 'character')}, {column.alphabet:,} different; letters: {scripts or 'none'}"
        yield "  most frequent: " + " ".join(_visible(character) for character, _ in column.frequent)


def _spread(quantiles: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in quantiles.items())


def _visible(character: str) -> str:
    if character == " ":
        return "space"
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
