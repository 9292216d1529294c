"""Label texts with a classifier, one JSON line a text."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import weft
from weft.cli._answering import answer
from weft.cli._options import Column, Device, Run, Source, Strict, Threads


def command(
    run: Run,
    source: Source = "-",
    column: Column = "",
    alternatives: Annotated[
        int, typer.Option(min=1, help="How many classes to name, likeliest first (multi-label: all).")
    ] = 3,
    strict: Strict = False,
    device: Device = "cpu",
    threads: Threads = 0,
) -> None:
    """Label texts. Each row of the input gets one line of JSON, in order: label, probability and alternatives.

    A row that cannot be read or holds no symbol is answered by {"error": why, "line": n} in its place and counted on
    standard error; the rest goes on and the exit code is 0, or 1 with --strict. Standard input is answered as it comes.
    """
    model = weft.load(run, device=device, threads=threads)
    model.predict([])
    config: Any = model.config
    answer(source, column, config.data, lambda texts: model.predict(texts, alternatives=alternatives), strict=strict)
