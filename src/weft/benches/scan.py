"""minGRU and minLSTM by core and parallel scan, 256 to 16,384 steps, beside LSTM and loop (1.5 minutes; --full 2).

Forward and backward of one layer, 128 units, 2 rows, float32, on one thread unless ``--threads`` says otherwise. (With
more rows the tensors of 16,384 steps reach 32 MB, from where glibc returns memory to the system after every use:
fetching it again would be measured, not the scan.) Every case runs in a fresh process. Memory is told twice: what the
forward pass holds for the backward pass (each piece of memory once, parameters and input not counted), and how far both
passes raise the process's largest resident size. The error is that of the outputs against the cell's own step in
float64, as a share of the largest output.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from weft.benches import _log_space, _memory
from weft.benches._contract import BenchOptions, BenchReport
from weft.catalog import CELLS, KERNELS
from weft.devices import set_threads

if TYPE_CHECKING:
    from torch import Tensor

LOG_SPACE = "log space"
WAYS = (
    ("mingru", "core"),
    ("minlstm", "core"),
    ("mingru", "scan"),
    ("minlstm", "scan"),
    ("mingru", LOG_SPACE),
    ("mingru", "loop"),
    ("minlstm", "loop"),
    ("lstm", "fused"),
)
STEPS = (256, 1024, 4096, 16384)
LOOP_STEPS = 4096
"""Longest row that the loop runs without ``--full``."""
ROWS, UNITS = 2, 128
WARM_STEPS = 16
REPEATS = 3
COLUMNS = ("cell", "run by", "steps", "ms", "ns/token", "held B/token", "peak B/token", "error")

Pass = Callable[["Tensor"], "Tensor"]


@dataclass(frozen=True)
class Case:
    """One cell, who runs it, over how many steps, with what."""

    cell: str
    way: str
    steps: int
    seed: int
    threads: int


@dataclass(frozen=True)
class Measured:
    """Seconds of both passes; bytes held between them; growth of the largest resident size; share of the error."""

    seconds: float
    held: int
    peak: int
    error: float


def run(options: BenchOptions) -> BenchReport:
    """Measure every way at every length, each in a process of its own."""
    threads = options.threads or 1
    seen: dict[tuple[str, str, int], Measured] = {}
    for cell, way in WAYS:
        for steps in STEPS:
            if way != "loop" or steps <= LOOP_STEPS or options.full:
                options.progress(f"{cell}, {way}, {steps:,} steps")
                seen[cell, way, steps] = _in_fresh_process(Case(cell, way, steps, options.seed, threads))
    return BenchReport(
        title=f"Forward and backward of one layer: {ROWS} rows, {UNITS} units, float32, {threads} thread(s)",
        columns=COLUMNS,
        rows=[_row(*key, measured) for key, measured in seen.items()],
        notes=(*_growth(seen), *_against_core(seen), *_against_logarithms(seen)),
    )


def measure(case: Case) -> Measured:
    """Measure one case in this process, which should be a fresh one.

    Raises:
        BackendError: this system does not tell a process's largest resident size (it is no Linux).
    """
    set_threads(case.threads)
    torch.manual_seed(case.seed)
    run_once, params = _network(case)
    _both(run_once, torch.randn(ROWS, WARM_STEPS, UNITS))
    x = torch.randn(ROWS, case.steps, UNITS)
    before = _memory.largest_resident()
    _both(run_once, x)
    peak = _memory.largest_resident() - before
    seconds = statistics.median(_both(run_once, x) for _ in range(REPEATS))
    return Measured(seconds, _held(run_once, x, params), peak, _error(case, run_once, x, params))


def _network(case: Case) -> tuple[Pass, dict[str, Tensor]]:
    cell = CELLS.load(case.cell).make(UNITS, UNITS)
    kernel: Any = _log_space if case.way == LOG_SPACE else KERNELS.load(case.way)
    params = {name: torch.empty(shape) for name, shape in cell.spec.params.items()}
    cell.init(params)
    for value in params.values():
        value.requires_grad_()

    def run_once(x: Tensor) -> Tensor:
        start = {name: x.new_zeros(len(x), size) for name, size in cell.spec.states.items()}
        y: Tensor = kernel.run(cell, params, x, None, start)[0]
        return y

    return run_once, params


def _both(run_once: Pass, x: Tensor) -> float:
    """Seconds of a forward and a backward pass."""
    x = x.clone().requires_grad_()
    start = time.perf_counter()
    run_once(x).square().mean().backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - start


def _held(run_once: Pass, x: Tensor, params: dict[str, Tensor]) -> int:
    """Bytes that the forward pass keeps for the backward pass, without the parameters and the input."""
    kept: dict[int, int] = {}

    def keep(value: Tensor) -> Tensor:
        kept[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
        return value

    x = x.clone().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        y = run_once(x)  # held: what dies while the hooks look would hand its address on
    for value in (x, *params.values()):
        kept.pop(value.untyped_storage().data_ptr(), None)
    assert y.requires_grad
    return sum(kept.values())


def _error(case: Case, run_once: Pass, x: Tensor, params: dict[str, Tensor]) -> float:
    """Largest difference of the outputs from the reference loop's in float64, as a share of the largest output."""
    cell = CELLS.load(case.cell).make(UNITS, UNITS)
    with torch.no_grad():
        start = {name: x.new_zeros(len(x), size).double() for name, size in cell.spec.states.items()}
        wide = {name: value.double() for name, value in params.items()}
        expected = KERNELS.load("loop").run(cell, wide, x.double(), None, start)[0]
        return float((run_once(x) - expected).abs().max() / expected.abs().max())


