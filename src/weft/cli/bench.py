"""List the benchmarks, or measure one on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from weft.benches._contract import BenchOptions, BenchReport
from weft.catalog import BENCHES
from weft.cli._console import say, table, write, write_json
from weft.cli._options import Json, Seed, Threads


def command(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Which one; all are listed when absent.")] = "",
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", envvar="WEFT_DATA", help="Folder of the public data sets.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Measure the long cases too.")] = False,
    seed: Seed = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep here what it trains and draws; else nothing is kept.")
    ] = None,
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Measure, and print the table; each benchmark's first line says what it costs."""
    if not name:
        table(("benchmark", "what it measures"), [(entry, BENCHES.summary(entry)) for entry in BENCHES.names()])
        return
    module = BENCHES.load(name)
    say(BENCHES.summary(name))
    options = BenchOptions(data=data, full=full, seed=seed, out=out, progress=say, threads=threads)
    report: BenchReport = module.run(options)
    if as_json:
        rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        pictures = [str(path) for path in report.pictures]
        values = {"title": report.title, "machine": dict(report.machine), "rows": rows, "notes": report.notes}
        write_json({**values, "pictures": pictures}, indent=2)
        return
    table(report.columns, report.rows, title=report.title)
    for note in (*(f"{name}: {value}" for name, value in report.machine.items()), *report.notes):
        write(f"  {note}")
    for path in report.pictures:
        say(f"picture: {path}")
