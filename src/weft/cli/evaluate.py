"""Measure a run: scores, classes, confusions, and the scores without texts of the training data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import weft
from weft.cli import _adapting as adapting
from weft.cli._console import counted, say, scores_table, table, write, write_json
from weft.cli._options import Device, Json, Run, Threads
from weft.errors import ConfigError
from weft.evaluation import Evaluation
from weft.metrics import draw_confusion


def command(
    run: Run,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="What to measure on.", show_default=False)],
    confusion: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="Draw the confusion matrix (.png, .svg, .pdf).")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="TRAIN_FILE", help="Look for leaks in this file, not in the run's; may be repeated."),
    ] = None,
    no_leak_check: Annotated[
        bool, typer.Option("--no-leak-check", help="Do not look for texts of the training data.")
    ] = False,
    dynamic: adapting.Dynamic = False,
    dynamic_rate: adapting.Rate = None,
    dynamic_decay: adapting.Decay = None,
    dynamic_segment: adapting.Segment = None,
    dynamic_data: adapting.Statistics = None,
    cache: adapting.Cache = False,
    cache_size: adapting.Size = None,
    cache_theta: adapting.Theta = None,
    cache_weight: adapting.Weight = None,
    tune: adapting.Tune = None,
    device: Device = "cpu",
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Measure a run. Each number comes with what it was measured on, its 95 % interval and its settings.

    A classifier also gets a row for each class, and with --confusion a picture of which label is taken for which.
    Texts that stand in the training data too are counted, and every score is computed again without them.
    A language model may learn from the text on its way (--dynamic, --cache); its scores then stand apart.
    """
    if against and no_leak_check:
        raise ConfigError(
            "--against says where to look for leaks, --no-leak-check not to", hint="leave one of them out"
        )
    how = adapting.dynamic_of(
        dynamic, rate=dynamic_rate, decay=dynamic_decay, segment=dynamic_segment, statistics=dynamic_data
    )
    memory = adapting.cache_of(cache, size=cache_size, theta=cache_theta, weight=cache_weight)
    model = weft.load(run, device=device, threads=threads)
    tuned = model.tune(tune, dynamic=how, cache=memory) if tune else None
    if tuned is not None:
        how, memory = tuned.dynamic, tuned.cache
        adapting.tell_tuned(tuned, tune or (), files, tables=not as_json)
    result = model.evaluate(list(files), against=against or None, leaks=not no_leak_check, dynamic=how, cache=memory)
    if confusion is not None:
        _draw(result, confusion)
    for note in (*result.notes, *(result.leaks.sentences() if result.leaks else ())):
        say(f"note: {note}")
    if as_json:
        write_json(result.to_json() | adapting.tuning_json(tuned), indent=2)
    else:
        _show(result)


def _draw(result: Evaluation, path: Path) -> None:
    if result.confusion is None:
        raise ConfigError(
            f"--confusion {path}: this run gives no single label a text, so there is nothing to draw",
            hint="evaluate without --confusion",
        )
    draw_confusion(result.confusion, [row.name for row in result.classes], path)
    say(f"{path} drawn")


def _show(result: Evaluation) -> None:
    _tables(result)
    leaks = result.leaks
    if leaks and leaks.rest:
        write("")
        _tables(leaks.rest, title=f"without {counted(leaks.overlap.found, leaks.unit)} of the training data")
    if result.variants:
        write("")
        adapting.variant_table(result.variants)


def _tables(result: Evaluation, *, title: str = "") -> None:
    scores_table(result.scores, title=title)
    if result.classes:
        rows = [(row.name, row.precision, row.recall, row.f1, row.support) for row in result.classes]
        table(("class", "precision", "recall", "F1", "texts"), rows)
