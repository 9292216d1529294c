"""Label texts with a classifier, or translate them, one JSON line a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

import weft
from weft.cli._answering import answer
from weft.cli._options import Column, Device, Run, Source, Strict, Threads
from weft.model import Model


def command(
    run: Run,
    source: Source = "-",
    column: Column = "",
    alternatives: Annotated[
        int, typer.Option(min=1, help="How many classes (multi-label: all) or outputs to name, best first.")
    ] = 3,
    alignment: Annotated[
        bool, typer.Option(help="Translators: the best output alone, with what was looked at for each of its words.")
    ] = False,
    strict: Strict = False,
    device: Device = "cpu",
    threads: Threads = 0,
) -> None:
    """Label or translate texts. Each row of the input gets one line of JSON, in order: label or translation, its
    probability, and alternatives.

    A row that cannot be read or holds no symbol is answered by {"error": why, "line": n} in its place and counted on
    standard error; the rest goes on and the exit code is 0, or 1 with --strict. Standard input is answered as it comes.
    """
    model = weft.load(run, device=device, threads=threads)
    config: Any = model.config
    if alignment:
        model.align([])
        answer(source, column, config.data, lambda texts: _aligned(model, texts), strict=strict)
    else:
        model.predict([])
        answer(
            source, column, config.data, lambda texts: model.predict(texts, alternatives=alternatives), strict=strict
        )


def _aligned(model: Model, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Translations with soft and hard alignments; nothing was looked at for an empty text."""
    return [row if seen is None else {**row, "alignment": seen.to_json()} for row, seen in model.align(texts)]
