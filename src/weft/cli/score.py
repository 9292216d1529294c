"""Tell how likely texts are, one JSON line a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

import weft
from weft.cli._answering import answer, check_column
from weft.cli._options import Column, Device, Run, Source, Strict, Threads
from weft.errors import ConfigError
from weft.model import Model

Alignment = Annotated[
    bool, typer.Option(help="Translators: also what was looked at for each word of the given target.")
]


def command(
    run: Run,
    source: Source = "-",
    column: Column = "",
    alignment: Alignment = False,
    strict: Strict = False,
    device: Device = "cpu",
    threads: Threads = 0,
) -> None:
    """Score texts. Each row of the input gets one line of JSON, in order: logp in nats, symbols, unknown ones, bits.

    A text is scored from a fresh start, its end of line included. A translator scores pairs: the target given its
    source, from a file with both columns, an aligned pair of files a:b, or lines source TAB target; with --alignment
    also which words of the source were looked at for each word of the target. A row that cannot be read is answered by
    {"error": why, "line": n} in its place; the rest goes on and the exit code is 0, or 1 with --strict.
    """
    check_column(column, source)
    model = weft.load(run, device=device, threads=threads)
    config: Any = model.config
    if hasattr(model.task, "score_pairs"):
        columns = {"source": column or config.data.source, "target": config.data.target}
        answer(source, columns, config.data, _aligned(model) if alignment else model.score_pairs, strict=strict)
        return
    if alignment:
        raise ConfigError(f"--alignment is for translators, this run's task is {model.task.name!r}")
    model.score([])
    answer(source, {"text": column or config.data.read_column}, config.data, model.score, strict=strict)


def _aligned(model: Model) -> Callable[[Sequence[tuple[str, str]]], list[dict[str, Any]]]:
    def ask(pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        found = model.align([source for source, _ in pairs], [target for _, target in pairs])
        return [row if seen is None else {**row, "alignment": seen.to_json()} for row, seen in found]

    return ask
