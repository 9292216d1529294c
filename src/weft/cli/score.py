"""Tell how likely texts are, one JSON line a text."""

from __future__ import annotations

from typing import Any

import weft
from weft.cli._answering import answer, check_column
from weft.cli._options import Column, Device, Run, Source, Strict, Threads


def command(
    run: Run,
    source: Source = "-",
    column: Column = "",
    strict: Strict = False,
    device: Device = "cpu",
    threads: Threads = 0,
) -> None:
    """Score texts. Each row of the input gets one line of JSON, in order: logp in nats, symbols, unknown ones, bits.

    A text is scored from a fresh start, its end of line included. A translator scores pairs: the target given its
    source, from a file with both columns, an aligned pair of files a:b, or lines source TAB target. A row that cannot
    be read is answered by {"error": why, "line": n} in its place; the rest goes on and the exit code is 0, or 1 with
    --strict.
    """
    check_column(column, source)
    model = weft.load(run, device=device, threads=threads)
    config: Any = model.config
    if hasattr(model.task, "score_pairs"):
        columns = {"source": column or config.data.source, "target": config.data.target}
        answer(source, columns, config.data, model.score_pairs, strict=strict)
        return
    model.score([])
    answer(source, {"text": column or config.data.read_column}, config.data, model.score, strict=strict)
