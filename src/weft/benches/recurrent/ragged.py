"""Rows of unequal length: a training step against torch's packed layers, and against the share of real steps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor

from weft.benches._comparison import Comparison, Wanted
from weft.benches._rounds import Patience, alternate
from weft.benches.recurrent.layers import Pair, Shape, passes, whole

CELLS = {"lstm": Wanted(2.5), "gru": Wanted(1.8)}
ROWS = (32, 64)
UNITS = (256, 512)
STEPS = 64
SHORTEST = 10
"""The shortest row has this part of the longest one's steps."""

STEP = "ragged step, torch's packed time / ours"
PADDING = "our ragged time / (dense time x share of real steps), less is better"
PADDING_WANTED = Wanted(1.15, most=True)


def shapes() -> Iterator[Shape]:
    """What is measured."""
    for cell, bidirectional, rows, units in product(CELLS, (False, True), ROWS, UNITS):
        yield Shape(cell, rows, units, STEPS, bidirectional)


def measure(shape: Shape, *, patience: Patience, seed: int) -> list[Comparison]:
    """Check one shape, time it ragged and dense and torch's packed.

    Raises:
        BackendError: a result is wrong.
    """
    lengths = drawn_lengths(shape, seed)
    pair = Pair(shape, seed, lengths)
    error = pair.check()
    works = [pair.our_step("ours"), pair.torch_step("packed"), pair.our_step("dense", dense=True)]
    rounds = alternate(works, patience)
    ours, packed, dense = (1e3 * rounds.seconds(*passes(part)) for part in ("ours", "packed", "dense"))
    real = int(lengths.sum()) / (shape.rows * shape.steps)
    faster = rounds.ratio(lambda parts: whole(parts, "packed") / whole(parts, "ours"))
    padding = rounds.ratio(lambda parts: whole(parts, "ours") / (real * whole(parts, "dense")))
    case = f"{shape}, {100 * real:.0f} % real"
    return [
        Comparison(STEP, case, "ms", ours, packed, faster, CELLS[shape.cell], error),
        Comparison(PADDING, case, "ms", ours, real * dense, padding, PADDING_WANTED),
    ]


def drawn_lengths(shape: Shape, seed: int) -> Tensor:
    """int64 [B], uniform from a tenth of T to T; one row has all T: a padded batch is as long as its longest row."""
    drawn = torch.Generator().manual_seed(seed)
    lengths = torch.randint(max(1, shape.steps // SHORTEST), shape.steps + 1, (shape.rows,), generator=drawn)
    lengths[shape.rows // 2] = shape.steps
    return lengths
