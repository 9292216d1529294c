"""List the labs, or run one: an experiment behind a claim about recurrent networks."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from weft.catalog import LABS
from weft.cli._console import duration, say, table, write, write_json
from weft.cli._options import Json, Seed
from weft.labs._contract import LabOptions, LabReport

WIDTH = 100
"""Characters of a line of prose below the table."""


def command(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Which one; all are listed when absent.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Measure the long cases too.")] = False,
    seed: Seed = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Results and pictures; labs/NAME when absent.")
    ] = None,
    threads: Annotated[
        int, typer.Option(min=0, help="Experiments side by side, one thread each; 0: as many as cores.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Measure, and print the table and what follows from it; each lab's first line says what it costs.

    A lab that was stopped goes on where it was when it is started again with the same options.
    """
    if not name:
        table(("lab", "what it measures"), [(entry, LABS.summary(entry)) for entry in LABS.names()])
        return
    module = LABS.load(name)
    say(LABS.summary(name))
    options = LabOptions(out=out or Path("labs") / name, full=full, seed=seed, progress=_tell, threads=threads)
    report: LabReport = module.run(options)
    if as_json:
        rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        pictures = [str(path) for path in report.pictures]
        values = {"title": report.title, "rows": rows, "sentences": report.sentences, "pictures": pictures}
        write_json({**values, "notes": report.notes}, indent=2)
        return
    table(report.columns, report.rows, title=report.title)
    for line in (*report.notes, "", *report.sentences):
        write(fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))
    say(f"results and pictures are in {options.out}: {', '.join(path.name for path in report.pictures)}")


def _tell(line: str, seconds_left: float | None) -> None:
    say(line if seconds_left is None else f"{line}; about {duration(seconds_left)} left")
