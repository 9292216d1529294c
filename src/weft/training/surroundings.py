"""What surrounds the loop: the machine's settings that the bits depend on, and the signals that end training well."""

from __future__ import annotations

import os
import platform
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch

from weft.config import Fitting
from weft.devices import set_threads
from weft.version import VERSION


def machine(device: torch.device, threads: int) -> dict[str, Any]:
    """What the bits of a result depend on beside recipe and data; a resumed run compares it."""
    on_card = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if on_card else "cpu",
        "instructions": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "threads": threads,
        "torch": str(torch.__version__),
        "weft": VERSION,
    }


_FILLING: Any = torch.utils.deterministic
"""Deterministic mode would fill fresh memory with NaN; our layers are tested against that, training need not pay."""


@contextmanager
def repeatable(config: Fitting) -> Iterator[int]:
    """Compute the same bits each time: the recipe's seed, fixed threads, deterministic algorithms; all put back after.

    Yields the number of CPU threads.
    """
    before, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    filled = _FILLING.fill_uninitialized_memory
    benchmark = torch.backends.cudnn.benchmark
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    cards = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=cards):
        try:
            threads = set_threads(config.threads)
            torch.set_deterministic_debug_mode("warn")  # as use_deterministic_algorithms, which imports for 2 seconds
            _FILLING.fill_uninitialized_memory = False
            torch.backends.cudnn.benchmark = False
            torch.manual_seed(config.seed)
            yield threads
        finally:
            torch.set_num_threads(before)
            torch.set_deterministic_debug_mode(mode)
            _FILLING.fill_uninitialized_memory = filled
            torch.backends.cudnn.benchmark = benchmark


def read_streams(device: torch.device) -> dict[str, torch.Tensor]:
    """The states of torch's random streams: uint8 [n] by name ("cpu", "cuda")."""
    streams = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        streams["cuda"] = torch.cuda.get_rng_state(device)
    return streams


def set_streams(streams: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put back what ``read_streams`` gave; a stream of a device that is not used here is passed over."""
    torch.set_rng_state(streams["cpu"])
    if device.type == "cuda" and "cuda" in streams:
        torch.cuda.set_rng_state(streams["cuda"], device)


class Interrupt:
    """Turns the first Ctrl-C or SIGTERM into a wish (``asked``); the second quits at once.

    Only the main thread of a program gets signals; elsewhere this does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if not self.asked:
            self.asked = True
        elif number == signal.SIGTERM:
            raise SystemExit(128 + number)
        else:
            raise KeyboardInterrupt
