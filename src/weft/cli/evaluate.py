"""Measure a run: scores, classes, confusions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import weft
from weft.cli._console import say, scores_table, table, write_json
from weft.cli._options import Device, Json, Run, Threads
from weft.errors import ConfigError
from weft.metrics import draw_confusion


def command(
    run: Run,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="What to measure on.", show_default=False)],
    confusion: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="Draw the confusion matrix (.png, .svg, .pdf).")
    ] = None,
    device: Device = "cpu",
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Measure a run. Each number comes with what it was measured on, its 95 % interval and its settings.

    A classifier also gets a row for each class, and with --confusion a picture of which label is taken for which.
    """
    result = weft.load(run, device=device, threads=threads).evaluate(list(files))
    if confusion is not None:
        if result.confusion is None:
            raise ConfigError(
                f"--confusion {confusion}: this run gives no single label a text, so there is nothing to draw",
                hint="evaluate without --confusion",
            )
        draw_confusion(result.confusion, [row.name for row in result.classes], confusion)
        say(f"{confusion} drawn")
    for note in result.notes:
        say(f"note: {note}")
    if as_json:
        write_json(result.to_json(), indent=2)
        return
    scores_table(result.scores)
    if result.classes:
        rows = [(row.name, row.precision, row.recall, row.f1, row.support) for row in result.classes]
        table(("class", "precision", "recall", "F1", "texts"), rows)
