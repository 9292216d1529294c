"""Write a run as a file of another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import weft
from weft.catalog import EXPORTS
from weft.cli._console import say
from weft.cli._options import Run
from weft.errors import ConfigError

Format = Annotated[str, typer.Option("--format", metavar="NAME", help="What to write: arpa.", show_default=False)]
Out = Annotated[Path, typer.Option(metavar="FILE", help="Where to; .gz packs it.", show_default=False)]


def command(
    run: Run,
    kind: Format,
    out: Out,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a run as a file of another program.

    Format arpa: the n-grams of a run of task ngram, which KenLM and SRILM read; they give the same scores.
    """
    write = EXPORTS.load(kind).write
    if out.exists() and not force:
        raise ConfigError(f"{out} is there already", hint="choose another name, or --force to write over it")
    for note in write(weft.load(run, device="cpu"), out):
        say(f"note: {note}")
    say(f"{out} written")
