"""Seconds of one update of fresh networks, on random strings of one length: the networks take turns, on one thread.

They are the processor's seconds, which what else runs on the machine lengthens little.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from weft.catalog import TASKS
from weft.config import Recipe, resolve
from weft.data.pairs import PairVocabulary
from weft.data.readers import Record
from weft.devices import set_threads
from weft.labs._architectures import BATCH, CLIP
from weft.types import Batch, Trains

ALPHABET = "abcdefghij"
FIRST = 2
"""Untimed updates of each network at each length."""


@dataclass(frozen=True)
class Runner:
    """A network, and what updates it."""

    task: Trains
    module: nn.Module
    optimizer: torch.optim.Optimizer
    symbols: int

    def update(self, length: int, generator: torch.Generator) -> float:
        """The processor's seconds of one update on strings of a length."""
        batch = _batch(length, self.symbols, generator)
        began = time.process_time()
        loss = self.task.loss(self.module, batch, None)
        self.optimizer.zero_grad()
        (loss.total / loss.count).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), CLIP)
        self.optimizer.step()
        return time.process_time() - began


def measure(
    networks: Mapping[str, dict[str, Any]], lengths: Sequence[int], rounds: int, seed: int
) -> list[dict[str, Any]]:
    """The median and the middle half of the seconds of an update, by network and length."""
    before = torch.get_num_threads()
    set_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            runners = {name: _runner(recipe) for name, recipe in networks.items()}
        generator = torch.Generator().manual_seed(seed)
        return [record for length in lengths for record in _at(runners, length, rounds, generator)]
    finally:
        set_threads(before)


def _at(runners: Mapping[str, Runner], length: int, rounds: int, generator: torch.Generator) -> list[dict[str, Any]]:
    taken: dict[str, list[float]] = {name: [] for name in runners}
    for number in range(FIRST + rounds):
        for name, runner in runners.items():
            seconds = runner.update(length, generator)
            if number >= FIRST:
                taken[name].append(seconds)
    return [
        {
            "network": name,
            "length": length,
            "seconds": median(seconds),
            "quarters": torch.tensor(seconds).quantile(torch.tensor([0.25, 0.75])).tolist(),
        }
        for name, seconds in taken.items()
    ]


def _runner(recipe: dict[str, Any]) -> Runner:
    config: Recipe = resolve(recipe, [], where="the lab's recipe")
    task: Trains = TASKS.load(config.task, "task").task
    words = {"source": ALPHABET, "target": ALPHABET}
    data: Any = config
    vocabulary = PairVocabulary.learn(lambda: [Record(Path("strings"), 1, words)], data.data)
    module = task.build(config, vocabulary, {}).train()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-4)
    return Runner(task, module, optimizer, vocabulary.target.size)


def _batch(length: int, symbols: int, generator: torch.Generator) -> Batch:
    """Sources and targets of a length, the end symbol among it."""
    ids = torch.randint(symbols, (BATCH, length), generator=generator)
    lengths = torch.full((BATCH,), length, dtype=torch.int64)
    targets = ids.flip(1)
    return Batch(ids, lengths, targets, rows=torch.arange(BATCH).numpy(), tokens=2 * ids.numel())
