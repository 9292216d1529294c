"""A whole update of a character language model, symbols in and Adam included, against the same in plain torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from weft.benches._agreement import largest_difference, loss_and_gradients
from weft.benches._comparison import Comparison, Wanted
from weft.benches._plain import PlainLanguageModel
from weft.benches._rounds import Patience, alternate, timed
from weft.benches.recurrent.layers import KERNEL, REFERENCE
from weft.tasks.language_model.config import Config
from weft.tasks.language_model.model import LanguageModel
from weft.tasks.language_model.task import task
from weft.training import optimizers
from weft.types import Batch

SYMBOLS, UNITS, ROWS, STEPS = 65, 512, 32, 64
PART = "language-model update, torch's time / ours"
WANTED = Wanted(1.5)
UPDATES = 3
"""Made by both before their losses are compared: the optimizer must be the same too."""
SAME_LOSS = 1e-3


def measure(*, patience: Patience, seed: int) -> list[Comparison]:
    """Check loss and gradients, then time our update against plain torch's, with its Adam as it is and fused.

    Raises:
        BackendError: a loss or a gradient is wrong.
    """
    torch.manual_seed(seed)
    config, batch = _config(KERNEL), _batch(seed)
    module = LanguageModel(config, symbols=SYMBOLS)
    plain, fused = (PlainLanguageModel(module) for _ in range(2))
    error = _check(module, plain, batch)
    ours = _our_update(module, config, batch)
    theirs = [_plain_update(each, batch, fused=each is fused) for each in (plain, fused)]
    _check_updates(ours, theirs)
    works = [timed(name, run) for name, run in zip(("ours", "plain", "fused"), (ours, *theirs), strict=True)]
    rounds = alternate(works, patience)
    case = f"lstm, B {ROWS}, T {STEPS}, H {UNITS}, {SYMBOLS} symbols"
    return [
        Comparison(
            PART,
            f"{case}, {words}",
            "ms",
            1e3 * rounds.seconds("ours"),
            1e3 * rounds.seconds(name),
            rounds.ratio(lambda parts, name=name: parts[name] / parts["ours"]),  # type: ignore[misc]
            wanted,
            error,
        )
        for name, words, wanted in (("plain", "torch's Adam", WANTED), ("fused", "torch's fused Adam", None))
    ]


def _config(kernel: str) -> Config:
    return Config.model_validate(
        {
            "embedding": {"size": UNITS},
            "encoder": {"cell": "lstm", "hidden": UNITS, "kernel": kernel},
            "training": {"optimizer": "adam"},
        }
    )


def _batch(seed: int) -> Batch:
    drawn = torch.Generator().manual_seed(seed)
    ids, targets = (torch.randint(SYMBOLS, (ROWS, STEPS), generator=drawn) for _ in range(2))
    return Batch(ids, torch.full((ROWS,), STEPS), targets, np.arange(ROWS), ROWS * STEPS)


def _our_update(module: LanguageModel, config: Config, batch: Batch) -> Callable[[], float]:
    """One update by the task's own loss and the trainer's own optimizer; the state is carried on."""
    optimizer = optimizers.make(module, config.training)
    carried: dict[str, Tensor] | None = None

    def update() -> float:
        nonlocal carried
        optimizer.zero_grad(set_to_none=True)
        loss = task.loss(module, batch, carried)
        mean = loss.total / loss.count
        mean.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        carried = loss.state and {name: value.detach() for name, value in loss.state.items()}
        return float(mean.detach())

    return update


def _plain_update(network: PlainLanguageModel, batch: Batch, *, fused: bool) -> Callable[[], float]:
    optimizer = torch.optim.Adam(network.parameters(), fused=fused or None)
    carried: Any = None

    def update() -> float:
        nonlocal carried
        optimizer.zero_grad()
        loss, carried = network.loss(batch, carried)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return float(loss.detach())

    return update


def _check(module: LanguageModel, plain: PlainLanguageModel, batch: Batch) -> float:
    """Loss and every gradient of both against the reference in float64; how far off ours are."""
    reference = LanguageModel(_config(REFERENCE), symbols=SYMBOLS).double()
    reference.load_state_dict(module.state_dict())
    right, ours = (loss_and_gradients(each, _mean_loss(each, batch)) for each in (reference, module))
    largest_difference("torch's language model", right, loss_and_gradients(plain, plain.loss(batch)[0]))
    return largest_difference(f"the language model with kernel {KERNEL}", right, ours)


def _check_updates(ours: Callable[[], float], theirs: list[Callable[[], float]]) -> None:
    losses = [[run() for _ in range(UPDATES)][-1] for run in (ours, *theirs)]
    right, *others = (torch.tensor([loss]) for loss in losses)
    for other in others:
        largest_difference(f"plain torch after {UPDATES} updates", {"loss": right}, {"loss": other}, SAME_LOSS)


def _mean_loss(module: LanguageModel, batch: Batch) -> Tensor:
    loss = task.loss(module, batch, None)
    return loss.total / loss.count
