"""What one call costs before anything is computed: one row, one step, 32 units."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from weft.benches._comparison import Comparison, Wanted
from weft.benches._rounds import Parts, Patience, Work, alternate
from weft.benches.recurrent.layers import KERNEL, Pair, Shape
from weft.kernels import choose
from weft.types import Cell

SHAPE = Shape("lstm", 1, 32, 1)
CALLS = 100
"""Of a measurement: one alone is too short for the clock."""
PART = "one call at {}, T 1; ratio: torch's time / ours"
INFERENCE_WANTED, GRADIENTS_WANTED = Wanted(12.0, most=True, of_ours=True), Wanted(45.0, most=True, of_ours=True)

Call = Callable[[], Tensor]
"""One call; its outputs."""


def measure(*, patience: Patience, seed: int) -> list[Comparison]:
    """Check the layer, then time single calls of each way, in inference and with gradients.

    Raises:
        BackendError: a result is wrong.
    """
    pair = Pair(SHAPE, seed)
    error = pair.check()
    return [
        row
        for name, (ours, theirs, wanted) in _ways(pair).items()
        for row in _way(name, pair, ours, theirs, patience, error, wanted=wanted)
    ]


def _ways(pair: Pair) -> dict[str, tuple[Call, Call, bool]]:
    """Ours and torch's call by name, from the barest to the whole layer, and whether the bounds are meant for it."""
    core = pair.kernel == "core"
    ways = {"operator": (_operator_call(pair), _torch_call(pair), True)} if core else {}
    return {
        **ways,
        f"kernel {pair.kernel}": (_kernel_call(pair), _torch_call(pair), not core),
        "layer": (lambda: pair.ours(pair.x)[0], lambda: pair.theirs(pair.x)[0], False),
    }


def _operator_call(pair: Pair) -> Call:
    """The core's operator with everything at hand, as the kernel calls it."""
    from weft.kernels import _layers, _recurrent_op

    cell = pair.ours.cells[0]
    weights, code = _layers.weights(cell, pair.ours.parameters_of(0, "")), _layers.code(cell)
    h, c = _start(cell)

    def call() -> Tensor:
        return _recurrent_op.run(torch.is_grad_enabled(), pair.x, None, None, *weights, h, c, code, False)[0]

    return call


def _kernel_call(pair: Pair) -> Call:
    cell, params = pair.ours.cells[0], pair.ours.parameters_of(0, "")
    kernel, start = choose(KERNEL, cell, pair.x)[1], dict(zip(cell.spec.states, _start(cell), strict=True))
    return lambda: kernel.run(cell, params, pair.x, None, start)[0]


def _start(cell: Cell) -> list[Tensor]:
    return [torch.zeros(SHAPE.rows, size) for size in cell.spec.states.values()]


def _torch_call(pair: Pair) -> Call:
    """torch's own operator without the layer around it."""
    weights: list[Tensor] = list(pair.theirs.parameters())
    start = [torch.zeros(1, SHAPE.rows, SHAPE.units) for _ in range(2)]
    return lambda: torch.lstm(pair.x, start, weights, True, 1, 0.0, torch.is_grad_enabled(), False, True)[0]


def _way(
    name: str, pair: Pair, ours: Call, theirs: Call, patience: Patience, error: float, *, wanted: bool
) -> list[Comparison]:
    sides = {"ours": (ours, [pair.x, *pair.ours.parameters()]), "torch": (theirs, [pair.x, *pair.theirs.parameters()])}
    rows = []
    for what, work, bound in (
        ("inference", _inference, INFERENCE_WANTED),
        ("forward with its graph", _recorded, GRADIENTS_WANTED),
        ("forward and backward", _with_gradients, GRADIENTS_WANTED),
    ):
        rounds = alternate([work(side, *given) for side, given in sides.items()], patience)
        times = {side: 1e6 * rounds.seconds(side) for side in sides}
        ratio = rounds.ratio(lambda parts: parts["torch"] / parts["ours"])
        part, case = PART.format(SHAPE), f"{name}, {what}"
        bound_here = bound if wanted else None
        rows.append(Comparison(part, case, "us", times["ours"], times["torch"], ratio, bound_here, error))
    return rows


def _inference(part: str, call: Call, inputs: Sequence[Tensor]) -> Work:
    del inputs

    def work() -> Parts:
        with torch.inference_mode():
            return _calls(part, call)

    return work


def _recorded(part: str, call: Call, inputs: Sequence[Tensor]) -> Work:
    del inputs
    return lambda: _calls(part, call)


def _with_gradients(part: str, call: Call, inputs: Sequence[Tensor]) -> Work:
    upstream = torch.ones_like(call())
    return lambda: _calls(part, lambda: torch.autograd.grad(call(), inputs, upstream))


def _calls(part: str, call: Callable[[], object]) -> Parts:
    begun = time.perf_counter()
    for _ in range(CALLS):
        call()
    return {part: (time.perf_counter() - begun) / CALLS}
