"""A decoder that proposes some of its symbols only; their probabilities share what the others had."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from weft.search._walk import say_after
from weft.types import Decoder, State, Step


class Masked:
    """Another decoder, with the log-probabilities of what is not allowed at -inf before anybody draws.

    Args:
        decoder: it reads every symbol as before.
        allowed: bool [V].
        otherwise: what is proposed where the decoder gives nothing that is allowed a probability.
    """

    def __init__(self, decoder: Decoder, allowed: Tensor, *, otherwise: int) -> None:
        self._decoder, self._masked, self._otherwise = decoder, ~allowed, otherwise

    def start(self, n: int) -> State:
        """The start state of ``n`` rows."""
        return self._decoder.start(n)

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [B]."""
        return self._cut(self._decoder.step(state, ids))

    def read_on(self, state: State, ids: Tensor) -> Step:
        """Feed the symbols of one row, ids int64 [N], as fast as the decoder can."""
        return self._cut(say_after(self._decoder, state, ids))

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given rows, int64 [N]."""
        return self._decoder.select(state, rows)

    def _cut(self, said: Step) -> Step:
        logp = said.logp.masked_fill(self._masked.to(said.logp.device), -math.inf)
        nothing = (logp == -math.inf).all(dim=-1)
        logp[:, self._otherwise] = logp[:, self._otherwise].masked_fill(nothing, 0.0)
        return Step(torch.log_softmax(logp, dim=-1), said.state, said.attention)
