"""List the labs, or run one: an experiment behind a claim about recurrent networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer

from weft.catalog import LABS
from weft.cli._console import duration, say, table, write, write_json
from weft.cli._options import Json, Seed
from weft.errors import ConfigError
from weft.labs._contract import OWN_OPTIONS, LabOptions, LabReport, LabTable

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
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the public data sets (labs agreement, bottleneck).")
    ] = None,
    pairs: Annotated[
        list[str] | None, typer.Option(metavar="FILE|NAME", help="Pairs to measure; again for more (the same labs).")
    ] = None,
    runs: Annotated[
        list[Path] | None,
        typer.Option("--run", metavar="RUN", help="A model to measure; again for more (the same labs)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure, and print the table and what follows from it; each lab's first line says what it costs.

    A lab that was stopped goes on where it was when it is started again with the same options.
    """
    if not name:
        table(("lab", "what it measures"), [(entry, LABS.summary(entry)) for entry in LABS.names()])
        return
    module = LABS.load(name)
    say(_announced(name, given=bool(runs)))
    options = LabOptions(
        out=out or Path("labs") / name,
        full=full,
        seed=seed,
        progress=_tell,
        threads=threads,
        data=data,
        pairs=tuple(pairs or ()),
        runs=tuple(runs or ()),
    )
    _refuse_what_is_not_read(name, options, getattr(module, "TAKES", ()))
    report: LabReport = module.run(options)
    if as_json:
        write_json(_plain(report), indent=2)
        return
    table(report.columns, report.rows, title=report.title)
    for more in report.tables:
        write("")
        table(more.columns, more.rows, title=more.title)
    for line in (*report.notes, "", *report.sentences):
        write(fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))
    say(f"results and pictures are in {options.out}: {', '.join(path.name for path in report.pictures)}")


def _announced(name: str, *, given: bool) -> str:
    """The lab's first line; without its cost, which is mostly that of training, where models are given."""
    summary = LABS.summary(name)
    return summary.rpartition(" (")[0] + ": models that were given" if given and " (" in summary else summary


def _refuse_what_is_not_read(name: str, options: LabOptions, taken: Sequence[str]) -> None:
    """Refuse an option that would change nothing.

    Raises:
        ConfigError: it was given, and the lab does not read it.
    """
    reads = ", ".join(OWN_OPTIONS[each] for each in taken) or "no options of its own"
    for option, flag in OWN_OPTIONS.items():
        if getattr(options, option) and option not in taken:
            raise ConfigError(f"lab {name!r} does not read {flag}", hint=f"it reads {reads}")


def _plain(report: LabReport) -> dict[str, Any]:
    """The report for programs; a row of a table is an object by column."""
    tables = [LabTable(report.title, report.columns, report.rows), *report.tables]
    first, *more = [
        {"title": each.title, "rows": [dict(zip(each.columns, row, strict=True)) for row in each.rows]}
        for each in tables
    ]
    values = {**first, "sentences": report.sentences, "pictures": [str(path) for path in report.pictures]}
    return {**values, "notes": report.notes, **({"tables": more} if more else {})}


def _tell(line: str, seconds_left: float | None) -> None:
    say(line if seconds_left is None else f"{line}; about {duration(seconds_left)} left")
