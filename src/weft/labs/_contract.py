"""What a lab is: a module of ``labs/`` with a one-line summary that says its cost, and ``run(options)``.

A lab is an experiment behind a claim: it measures, and says in sentences what follows from the numbers. It prints
nothing. It leaves its results in a folder and goes on where it stopped. ``TAKES`` names those of ``OWN_OPTIONS`` that
it reads; the command line refuses the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Progress = Callable[[str, float | None], None]
"""Takes one line of talk, and the seconds that are left where they can be foreseen."""


@dataclass(frozen=True)
class LabOptions:
    """What a person may choose.

    Attributes:
        out: the folder of results and pictures; what it holds of the same experiments is not measured again.
        full: measure the long cases too.
        seed: of everything that is drawn.
        threads: experiments that run side by side, each on one CPU thread; 0 for as many as cores.
        progress: told what has been done.
        data: the folder of the public data sets, or None.
        pairs: files of pairs, or names of the lab's own sets.
        runs: run folders of models to measure.
    """

    out: Path
    full: bool
    seed: int
    progress: Progress
    threads: int = 0
    data: Path | None = None
    pairs: tuple[str, ...] = ()
    runs: tuple[Path, ...] = ()


OWN_OPTIONS = {"data": "--data", "pairs": "--pairs", "runs": "--run"}
"""The options that a lab reads only where its ``TAKES`` names them, and what they are called on the command line."""


@dataclass(frozen=True)
class LabTable:
    """A further table of plain values."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class LabReport:
    """What was measured and what follows.

    Attributes:
        title, columns, rows: a table of plain values.
        sentences: what follows, computed from the numbers.
        pictures: the files drawn.
        notes: how it was measured, and what the columns mean.
        tables: more tables, of other columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    sentences: tuple[str, ...]
    pictures: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[LabTable, ...] = ()
