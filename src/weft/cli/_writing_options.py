"""The options of ``weft generate``, one name each, so that its signature reads as a list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Prompt = Annotated[str, typer.Option(help="Text to go on from; it is printed first.")]
Length = Annotated[int, typer.Option(min=1, help="Symbols to write; of verse: symbols of a line, at most.")]
Samples = Annotated[int, typer.Option(min=1, help="How many texts; several are parted by an empty line.")]
Precision = Annotated[
    str, typer.Option(help="Of the weights: float32, or int8: faster and a little less accurate, on a CPU.")
]

Temperature = Annotated[float, typer.Option(help="Below 1: safer; above 1: wilder; 0: always the likeliest.")]
TopK = Annotated[int, typer.Option(help="Draw from the k likeliest symbols; 0: from all.")]
TopP = Annotated[float, typer.Option(help="Draw from the likeliest symbols that together have this share.")]
Typical = Annotated[
    float, typer.Option(help="Draw from the symbols of nearly the expected surprise that together have this share.")
]
Repetition = Annotated[
    float, typer.Option("--repetition-penalty", help="Above 1: what was written becomes less likely; 1: no penalty.")
]
Window = Annotated[int, typer.Option("--penalty-window", help="How many last symbols the penalty looks at; 0: at all.")]
Stop = Annotated[
    list[str] | None, typer.Option("--stop", metavar="TEXT", help="End a text where this comes; may be given again.")
]
ShowStop = Annotated[bool, typer.Option("--show-stop", help="Print the stop text too.")]

Rhyme = Annotated[
    str,
    typer.Option(metavar="ABAB", help="Verse: lines with the same letter rhyme; X: with none."),
]
Syllables = Annotated[
    str, typer.Option(metavar="N,...", help="Verse: of every line, 10 or 9-11, or of each in turn, 8,6,8,6.")
]
Stress = Annotated[
    str, typer.Option(metavar="01...", help="Verse: 0 weak, 1 strong, ? either, again from its end; needs --sounds.")
]
Lines = Annotated[int, typer.Option(min=0, help="Verse: how many lines; 0: one stanza.")]
Sounds = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Verse: word, syllables, rhyme key (and stress), parted by tabs, a word a line."),
]
Only = Annotated[Path | None, typer.Option(metavar="FILE", help="Verse: only these words, one a line.")]
Without = Annotated[Path | None, typer.Option(metavar="FILE", help="Verse: none of these words, one a line.")]
Tries = Annotated[int, typer.Option(min=1, help="Verse: lines drawn for one before the closest is taken.")]
StrictVerse = Annotated[bool, typer.Option("--strict", help="Verse: exit with 1 when a line does not fit.")]

CopiedFrom = Annotated[
    list[Path] | None,
    typer.Option("--copied-from", metavar="FILE", help="Training text: tell what is copied from it; may come again."),
]
Beside = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With --copied-from: held-out text, of which as much is looked up for scale."),
]
