"""Rows of equal length: a training step against torch's, and how much of the machine's own speed it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from weft.benches._comparison import Comparison, Wanted, share_of
from weft.benches._machine import Limits, multiplication
from weft.benches._rounds import Patience, Rounds, alternate, timed
from weft.benches.recurrent.layers import Pair, Shape, passes, whole

CELLS = ("elman", "lstm", "gru")
ROWS = (1, 16, 64)
UNITS = (128, 256, 512)
STEPS = 64
SHARE_ROWS, SHARE_UNITS = 32, 256
"""From these sizes on the products should be nearly all of the time."""

STEP = "dense step, torch's time / ours"
SHARES = ("forward, share of the machine's sgemm", "backward, share of the machine's sgemm")
MEAN_WANTED, EACH_WANTED, SHARE_WANTED = Wanted(1.5), Wanted(0.95), Wanted(0.75)


def shapes(*, full: bool) -> Iterator[tuple[Shape, bool]]:
    """What is measured, and whether its step is compared with torch's; else only its share of the sgemm is told."""
    for cell, rows, units in product(CELLS, ROWS, UNITS):
        yield Shape(cell, rows, units, STEPS), True
    if full:
        for cell, units in product(CELLS, UNITS):
            if units >= SHARE_UNITS:
                yield Shape(cell, SHARE_ROWS, units, STEPS), False


def measure(shape: Shape, *, compared: bool, limits: Limits, patience: Patience, seed: int) -> list[Comparison]:
    """Check one shape, time it, and tell the step's ratio and, for a large shape, the shares of both passes.

    Raises:
        BackendError: a result is wrong.
    """
    pair = Pair(shape, seed)
    error = pair.check()
    works = [pair.our_step("ours"), pair.torch_step("torch")]
    large = shape.rows >= SHARE_ROWS and shape.units >= SHARE_UNITS
    if large:
        works.append(timed("sgemm", multiplication(limits.best_side)))
    rounds = alternate(works, patience)
    rows = [_step(shape, rounds, error)] if compared else []
    return rows + (list(_shares(pair, rounds, limits)) if large else [])


def _step(shape: Shape, rounds: Rounds, error: float) -> Comparison:
    ours, theirs = (1e3 * rounds.seconds(*passes(part)) for part in ("ours", "torch"))
    ratio = rounds.ratio(lambda parts: whole(parts, "torch") / whole(parts, "ours"))
    return Comparison(STEP, str(shape), "ms", ours, theirs, ratio, EACH_WANTED, error)


def _shares(pair: Pair, rounds: Rounds, limits: Limits) -> Iterator[Comparison]:
    """Ours and, for comparison, torch's; of the fastest sgemm of the run."""
    side = limits.best_side
    limit = max(limits.sgemm[side], 2.0 * side**3 / rounds.fastest("sgemm"))
    for number, operations in enumerate((pair.products, 2 * pair.products)):
        for who, part, wanted in (("", "ours", SHARE_WANTED), (", torch.nn's", "torch", None)):
            name = passes(part)[number]
            yield Comparison(
                SHARES[number],
                f"{pair.shape}{who}",
                "GFLOP/s",
                operations / rounds.fastest(name) / 1e9,
                limit / 1e9,
                share_of(limit, operations, rounds, name),
                wanted,
            )
