"""The machine under a measurement: what computes, and how fast it multiplies and reads when that is all it does.

A share of these limits says more than a time: it is the same on a faster machine, and nothing above 1 is possible
(but for noise, and for matrices that the multiplication likes better than those it was measured with).
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from weft.devices import set_threads

SIDES = (512, 1024, 2048)
"""Of the square matrices that are multiplied; the last one is the large size."""
TRIES = 7
MEMORY_BYTES = 256 << 20
CPU_INFO = Path("/proc/cpuinfo")
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
USUAL_CACHE = 32 << 20
"""Where the system does not tell the size of the last-level cache."""
POLICIES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")


@dataclass(frozen=True)
class Limits:
    """The fastest of ``TRIES``, on all threads in use.

    Attributes:
        sgemm: FLOP/s of ``torch.mm`` in float32, by the side of the square matrices.
        memory: bytes/s read from a working set far beyond the last-level cache.
        cache: bytes/s read from a working set of half the last-level cache.
    """

    sgemm: dict[int, float]
    memory: float
    cache: float

    @property
    def best_side(self) -> int:
        """The side at which the matrices are multiplied fastest."""
        return max(self.sgemm, key=lambda side: self.sgemm[side])

    def told(self) -> dict[str, Any]:
        """Plain values with the unit in the name."""
        large = SIDES[-1]
        return {
            f"sgemm {large} x {large}, GFLOP/s": round(self.sgemm[large] / 1e9, 1),
            f"sgemm best ({self.best_side} x {self.best_side}), GFLOP/s": round(self.sgemm[self.best_side] / 1e9, 1),
            "memory read, GB/s": round(self.memory / 1e9, 1),
            "last-level cache read, GB/s": round(self.cache / 1e9, 1),
        }


@contextmanager
def team(threads: int) -> Iterator[int]:
    """Compute on ``threads`` CPU threads (0: all cores) for a while; yields how many that is."""
    before = torch.get_num_threads()
    try:
        yield set_threads(threads)
    finally:
        set_threads(before)


def described() -> dict[str, Any]:
    """Processor, threads and how they wait, versions: what a number depends on besides the code."""
    return {
        "cpu": _cpu(),
        "threads": torch.get_num_threads(),
        "last-level cache, MiB": last_level_cache() >> 20,
        "torch": torch.__version__,
        "load average before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else "unknown",
        **{name: os.environ.get(name, "not set") for name in POLICIES},
    }


def limits() -> Limits:
    """Measure the machine's own limits with the threads in use; about two seconds."""
    return Limits(
        sgemm={side: 2.0 * side**3 / _shortest(multiplication(side)) for side in SIDES},
        memory=read_speed(memory_size()),
        cache=read_speed(last_level_cache() // 2),
    )


def multiplication(side: int) -> Callable[[], Any]:
    """One product of two square matrices in float32: 2 * side ** 3 operations."""
    a, b, product = torch.randn(side, side), torch.randn(side, side), torch.empty(side, side)
    return lambda: torch.mm(a, b, out=product)


def memory_size() -> int:
    """Bytes of a working set that no cache holds."""
    return max(MEMORY_BYTES, 8 * last_level_cache())


def reading(size: int) -> Callable[[], Any]:
    """One pass over a working set of ``size`` bytes: its sum, which is as fast as torch reads."""
    return torch.ones(max(1, size // 4)).sum


def read_speed(size: int) -> float:
    """Bytes/s at which a working set of ``size`` bytes is read."""
    return size / _shortest(reading(size))


def last_level_cache() -> int:
    """Bytes of the first core's largest cache; ``USUAL_CACHE`` where the system does not tell."""
    sizes = [re.fullmatch(r"(\d+)([KM])", path.read_text().strip()) for path in CACHES.glob("index*/size")]
    return max((int(size[1]) << {"K": 10, "M": 20}[size[2]] for size in sizes if size), default=USUAL_CACHE)


def _cpu() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", CPU_INFO.read_text() if CPU_INFO.exists() else "", re.MULTILINE)
    return f"{found[1] if found else 'unknown'}, {torch.backends.cpu.get_cpu_capability()}"


def _shortest(run: Callable[[], Any]) -> float:
    """Seconds of the fastest of ``TRIES`` after one that warms up."""
    best = math.inf
    with torch.inference_mode():
        run()
        for _ in range(TRIES):
            start = time.perf_counter()
            run()
            best = min(best, time.perf_counter() - start)
    return best
