"""The neural cache: symbols of the text just read, each as likely as the state before it was like the state of now.

    p(w) = (1 - weight) p_network(w) + weight p_cache(w)
    p_cache(w) = sum over the last N places i with x_i = w of softmax_i(theta h_t . h_i)

h is what the network's output layer reads. E. Grave et al., "Improving Neural Language Models with a Continuous Cache",
ICLR 2017, equations 2 and 3 (linear interpolation). Before the first symbol there is nothing in the cache, and the
network speaks alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from weft.types import NeuralCache


class Cache:
    """Remembers the last ``how.size`` symbols with the states before them.

    Args:
        how: size, theta and weight.
    """

    def __init__(self, how: NeuralCache) -> None:
        self._how = how
        self._states: Tensor | None = None
        self._symbols: Tensor | None = None

    def read(self, states: Tensor, targets: Tensor) -> Tensor:
        """log p_cache of each symbol, given the symbols before it, float64 [T]; NaN where the cache is empty.

        Args:
            states: [T, D], each before its symbol.
            targets: int64 [T].
        """
        known = 0 if self._states is None else len(self._states)
        keys = states if self._states is None else torch.cat([self._states, states])
        symbols = targets if self._symbols is None else torch.cat([self._symbols, targets])
        places, rows = torch.arange(len(keys), device=keys.device), torch.arange(len(states), device=keys.device)
        before = known + rows.unsqueeze(1) - places
        open_ = (before >= 1) & (before <= self._how.size)
        likeness = (self._how.theta * states @ keys.t()).double().masked_fill(~open_, -math.inf)
        same = likeness.masked_fill(symbols != targets.unsqueeze(1), -math.inf)
        self._states, self._symbols = keys[-self._how.size :], symbols[-self._how.size :]
        return torch.logsumexp(same, dim=1) - torch.logsumexp(likeness, dim=1)


def mixed(nats: Tensor, logp: Tensor, weight: float) -> Tensor:
    """Nats of symbols under the mixture of network and cache.

    Args:
        nats: of the network alone, float64 [T].
        logp: of the cache alone, float64 [T]; NaN where it is empty.
        weight: the cache's share, at least 0 and less than 1.
    """
    if not weight:
        return nats
    both = torch.logaddexp(math.log1p(-weight) - nats, math.log(weight) + logp)
    return torch.where(logp.isnan(), nats, -both)
