"""Zoneout: at every step some values of the state stay as they were, as if the step had passed them by.

    s_t = d_t * s_{t-1} + (1 - d_t) * s~_t        d_t drawn anew each step, 1 with probability ``rate``
    s_t = rate * s_{t-1} + (1 - rate) * s~_t      the expectation, when not training

s~_t is what the cell makes of s_{t-1}; every state has its own d_t, and the output is the h that comes of it. Source:
D. Krueger et al., "Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations", ICLR 2017, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from weft.types import Cell, Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Zoneout:
    """A cell around a cell. It has no twin in torch and is not linear, so that the loop runs it."""

    inner: Cell
    rate: float
    training: bool

    @property
    def spec(self) -> Spec:
        """The cell's own, without a twin."""
        return replace(self.inner.spec, twin="")

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """As the cell."""
        self.inner.init(params, generator)

    def project(self, x: Tensor, params: Params) -> Tensor:
        """As the cell."""
        return self.inner.project(x, params)

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """The cell's gates, and the states after zoneout."""
        values = self.inner.values(wx, state, params)
        return {**values, **{name: self._mixed(state[name], values[name]) for name in self.inner.spec.states}}

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        """wx [B, W] and the state -> output [B, P] and the next state."""
        values = self.values(wx, state, params)
        after = {name: values[name] for name in self.inner.spec.states}
        return after["h"], after

    def _mixed(self, before: Tensor, after: Tensor) -> Tensor:
        if self.training:
            return torch.where(torch.rand_like(before, dtype=torch.float32) < self.rate, before, after)
        return torch.lerp(after, before.to(after.dtype), self.rate)
