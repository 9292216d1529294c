"""Averages of the weights over the updates: what is validated and shipped instead of the weights of one moment.

Gradient descent at a constant rate ends in a walk around a minimum; the mean of the walk lies closer to it than its
places do. Two ways to take it:

``triggered``: the mean of all weights since a moment that the validations choose: the first that is no better than the
best of those more than n before it (S. Merity et al., "Regularizing and Optimizing LSTM Language Models", ICLR 2018,
algorithm 1).

``exponential``: the mean of the weights of all updates, those of k updates ago weighing decay^k times as much as the
last ones; divided by the sum of these shares, so that the start does not count for more than it should.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from weft.config import Training
from weft.errors import RunError
from weft.training.optimizers import trained

if TYPE_CHECKING:
    from torch import Tensor, nn


class Averaging:
    """The mean of a module's trained parameters; tied ones are one, and buffers stay the module's own.

    Args:
        module: what is trained.
        config: ``averaging``, ``averaging_patience`` and ``averaging_decay``.
    Attributes:
        count: how many weights it is the mean of; 0 as long as there is none.
    """

    def __init__(self, module: nn.Module, config: Training) -> None:
        self._config = config
        self._parameters = trained(module)
        self._means: dict[str, Tensor] = {}
        self.count = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after an update."""
        if self._config.averaging == "exponential" or self.count:
            self._take()

    @torch.no_grad()
    def validated(self, values: Sequence[float], *, higher_is_better: bool) -> bool:
        """Begin with the weights of this moment if the validations say so.

        Args:
            values: of the watched measure in all validations, the last one just made.
        Returns:
            whether averaging has just begun.
        """
        waits = self._config.averaging == "triggered" and not self.count
        if waits and stands_still(values, self._config.averaging_patience, higher_is_better=higher_is_better):
            self._take()
            return True
        return False

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The module holds the mean meanwhile, where there is one, and its own weights, bit for bit, afterwards."""
        own = {name: parameter.detach().clone() for name, parameter in self._parameters.items()} if self.count else {}
        self.settle()
        try:
            yield
        finally:
            self._put(own)

    def settle(self) -> None:
        """Give the mean to the module for good, where there is one."""
        self._put(self._means)

    def tensors(self) -> dict[str, Tensor]:
        """The mean, by the parameters' names; nothing where there is none."""
        return self._means

    def restore(self, means: Mapping[str, Tensor], count: int, where: object) -> None:
        """Go back to what ``tensors`` and ``count`` were.

        Raises:
            RunError: they are not those of this module.
        """
        shapes = {name: parameter.shape for name, parameter in self._parameters.items()} if count else {}
        if {name: tensor.shape for name, tensor in means.items()} != shapes:
            raise RunError(f"{where}: the averaged weights in it do not fit the recipe's network")
        self._means = {name: means[name].to(self._parameters[name].device, copy=True) for name in shapes}
        self.count = count

    def _take(self) -> None:
        self.count += 1
        if not self._means:
            self._means = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}
            return
        torch._foreach_lerp_(list(self._means.values()), list(self._parameters.values()), self._share())

    def _share(self) -> float:
        """What the last weights weigh in the mean of ``count``."""
        if self._config.averaging == "triggered":
            return 1.0 / self.count
        decay = self._config.averaging_decay
        return float((1.0 - decay) / (1.0 - decay**self.count))

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for name, value in values.items():
            self._parameters[name].copy_(value)


def stands_still(values: Sequence[float], patience: int, *, higher_is_better: bool) -> bool:
    """Whether the last value is no better than the best of those more than ``patience`` before it."""
    old = values[: max(0, len(values) - 1 - patience)]
    if not old:
        return False
    return values[-1] <= max(old) if higher_is_better else values[-1] >= min(old)
