"""Recurrent layers against torch's and against the machine's own limits, side by side (3 minutes; --full 8).

Every shape is first held against the reference in float64, outputs and every gradient; a wrong result is an error and
no time. Then ours and torch's run in turns in this process, A, B, A, B..., and the table tells the median of the ratios
within a round and their quartiles. The speed of the machine's own matrix product is timed in the same rounds. What is
wanted of each part was decided before it was measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from weft.benches import _machine, _ratio_picture
from weft.benches._comparison import COLUMNS, Comparison, geometric_mean, verdict
from weft.benches._contract import BenchOptions, BenchReport
from weft.benches._machine import Limits
from weft.benches._rounds import Patience
from weft.benches.recurrent import dense, dispatch, ragged, tokens
from weft.benches.recurrent.layers import Pair

QUICK, FULL = Patience(rounds=5, seconds=0.5), Patience(rounds=21, seconds=3.0)


def run(options: BenchOptions) -> BenchReport:
    """Measure every part.

    Raises:
        BackendError: a kernel's result is wrong.
    """
    with _machine.team(options.threads):
        machine, limits = _machine.described(), _machine.limits()
        rows = list(_rows(options, limits))
        machine |= {"kernel": Pair(dispatch.SHAPE, options.seed).kernel, **limits.told()}
    title = f"Recurrent layers in float32 on {machine['threads']} thread(s); error: ours against float64"
    return BenchReport(
        title=title,
        columns=COLUMNS,
        rows=[row.row() for row in rows],
        notes=(verdict(rows), *NOTES),
        machine=machine,
        pictures=(_ratio_picture.draw(options.out / "recurrent.png", title, rows),) if options.out else (),
    )


NOTES = (
    "ours and other: medians; ratio: median of the ratios within a round, low and high: their quartiles",
    f"T {dense.STEPS}; the input is as wide as the layer; forward and backward, gradients of input and all parameters",
    "share of the sgemm: 2 G H (D + H) operations a token forward, twice that backward, in the fastest round (low: the"
    " median one), over the fastest sgemm of this run",
)


def _rows(options: BenchOptions, limits: Limits) -> Iterator[Comparison]:
    patience = FULL if options.full else QUICK
    steps: list[Comparison] = []
    for shape, compared in dense.shapes(full=options.full):
        options.progress(f"dense: {shape}")
        steps += dense.measure(shape, compared=compared, limits=limits, patience=patience, seed=options.seed)
    yield geometric_mean(dense.STEP, steps, dense.MEAN_WANTED)
    yield from sorted(steps, key=lambda row: row.part != dense.STEP)
    for shape in ragged.shapes():
        options.progress(f"ragged: {shape}")
        yield from ragged.measure(shape, patience=patience, seed=options.seed)
    options.progress("language-model update, then single calls")
    yield from tokens.measure(patience=patience, seed=options.seed)
    yield from dispatch.measure(patience=patience, seed=options.seed)
