"""Files of every format as one stream of records: the format goes by the file's ending (.gz too), memory stays flat.

.txt, "-" (standard input)     a line a text, field "text"
a folder                       all text files below, a line a text; with field "image" a folder a class
.csv .tsv .jsonl .parquet      named columns
.conll .conllu                 a sentence a record, lists
train.en:train.de              aligned lines, fields "source" and "target"
.idx, -ubyte                   fields "image" and "label"
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from weft.data.problems import Problems, show_path
from weft.data.readers import conll, folder, idx, images, jsonl, pairs, parquet, table, text
from weft.data.readers._bytes import require_path
from weft.data.readers._lines import read_blocks, read_lines
from weft.data.readers._record import TABLES, Reader, Record, Request, other_separator
from weft.errors import DataError
from weft.types import Place

__all__ = ["Record", "has_columns", "list_columns", "other_separator", "read_blocks", "read_lines", "read_records"]

_ENDINGS: dict[str, Reader] = {
    ".txt": text,
    ".csv": table,
    ".tsv": table,
    ".jsonl": jsonl,
    ".parquet": parquet,
    ".conll": conll,
    ".conllu": conll,
    ".idx": idx,
}
KNOWN = f".txt, {TABLES.replace(' and', ',')}, .conll, .conllu, .idx (each but .parquet also with .gz)"


def read_records(
    paths: Sequence[Path | str],
    columns: Mapping[str, str],
    *,
    quoting: str = "auto",
    problems: Problems,
    keep_bad: bool = False,
    without: Collection[Place] = (),
) -> Iterator[Record]:
    """Stream the records of files, in the order given; a file is opened when its turn comes.

    Args:
        paths: files or folders; "-" is standard input, ``a.en:b.de`` an aligned pair.
        columns: field -> name of its column ({"text": "review"}); formats without names know fixed fields.
        quoting: "auto" (.csv is quoted, .tsv is not), "csv" or "none".
        problems: where what was skipped or mended is counted.
        keep_bad: yield rows that cannot be used as well, in their place, with ``Record.error`` and no values. They are
            counted all the same.
        without: records to pass over, by their ``place``; they are no oddity.
    Raises:
        DataError: at once when a path is missing or cannot give the fields; while reading when a file is damaged,
            lacks a column, or has no row that can be used.
    """
    if isinstance(paths, str | Path):
        raise DataError(f"paths must be a list of files, got the single path {str(paths)!r}", hint="write [path]")
    if not paths:
        raise DataError("no file was given to read", hint="give at least one path")
    request = Request(dict(columns), quoting, problems)
    records = chain.from_iterable([_open(Path(path), request, keep_bad) for path in paths])
    return (record for record in records if record.place not in without) if without else records


def list_columns(path: Path | str, *, quoting: str = "auto", fields: Sequence[str] = ()) -> tuple[str, ...]:
    """The columns a file offers, from its header, first object or schema.

    Args:
        path: as in ``read_records``, but not "-", which cannot be read twice.
        fields: what will be asked for; "image" makes a folder one of pictures.
    """
    reader = _reader(Path(path), fields)
    return (reader or text).columns(Path(path), quoting)


def has_columns(path: Path | str) -> bool:
    """Whether a file is of a format with named columns.

    Raises:
        DataError: it is missing.
    """
    return _reader(Path(path), ()) in (table, jsonl, parquet, conll)


def _open(path: Path, request: Request, keep_bad: bool) -> Iterator[Record]:
    reader = _reader(path, request.columns)
    if reader is not None:
        records = reader.read(path, request)
        never_bad = reader in (text, folder)
        return records if keep_bad or never_bad else _usable(path, records, request.problems)
    ending = Path(path.name.removesuffix(".gz")).suffix or "no ending"
    if list(request.columns) != ["text"] or ending == ".json":
        wanted = " and ".join(repr(field) for field in request.columns)
        raise DataError(f"{path}: {ending} is not a format that gives {wanted}", hint=f"known endings: {KNOWN}")
    request.problems.add("unknown-ending", path, None, f"{ending} is not a known format")
    return text.read(path, request)


def _usable(path: Path, records: Iterator[Record], problems: Problems) -> Iterator[Record]:
    skipped = problems.skipped
    used = False
    for record in records:
        if not record.error:
            used = True
            yield record
    if not used:
        notes = [note for note in problems.notes() if note.startswith(show_path(path))]
        raise DataError(
            f"{show_path(path)}: no row can be used, {problems.skipped - skipped:,} were skipped",
            hint="; ".join(notes[:3]),
        )


def _reader(path: Path, fields: Sequence[str] | Mapping[str, str]) -> Reader | None:
    """Who reads a path; None for a file of unknown ending."""
    if str(path) == "-":
        return text
    if ":" in str(path) and not path.exists():
        return pairs
    require_path(path)
    if path.is_dir():
        return images if "image" in fields else folder
    name = path.name.lower().removesuffix(".gz")
    if name.endswith("-ubyte"):
        return idx
    return _ENDINGS.get(Path(name).suffix)
