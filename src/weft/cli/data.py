"""Look at files of data before training on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from weft.catalog import SAMPLES
from weft.cli._console import write, write_json
from weft.cli._exit_codes import BAD_INPUT
from weft.cli._options import Json, Seed
from weft.data.check import check
from weft.errors import ConfigError

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="FIELD=NAME", help="Which column is the text, the label: text=review label=stars."
    ),
]


Quoting = Annotated[
    Literal["auto", "csv", "none"], typer.Option(metavar="auto|csv|none", help="How quotation marks are read.")
]


def check_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files or folders.", show_default=False)],
    columns: Columns = None,
    quoting: Quoting = "auto",
    as_json: Json = False,
) -> None:
    """Tell what files hold and what is wrong with them: rows, columns, labels, lengths, characters, duplicates.

    Without --column every column is looked at. The exit code is 2 when a file cannot be read to its end.
    """
    report = check(files, _mapping(columns) if columns else None, quoting)
    if as_json:
        write_json(report.to_json(), indent=2)
    else:
        for line in report.lines():
            write(line)
    if any(file.error for file in report.files):
        raise typer.Exit(BAD_INPUT)


def sample_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which: a built-in sample.", show_default=False)],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write it into.", show_default=False)],
    seed: Seed = 1,
) -> None:
    """Write a built-in sample: its parts train, valid and test. The same seed gives the same files.

    A wrong name is answered by the names there are.
    """
    for path in SAMPLES.load(name).make(out, seed=seed):
        write(str(path))


def _mapping(columns: list[str]) -> dict[str, str]:
    pairs = [column.partition("=") for column in columns]
    for field, equals, name in pairs:
        if not (field and equals and name):
            raise ConfigError(f"--column needs FIELD=NAME, got {field + equals + name!r}", hint="--column text=review")
    return {field: name for field, _, name in pairs}


group = {"check": check_command, "sample": sample_command}
