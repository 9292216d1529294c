"""Prove that a run answers the same however it is run: batched, streamed, by every kernel."""

from __future__ import annotations

import time
from textwrap import fill
from typing import Annotated

import typer

import weft
from weft.cli._console import counted, duration, say, table, write, write_json
from weft.cli._exit_codes import FAILED
from weft.cli._options import Column, Json, Run, Seed
from weft.verify import Certificate, Line, certify, file_rows, own_rows
from weft.verify import write as write_certificate
from weft.verify.rows import TEXTS

WIDTH = 100
"""Columns of the sentences below the table."""

EVERY = 5.0
"""Seconds between two lines about how far it is."""


def command(
    run: Run,
    source: Annotated[
        str,
        typer.Argument(metavar="[FILE|-]", help="Texts to run; the run's own validation texts when absent."),
    ] = "",
    column: Column = "",
    texts: Annotated[int, typer.Option(min=1, help="Texts at most, evenly spread over the source.")] = TEXTS,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Compare all ways of running a run, decision by decision, and write its certificate.

    The reference runs each text alone by the plain loop. Every other way must give the same log-probabilities: bit for
    bit where the arithmetic is the same, to 1e-5 where sums are taken in another order (more where the network
    magnifies rounding, and it says so), to 1e-4 in another precision. The result stands in RUN/certificate.json and in
    the model card. The exit code is 1 when a way fails.
    """
    model = weft.load(run, device="cpu")
    rows = file_rows(model, source, column=column, limit=texts) if source else own_rows(model, limit=texts)
    for note in rows.notes:
        say(f"note: {note}")
    if rows.left_out:
        say(f"note: {counted(rows.left_out, 'row')} in all left out, unreadable or without a symbol")
    if rows.cut:
        say(f"note: {counted(rows.cut, 'text')} cut at the longest length allowed")
    certificate = certify(model, rows, seed=seed, progress=_Talk())
    write_certificate(run, certificate)
    if as_json:
        write_json(certificate.to_json(), indent=2)
    else:
        _show(certificate)
    if not certificate.passed:
        raise typer.Exit(FAILED)


def _show(certificate: Certificate) -> None:
    columns = ("way", "arithmetic", "largest", "allowed", "changed", "verdict", "seconds")
    table(columns, [_row(line) for line in certificate.lines])
    for line in certificate.lines:
        if line.reason:
            write(
                fill(f"{line.way}: {line.verdict}, {line.reason}", WIDTH, initial_indent="  ", subsequent_indent="    ")
            )
    write(fill(certificate.sentence(), WIDTH))
    say(f"took {duration(certificate.seconds)}")


def _row(line: Line) -> tuple[str, ...]:
    name = (line.way, line.arithmetic)
    if line.largest is None:
        return (*name, "-", "-", "-", line.verdict, "-")
    allowed = f"{line.tolerance:.1e}" if line.tolerance else "0"
    changed = f"{100 * line.changed / line.decisions:.3g} %"
    return (*name, f"{line.largest:.1e}", allowed, changed, line.verdict.replace("fail", "FAIL"), f"{line.seconds:.2f}")


class _Talk:
    """Says how far it is, from time to time."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if done < total and time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            say(f"{done:,} of {total:,} texts")
