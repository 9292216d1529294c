"""Make a run of another program's model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from weft.catalog import IMPORTERS
from weft.cli._console import counted, duration, say

if TYPE_CHECKING:
    from weft.training.outcome import Summary

Kind = Annotated[str, typer.Argument(metavar="KIND", help="What it is: arpa.", show_default=False)]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Its file or files.", show_default=False)]
Out = Annotated[Path, typer.Option(metavar="RUN", help="The run folder to make.", show_default=False)]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="How texts are cut; may be repeated.")
]


def command(kind: Kind, files: Files, out: Out, settings: Settings = None) -> None:
    """Make a run of another program's model, for evaluate, score, generate and the rest.

    Kind arpa: n-grams in an ARPA file, plain or .gz, as KenLM and SRILM write them. Texts are then cut at white space
    and keep their case; --set data.tokenizer=word and --set data.lowercase=true change that.
    """
    summary: Summary = IMPORTERS.load(kind).make_run(files, out, settings or [])
    for note in summary.notes:
        say(f"note: {note}")
    outcome = summary.outcome
    say(f"{out}: imported {counted(outcome.parameters, 'number')} in {duration(outcome.seconds)}")
    say("next:")
    for line in ("weft evaluate {} FILE", "weft score {} FILE", "weft generate {}"):
        say("  " + line.format(out))
