"""Sampled softmax: an update scores the target and a few symbols that were drawn, not the whole vocabulary.

    Z~ = exp(s_t) + sum over drawn k != t of exp(s_k) / e_k          loss = log Z~ - s_t

s_k is the score of symbol k and e_k how often a draw of S symbols is expected to hold it, so that Z~ is expected to be
the sum over all symbols, Z. Symbols are numbered by falling frequency, and the e_k fall by Zipf's law (the log-uniform
distribution, proportional to log((k + 2) / (k + 1))), but are never above 1: what would be drawn more often than once
is always taken, once, and what is left goes to the others. Drawing is stratified: the e_k lie side by side on a line of
length S, and each of its S unit lengths gives one point. As S grows the loss becomes that of all symbols; with S = V it
is.

Sources: Y. Bengio and J.-S. Senecal, IEEE Transactions on Neural Networks 19 (2008) 713-722; S. Jean et al., "On Using
Very Large Target Vocabulary for Neural Machine Translation", ACL 2015. Evaluation scores all symbols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from weft.errors import ConfigError
from weft.nn.output.full import Full

if TYPE_CHECKING:
    from torch import Tensor


class Sampled(Full):
    """A full output layer whose training loss is an estimate; outside training it is ``Full``.

    Args:
        width, symbols, table: as for ``Full``.
        samples: S, symbols drawn for an update; as many as there are, or more, for the exact loss.
    Raises:
        ConfigError: no samples.
    """

    def __init__(self, width: int, symbols: int, *, table: nn.Parameter | None = None, samples: int) -> None:
        super().__init__(width, symbols, table=table)
        if samples < 1:
            raise ConfigError(f"sampled output: expected at least 1 sample an update, got {samples}")
        self.samples = min(samples, symbols)
        expected = expected_counts(symbols, self.samples)
        # No tensors of the module: a change of its type or device must not reach them.
        self._line, self._logs = np.cumsum(expected), np.log(expected)

    def loss(self, x: Tensor, targets: Tensor) -> Tensor:
        """The sum of the targets' nats as a draw estimates them; exact when not training."""
        if not self.training or self.samples == self.out_features:
            return super().loss(x, targets)
        return self.estimate(x, targets, self.draw())

    def draw(self) -> Tensor:
        """Symbols int64 [S] by torch's random stream of the CPU; one that lies across a border may come twice."""
        points = torch.arange(self.samples) + torch.rand(self.samples, dtype=torch.float64)
        found = torch.searchsorted(torch.from_numpy(self._line), points, right=True)
        return found.clamp_(max=self.out_features - 1)

    def estimate(self, x: Tensor, targets: Tensor, drawn: Tensor) -> Tensor:
        """The loss with the symbols ``drawn``, int64 [S] on the CPU."""
        x, targets = x[targets >= 0], targets[targets >= 0]
        expected = torch.from_numpy(self._logs)[drawn].to(x)
        drawn = drawn.to(x.device)
        rows, sizes = torch.cat([targets, drawn]), [len(targets), len(drawn)]
        weight, weights = torch.split(functional.embedding(rows, self.weight), sizes)
        bias, biases = torch.split(self.bias[rows], sizes)
        at_target = (x * weight).sum(dim=1) + bias
        scores = functional.linear(x, weights, biases - expected)
        scores = scores.masked_fill(drawn == targets.unsqueeze(1), -torch.inf)
        both = torch.cat([at_target.unsqueeze(1), scores], dim=1)
        both = both if both.dtype == torch.float64 else both.float()
        return (torch.logsumexp(both, dim=1) - both[:, 0]).sum()


def expected_counts(symbols: int, samples: int) -> np.ndarray:
    """How often each symbol is expected in a draw: float64 [V], at most 1 each, ``samples`` together."""
    places = np.arange(symbols)
    share = np.log1p(1.0 / (places + 1.0))
    # The first m are always taken; the others share out what is left, and the first of them gets at most 1.
    scale = (samples - places) / np.cumsum(share[::-1])[::-1]
    taken = int(np.argmax(scale * share <= 1.0))
    return np.where(places < taken, 1.0, np.minimum(1.0, scale[taken] * share))
