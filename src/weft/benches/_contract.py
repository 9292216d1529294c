"""What a benchmark is: a module of ``benches/`` with a one-line summary that says its cost, and ``run(options)``.

A benchmark measures and reports; it prints nothing. The command line draws the report.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weft.errors import DataError


@dataclass(frozen=True)
class BenchOptions:
    """What a person may choose.

    Attributes:
        data: the folder of the public data sets (``sst2/train.tsv``, ``tiny_shakespeare/input.txt``), or None.
        full: measure the long cases too.
        seed: of everything that is drawn.
        threads: CPU threads of trainings, 0 for all cores.
        out: where a benchmark may leave files (None: a temporary folder that is removed, and no picture is drawn).
        progress: takes one line of talk at a time.
    """

    data: Path | None
    full: bool
    seed: int
    out: Path | None
    progress: Callable[[str], None]
    threads: int = 0


@dataclass(frozen=True)
class BenchReport:
    """What was measured.

    Attributes:
        title, columns, rows: a table of plain values; the unit stands in the column's name or in a column of its own.
        notes: what to know of it.
        machine: what the numbers depend on besides the code, and the machine's own limits, by name with the unit.
        pictures: the files drawn, in the folder ``out`` of the options.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    notes: tuple[str, ...] = ()
    machine: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[Path, ...] = ()


@contextmanager
def working_folder(options: BenchOptions) -> Iterator[Path]:
    """Where a benchmark leaves its files: ``out``, made where it is not there, or a temporary folder."""
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        yield options.out
        return
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        yield Path(folder)


def data_file(options: BenchOptions, name: str) -> Path:
    """A file of the public data sets, ``name`` below the data folder.

    Raises:
        DataError: no data folder was given, or it does not hold the file.
    """
    if options.data is None:
        raise DataError(
            f"this benchmark reads {name} and no data folder was given",
            hint="give the folder with --data DIR or in the environment as WEFT_DATA",
        )
    path = options.data / name
    if not path.is_file():
        raise DataError(f"{options.data} does not hold {name}", hint="--data DIR or WEFT_DATA names the data folder")
    return path
