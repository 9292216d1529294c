"""Options that several commands share, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, as weft train makes it.", show_default=False)]
DeviceName = Literal["auto", "cpu", "cuda"]
Device = Annotated[DeviceName, typer.Option(metavar="auto|cpu|cuda", help="Where the network runs.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0: all cores.")]
Seed = Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 when a line could not be answered.")]
Source = Annotated[
    str,
    typer.Argument(metavar="[FILE|-]", help="Texts to read, any format weft reads; -: standard input, a line a text."),
]
Column = Annotated[
    str, typer.Option(metavar="NAME", help="Column that holds the text; the one the run was trained on when absent.")
]
