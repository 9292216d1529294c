"""Two tasks that need what was seen a known distance ago and nothing else, with what an untrained guess costs.

    adding   input: a number, uniform on ±1, and a mark. Two numbers are marked: one at least D steps before the last
             step (at most 1.1 D), one in the last D steps. Wanted at the last step: their sum, a quarter of it.
    copy     input: one of 8 symbols, D - 1 blanks, a question mark. Wanted at the question: the symbol.

Source: S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9 (1997), experiment 4 (adding)
and experiment 2 (a first symbol to be repeated at the end). Errors are shares: 1 is the best guess of one who has seen
nothing, 0 is perfect.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

SYMBOLS = 8


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        inputs, outputs: widths of the input and of what is answered at the last step.
        draw: rows, distance, generator -> input float32 [B, T, inputs] and target [B].
        loss: answers [B, outputs], targets [B] -> the loss of each row [B].
        blind: the loss of the best guess without having seen anything.
    """

    inputs: int
    outputs: int
    draw: Callable[[int, int, torch.Generator], tuple[Tensor, Tensor]]
    loss: Callable[[Tensor, Tensor], Tensor]
    blind: float


def draw_adding(rows: int, distance: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sequences of the adding problem, and a quarter of the sum of each one's marked numbers."""
    early = max(1, distance // 10)
    x = torch.zeros(rows, early + distance, 2)
    x[..., 0] = 2 * torch.rand(rows, early + distance, generator=generator) - 1
    first = torch.randint(early, (rows,), generator=generator)
    second = torch.randint(early, early + distance, (rows,), generator=generator)
    row = torch.arange(rows)
    x[row, first, 1] = x[row, second, 1] = 1.0
    return x, (x[row, first, 0] + x[row, second, 0]) / 4


def draw_copy(rows: int, distance: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sequences of the copy problem, one-hot over symbols, blank and question mark, and each one's symbol."""
    symbol = torch.randint(SYMBOLS, (rows,), generator=generator)
    x = torch.zeros(rows, distance + 1, SYMBOLS + 2)
    x[torch.arange(rows), 0, symbol] = 1.0
    x[:, 1:-1, SYMBOLS] = 1.0
    x[:, -1, SYMBOLS + 1] = 1.0
    return x, symbol


def _squared(answers: Tensor, targets: Tensor) -> Tensor:
    return (answers[:, 0] - targets).square()


def _cross_entropy(answers: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(answers, targets, reduction="none")


TASKS = {
    "adding": Task(2, 1, draw_adding, _squared, 1 / 24),  # the variance of a quarter of two numbers, 2 * (1/3) / 16
    "copy": Task(SYMBOLS + 2, SYMBOLS, draw_copy, _cross_entropy, math.log(SYMBOLS)),
}