def _in_fresh_process(case: Case) -> Measured:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, case).result()


def _row(cell: str, way: str, steps: int, seen: Measured) -> tuple[Any, ...]:
    tokens = ROWS * steps
    times = round(1e3 * seen.seconds, 1), round(1e9 * seen.seconds / tokens)
    return (cell, way, steps, *times, round(seen.held / tokens), round(seen.peak / tokens), f"{seen.error:.1e}")


def _growth(seen: dict[tuple[str, str, int], Measured]) -> list[str]:
    """What one token costs in the longest row, as a multiple of what it costs in the shortest: 1 is linear."""
    notes = []
    for cell, way in WAYS:
        lengths = [steps for steps in STEPS if (cell, way, steps) in seen]
        short, long = seen[cell, way, lengths[0]], seen[cell, way, lengths[-1]]
        share = lengths[0] / lengths[-1]
        time_, held, peak = (share * getattr(long, what) / getattr(short, what) for what in ("seconds", "held", "peak"))
        span = f"a token at {lengths[-1]:,} steps against one at {lengths[0]:,}"
        notes.append(f"{cell}, {way}: {span}: time x{time_:.2f}, held x{held:.2f}, peak x{peak:.2f}")
    return notes


def _against_core(seen: dict[tuple[str, str, int], Measured]) -> list[str]:
    notes = []
    for cell in ("mingru", "minlstm"):
        for steps in STEPS:
            ours, theirs = seen[cell, "core", steps], seen[cell, "scan", steps]
            faster, held = theirs.seconds / ours.seconds, theirs.held / ours.held
            notes.append(f"{cell} at {steps:,} steps, scan against core: time x{faster:.2f}, held x{held:.2f}")
    return notes


def _against_logarithms(seen: dict[tuple[str, str, int], Measured]) -> list[str]:
    notes = []
    for steps in STEPS:
        ours, theirs = seen["mingru", "scan", steps], seen["mingru", LOG_SPACE, steps]
        faster = theirs.seconds / ours.seconds
        notes.append(
            f"mingru at {steps:,} steps, log space against scan: time x{faster:.2f},"
            f" held x{theirs.held / ours.held:.2f}, error x{theirs.error / ours.error:.0f}"
        )
    return notes
