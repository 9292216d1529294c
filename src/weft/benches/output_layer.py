"""Time and memory of output layers for 10,000 to 200,000 symbols: full, in pieces, adaptive, sampled (4 minutes).

One update is forward and backward of the output layer and its loss over 1,024 rows of width 256 (32 rows of a window of
32), and a step of Adam over the layer's weights; one evaluation is the nats of the 1,024 targets. Float32, one thread
unless ``--threads`` says otherwise. "All at once" is torch's linear layer and cross-entropy. Targets are drawn by
Zipf's law. Every case runs in a fresh process: the fastest of three, and how far the first raises the process's largest
resident size above the weights, their gradients and Adam's memory. Before, losses are held against plain ones in
float64.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from weft.benches import _machine, _memory
from weft.benches._contract import BenchOptions, BenchReport
from weft.devices import set_threads
from weft.errors import BackendError
from weft.nn.output import Adaptive, Full, OutputLayer, output_layer

if TYPE_CHECKING:
    from torch import Tensor

SIZES = (10_000, 50_000, 200_000)
ROWS, WIDTH, SAMPLES = 1024, 256, 2000
FEW = 16
REPEATS = 3
TOLERANCE = 1e-4
AT_ONCE = "all at once"
UPDATES = (AT_ONCE, "full", "adaptive", "sampled")
EVALUATIONS = (AT_ONCE, "full", "adaptive")
COLUMNS = ("what", "output layer", "symbols", "weights, M", "ms", "against all at once", "memory, MiB")

Work = Callable[["Tensor", "Tensor"], "Tensor"]


@dataclass(frozen=True)
class Case:
    """What is measured: an update or an evaluation, of which layer, for how many symbols."""

    update: bool
    way: str
    symbols: int
    seed: int
    threads: int


@dataclass(frozen=True)
class Measured:
    """Seconds of the fastest of ``REPEATS``; growth of the largest resident size in bytes; numbers in the weights."""

    seconds: float
    memory: int
    weights: int


def run(options: BenchOptions) -> BenchReport:
    """Measure every layer at every size, each in a process of its own.

    Raises:
        BackendError: a loss is wrong, or the system does not tell a process's memory.
    """
    with _machine.team(options.threads or 1) as threads:
        check(options.seed)
        machine = _machine.described()
    rows: list[tuple[Any, ...]] = []
    for update, ways in ((True, UPDATES), (False, EVALUATIONS)):
        for symbols in SIZES:
            plain = 0.0
            for way in ways:
                what = "update" if update else "evaluation"
                options.progress(f"{what}, {way}, {symbols:,} symbols")
                seen = _in_fresh_process(Case(update, way, symbols, options.seed, threads))
                plain = plain or seen.seconds
                numbers = round(seen.weights / 1e6, 1), round(1e3 * seen.seconds, 1), f"x{plain / seen.seconds:.1f}"
                rows.append((what, way, symbols, *numbers, round(seen.memory / 2**20)))
    return BenchReport(
        title=f"Output layers: {ROWS:,} rows of width {WIDTH}, float32, {threads} thread(s)",
        columns=COLUMNS,
        rows=rows,
        notes=(
            "full: some rows at a time, the same result as all at once; its evaluation is the sampled layer's too",
            f"sampled: {SAMPLES:,} symbols an update; adaptive: cutoffs by the size of the vocabulary",
        ),
        machine=machine,
    )


def measure(case: Case) -> Measured:
    """Measure one case in this process, which should be a fresh one.

    Raises:
        BackendError: this system does not tell a process's largest resident size (it is no Linux).
    """
    set_threads(case.threads)
    torch.manual_seed(case.seed)
    layer = _layer(case.way, case.symbols)
    work = _update(case.way, layer) if case.update else _evaluation(case.way, layer)
    x, targets = _batch(case.symbols, case.seed)
    work(x[:FEW], targets[:FEW])
    before = _memory.largest_resident()
    work(x, targets)
    memory = _memory.largest_resident() - before
    seconds = math.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        work(x, targets)
        seconds = min(seconds, time.perf_counter() - start)
    return Measured(seconds, memory, sum(each.numel() for each in layer.parameters()))


def check(seed: int) -> None:
    """Hold the losses against plain ones in float64, for 1,000 symbols.

    Raises:
        BackendError: one of them is wrong.
    """
    torch.manual_seed(seed)
    x, targets = _batch(1000, seed)
    for way in UPDATES[1:]:
        layer = _layer(way, 1000).double()
        scores = layer(x.double())
        wanted = functional.cross_entropy(scores, targets, reduction="none")
        sums = scores.exp().sum(dim=1) if isinstance(layer, Adaptive) else torch.ones(())
        layer.float().eval()
        errors = {
            "probabilities' sum": (sums - 1.0).abs().max(),
            "loss": (layer.loss(x, targets) - wanted.sum()).abs() / wanted.sum(),
            "nats": (layer.nats(x, targets) - wanted).abs().max(),
        }
        for name, error in errors.items():
            if not float(error.detach()) < TOLERANCE:
                raise BackendError(f"output layer {way!r}: {name} off by {float(error.detach()):.1e}")


def _layer(way: str, symbols: int) -> OutputLayer:
    return output_layer("full" if way == AT_ONCE else way, WIDTH, symbols, samples=SAMPLES)


def _batch(symbols: int, seed: int) -> tuple[Tensor, Tensor]:
    """x [ROWS, WIDTH] and targets by Zipf's law, p(k) proportional to 1 / (k + 1)."""
    generator = torch.Generator().manual_seed(seed)
    shares = 1.0 / torch.arange(1, symbols + 1, dtype=torch.float64)
    targets = torch.multinomial(shares, ROWS, replacement=True, generator=generator)
    return torch.randn(ROWS, WIDTH, generator=generator), targets


def _update(way: str, layer: OutputLayer) -> Work:
    optimizer = torch.optim.Adam(layer.parameters(), fused=True)

    def work(x: Tensor, targets: Tensor) -> Tensor:
        x = x.clone().requires_grad_()
        total = (
            functional.cross_entropy(layer(x), targets, reduction="sum") if way == AT_ONCE else layer.loss(x, targets)
        )
        (total / len(x)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return total.detach()

    return work


def _evaluation(way: str, layer: OutputLayer) -> Work:
    def work(x: Tensor, targets: Tensor) -> Tensor:
        with torch.inference_mode():
            if way != AT_ONCE or not isinstance(layer, Full):
                return layer.nats(x, targets)
            return functional.cross_entropy(layer(x), targets, reduction="none").double()

    return work


def _in_fresh_process(case: Case) -> Measured:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, case).result()
