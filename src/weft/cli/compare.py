"""Tell whether runs differ by more than chance on the same texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import weft
from weft.cli._console import say, shown, table, write, write_json
from weft.cli._options import Device, Json, Threads
from weft.cli._run_names import names_of
from weft.comparison import Compared, Comparison, compare
from weft.errors import ConfigError

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="RUN... FILE", help="Two runs or more, and what to measure them on.", show_default=False),
]
Runs = Annotated[bool, typer.Option("--runs", help="Compare trained runs.")]


def command(
    paths: Paths, runs: Runs = False, device: Device = "cpu", threads: Threads = 0, as_json: Json = False
) -> None:
    """Compare runs: each is measured on the file, and held against the first in every measure that they share.

    The difference has a 95 % interval by paired bootstrap over the texts. A run is better or worse where the interval
    lies on one side of 0; where it does not, chance may explain the difference.
    """
    if not runs:
        raise ConfigError("compare needs --runs", hint="weft compare --runs RUN RUN FILE")
    *folders, file = paths
    if len(folders) < 2:
        raise ConfigError(
            f"--runs needs two runs or more and a file, got {' '.join(map(str, paths))}",
            hint="weft compare --runs RUN RUN FILE",
        )
    names = names_of(folders)
    models = ((name, weft.load(run, device=device, threads=threads)) for name, run in zip(names, folders, strict=True))
    found = compare(models, [file])
    for note in found.notes:
        say(f"note: {note}")
    if as_json:
        write_json(found.to_json(), indent=2)
    else:
        _show(found)


def _show(found: Comparison) -> None:
    columns = ("measure", "run", "value", "95 % interval", "difference", "its interval", "verdict")
    table(columns, [_row(place, run) for runs in found.measures for place, run in enumerate(runs)])
    for runs in found.measures:
        first = runs[0].score
        write(f"  {first.name}, {first.unit}, {first.n:,} {first.of}: {first.signature}")
        for run in runs[1:]:
            if run.difference is not None:
                write(f"  {first.name}, {run.run} less {runs[0].run}: {run.difference.signature}")


def _row(place: int, run: Compared) -> tuple[Any, ...]:
    score, apart = run.score, run.difference
    change = ("-", "-", "-") if apart is None else (f"{apart.value:+.4f}", _ends(apart.low, apart.high), run.verdict)
    return ("" if place else score.name, run.run, score.value, _ends(score.low, score.high), *change)


def _ends(low: float, high: float) -> str:
    return f"{shown(low)} .. {shown(high)}"
