"""Which device and how many threads a network runs on."""

from __future__ import annotations

import os

import torch

from weft.errors import BackendError, nearest

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str) -> torch.device:
    """``auto`` takes CUDA where it is present.

    Raises:
        BackendError: ``cuda`` was asked for and is not there, or another device than these.
    """
    if name not in DEVICES:
        raise BackendError(f"unknown device {name!r}{nearest(name, DEVICES)}", hint=f"devices: {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise BackendError(
            f"device 'cuda' was asked for, but this torch ({torch.__version__}) sees no CUDA device",
            hint="use --device cpu, or install a CUDA build of torch",
        )
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def set_threads(count: int) -> int:
    """Let torch use ``count`` CPU threads (0: one for each core) and return how many that is."""
    threads = count or _cores()
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    return threads


def _cores() -> int:
    """Cores this process may use: fewer than the machine has in a container or under an affinity mask."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
