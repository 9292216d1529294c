"""Tokens/s of whole trainings: the fastest kernel against torch's layers and a plain torch loop (4 minutes; --full 11).

Character language models over windows of a text and over lines, and a word classifier, are trained in turns: by Weft's
trainer with ``kernel = "auto"``, with ``kernel = "fused"`` (torch's layers), and by a loop in plain torch on the same
batches. Before, loss and gradients of the first batch are held against the reference in float64. The texts are made, or
those of ``--data``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from weft.benches import _machine, _ratio_picture, _texts
from weft.benches._agreement import largest_difference, loss_and_gradients
from weft.benches._comparison import COLUMNS, Comparison
from weft.benches._contract import BenchOptions, BenchReport, data_file
from weft.benches._plain import plain
from weft.benches._rounds import Parts, Patience, Work, alternate
from weft.benches._training import Speed, train_or_stop
from weft.catalog import TASKS
from weft.config import NetworkRecipe, resolve
from weft.types import Batch, Data, Files, Trains

QUICK, FULL = Patience(rounds=3, seconds=0.0), Patience(rounds=9, seconds=0.0)
UPDATES, LARGE_UPDATES = 40, 15
CLIP = 5.0
LINES, VALID_LINES = 4000, 50
"""Of made text."""
REFERENCE = "loop"
SHAKESPEARE = "tiny_shakespeare/input.txt"
PART = "training, ours against {}"
KERNELS = ("auto", "fused")
OTHERS = {"fused": "kernel fused", "plain": "a loop in plain torch"}


@dataclass(frozen=True)
class Job:
    """A network to train.

    Attributes:
        name: for the table.
        recipe: without dropout, so that all ways compute the same.
        data: the file below the data folder.
        make: writes made text where there is no data folder: (path, lines, seed) -> path.
    """

    name: str
    recipe: dict[str, Any]
    data: str
    make: Callable[[Path, int, int], Path]


def run(options: BenchOptions) -> BenchReport:
    """Measure both networks.

    Raises:
        BackendError: a loss or a gradient is wrong.
        DataError: the data folder does not hold the file.
    """
    patience = FULL if options.full else QUICK
    with _machine.team(options.threads), tempfile.TemporaryDirectory(prefix="weft-bench-") as scratch:
        machine = _machine.described() | _machine.limits().told()
        rows = [row for job in jobs() for row in _measure(job, options, Path(scratch) / job.name, patience)]
    title = f"Whole trainings on {machine['threads']} thread(s)"
    return BenchReport(
        title=title,
        columns=COLUMNS,
        rows=[row.row() for row in rows],
        notes=(
            "ours and other: medians; ratio: median of the ratios within a round, low and high: their quartiles",
            f"{UPDATES} updates a time, of 2 x 512 units {LARGE_UPDATES}",
            "real tokens; batching, loss, clipping and Adam are counted, validation and checkpoints are not",
        ),
        machine=machine,
        pictures=(_ratio_picture.draw(options.out / "train.png", title, rows),) if options.out else (),
    )


def jobs() -> tuple[Job, ...]:
    """Language models with the sizes of ``char-lstm`` and of 2 x 512, this also line by line; a classifier."""
    training = {"batch_size": 32, "clip_norm": CLIP, "epochs": 1000, "max_steps": UPDATES, "device": "cpu"}
    language_model = {
        "task": "language-model",
        "data": {"window": 64},
        "embedding": {"size": 64},
        "encoder": {"cell": "lstm", "hidden": 256, "layers": 2},
        "training": training,
    }
    large = language_model | {
        "encoder": {"cell": "lstm", "hidden": 512, "layers": 2},
        "training": training | {"batch_size": 64, "max_steps": LARGE_UPDATES},
    }
    classifier = {
        "task": "classify",
        "embedding": {"size": 128},
        "encoder": {"cell": "lstm", "hidden": 128, "bidirectional": True},
        "training": training,
    }
    return (
        Job("language-model", language_model, SHAKESPEARE, _texts.write_lines),
        Job("language-model 2x512", large, SHAKESPEARE, _texts.write_lines),
        Job("the same by lines", large | {"data": {"context": "line"}}, SHAKESPEARE, _texts.write_lines),
        Job("classify", classifier, "sst2/train.tsv", _texts.write_labelled),
    )


def _measure(job: Job, options: BenchOptions, folder: Path, patience: Patience) -> Iterator[Comparison]:
    """Check the first batch, then train in turns."""
    folder.mkdir()
    ending = Path(job.data).suffix
    given = data_file(options, job.data) if options.data else None
    train = given or job.make(folder / f"train{ending}", LINES, options.seed)
    files = Files((train,), (job.make(folder / f"valid{ending}", VALID_LINES, options.seed + 1),))
    settings = [f"training.seed={options.seed}", f"training.threads={torch.get_num_threads()}"]
    config = cast(NetworkRecipe, resolve(job.recipe, settings))
    task: Trains = TASKS.load(config.task, "task").task
    data = task.prepare(files, config, folder)
    options.progress(f"{job.name}: loss and gradients, then {config.training.max_steps} updates in turns")
    error = _check(task, config, data)
    works = [_weft(kernel, config, files, folder) for kernel in KERNELS]
    rounds = alternate([*works, _plain(task, config, data)], patience)
    for other, words in OTHERS.items():
        speeds = 1 / rounds.seconds(KERNELS[0]), 1 / rounds.seconds(other)
        ratio = rounds.ratio(lambda parts, other=other: parts[other] / parts[KERNELS[0]])  # type: ignore[misc]
        yield Comparison(PART.format(words), job.name, "tokens/s", *speeds, ratio, error=error)


def _check(task: Trains, config: NetworkRecipe, data: Data) -> float:
    """Loss and gradients of the first batch against the reference in float64; how far off the first kernel's are.

    Raises:
        BackendError: one of the ways is wrong.
    """
    batch = data.train.epoch(0)[0]
    modules = {name: _built(task, config, data, name) for name in (*KERNELS, REFERENCE)}
    for module in modules.values():
        module.load_state_dict(modules[REFERENCE].state_dict())
    twin = plain(modules[REFERENCE])
    right = _found(task, modules[REFERENCE].double(), batch)
    largest_difference("plain torch", right, loss_and_gradients(twin, twin.loss(batch)[0]))
    ours, _ = (largest_difference(f"kernel {name}", right, _found(task, modules[name], batch)) for name in KERNELS)
    return ours


def _built(task: Trains, config: NetworkRecipe, data: Data, kernel: str) -> nn.Module:
    return task.build(_with_kernel(config, kernel), data.vocabulary, {})


def _found(task: Trains, module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    loss = task.loss(module, batch, None)
    return loss_and_gradients(module, loss.total / loss.count)


def _with_kernel(config: NetworkRecipe, kernel: str) -> NetworkRecipe:
    document = config.model_dump(mode="json", exclude_none=True)
    return cast(NetworkRecipe, resolve(document, [f'encoder.kernel="{kernel}"']))


def _weft(kernel: str, config: NetworkRecipe, files: Files, folder: Path) -> Work:
    """A training by Weft as a person would start it; its part is the seconds a token."""

    def work() -> Parts:
        speed = Speed()
        with tempfile.TemporaryDirectory(dir=folder) as out:
            paths = {"train": files.train, "valid": files.valid, "out": Path(out) / "run"}
            train_or_stop(_with_kernel(config, kernel), **paths, listener=speed)
        return {kernel: 1 / speed.tokens_per_second}

    return work


def _plain(task: Trains, config: NetworkRecipe, data: Data) -> Work:
    """A loop in plain torch over the same batches."""

    def work() -> Parts:
        torch.manual_seed(config.training.seed)
        network = plain(task.build(config, data.vocabulary, {}))
        optimizer = torch.optim.Adam(network.parameters(), lr=config.training.lr)
        carried: Any = None
        begun, tokens = time.perf_counter(), 0
        for batch, fresh in _batches(data, config.training.max_steps):
            carried = None if fresh else carried
            optimizer.zero_grad()
            loss, carried = network.loss(batch, carried)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()
            tokens += batch.tokens
        return {"plain": (time.perf_counter() - begun) / tokens}

    return work


def _batches(data: Data, updates: int) -> Iterator[tuple[Batch, bool]]:
    """The batches of so many updates, and whether an epoch begins with them."""
    epochs = (enumerate(data.train.epoch(number)) for number in count())
    for place, batch in islice(chain.from_iterable(epochs), updates):
        yield batch, place == 0
