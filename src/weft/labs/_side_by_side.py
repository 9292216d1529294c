"""Experiments side by side, each on one CPU thread in a process of its own, so that no number depends on how many."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from weft.devices import set_threads

T = TypeVar("T")


def side_by_side(measure: Callable[..., T], jobs: Sequence[Sequence[Any]], threads: int) -> Iterator[T]:
    """What ``measure(*job)`` returns for each job, as they come; with one thread in order, in this process.

    Args:
        measure: a function of a module, which other processes can import.
        jobs: its arguments.
        threads: how many at once; 0 for as many as cores.
    """
    before = torch.get_num_threads()
    try:
        workers = min(set_threads(threads), len(jobs))
        set_threads(1)
        if workers > 1:
            yield from _in_processes(measure, jobs, workers)
        else:
            for job in jobs:
                yield measure(*job)
    finally:
        set_threads(before)


def _in_processes(measure: Callable[..., T], jobs: Sequence[Sequence[Any]], workers: int) -> Iterator[T]:
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), set_threads, (1,))
    try:
        with _deaf_to_interrupts():
            futures = [pool.submit(measure, *job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()
    finally:
        # Also after Ctrl-C: what is not finished is measured again the next time.
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started here never hear Ctrl-C, which at a terminal reaches them too: this one ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
