"""Adaptive softmax: frequent symbols are scored at once, rare ones in clusters that are only opened when needed.

    p(k) = softmax(H x + b)_k                        k in the short list, the first ``cutoffs[0]`` symbols
    p(k) = softmax(H x + b)_c softmax(W_c P_c x + b_c)_k          k in cluster c, which has a row of H like a symbol

P_c makes vectors a quarter as wide from one cluster to the next. Exact: the probabilities sum to 1. It rests on symbols
being numbered by falling frequency. Head and clusters are full output layers, of which each is asked for the rows that
need it. Source: E. Grave et al., "Efficient softmax approximation for GPUs", ICML 2017.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import torch
from torch import nn
from torch.nn import functional

from weft.errors import ConfigError
from weft.nn.output import _pieces
from weft.nn.output.full import Full

if TYPE_CHECKING:
    from torch import Tensor

SHARES = (0.7, 0.86)
"""Of a running text that stand before the first and the second cutoff, if its symbols follow Zipf's law."""
NARROWER = 4
"""How much narrower a cluster's vector is than that of the one before."""


class Adaptive(nn.Module):
    """Output layer with a short list and clusters.

    Args:
        width, symbols: D and V.
        table: the embedding's matrix [V, D], whose first rows are those of the short list too; None for own ones.
        cutoffs: where the clusters begin, rising, 1 to V - 1; none: ``cutoffs_for``.
    Attributes:
        cutoffs: as they were chosen.
    Raises:
        ConfigError: cutoffs that do not rise, or reach beyond the vocabulary.
    """

    def __init__(
        self, width: int, symbols: int, *, table: nn.Parameter | None = None, cutoffs: Sequence[int] = ()
    ) -> None:
        super().__init__()
        self.symbols = symbols
        self.cutoffs = checked_cutoffs(cutoffs or cutoffs_for(symbols), symbols)
        self.head = _Head(width, self.cutoffs[0], len(self.cutoffs), table)
        self.clusters = nn.ModuleList()
        for place, (low, high) in enumerate(pairwise([*self.cutoffs, symbols]), 1):
            narrow = max(1, width // NARROWER**place)
            self.clusters.append(nn.Sequential(nn.Linear(width, narrow, bias=False), Full(narrow, high - low)))

    def forward(self, x: Tensor) -> Tensor:
        """x [..., D] -> log p [..., V]; what softmax makes of them are the probabilities again."""
        head = torch.log_softmax(_wide(self.head(x)), dim=-1)
        shares = head[..., self.cutoffs[0] :].unbind(dim=-1)
        within = [torch.log_softmax(_wide(cluster(x)), dim=-1) for cluster in self.clusters]
        parts = [share.unsqueeze(-1) + each for share, each in zip(shares, within, strict=True)]
        return torch.cat([head[..., : self.cutoffs[0]], *parts], dim=-1)

    def loss(self, x: Tensor, targets: Tensor) -> Tensor:
        """The sum of the targets' nats, with its graph."""
        weight, bias = self.head.weight_and_bias()
        total = _pieces.loss(x, weight, bias, self._in_head(targets))
        for _, vectors, layer, wanted in self._opened(x, targets):
            total = total + layer.loss(vectors, wanted)
        return total

    def nats(self, x: Tensor, targets: Tensor) -> Tensor:
        """Of each target, float64 [N]; 0 where it is -1."""
        with torch.no_grad():
            weight, bias = self.head.weight_and_bias()
            found = _pieces.nats(x, weight, bias, self._in_head(targets))
            for rows, vectors, layer, wanted in self._opened(x, targets):
                found[rows] += layer.nats(vectors, wanted)
        return found

    def _in_head(self, targets: Tensor) -> Tensor:
        """Targets of the head: the short list's as they are, the others' as their clusters; -1 stays."""
        edges = torch.tensor(self.cutoffs, device=targets.device)
        cluster = torch.bucketize(targets, edges, right=True)
        return torch.where(cluster > 0, self.cutoffs[0] + cluster - 1, targets)

    def _opened(self, x: Tensor, targets: Tensor) -> Iterator[tuple[Tensor, Tensor, Full, Tensor]]:
        """The clusters that hold targets: their rows int64 [R], vectors [R, D'], output layer, targets within."""
        for cluster, (low, high) in zip(self.clusters, pairwise([*self.cutoffs, self.symbols]), strict=True):
            rows = ((targets >= low) & (targets < high)).nonzero().squeeze(1)
            if len(rows):
                narrow, layer = cast("nn.Sequential", cluster)
                yield rows, narrow(x[rows]), cast("Full", layer), targets[rows] - low


class _Head(nn.Module):
    """Scores of the short list and of the clusters; with a ``table``, the short list's rows are the table's first."""

    def __init__(self, width: int, shortlist: int, clusters: int, table: nn.Parameter | None) -> None:
        super().__init__()
        own = nn.Linear(width, shortlist + clusters)
        self.shortlist, self.table = shortlist, table
        self.weight = own.weight if table is None else nn.Parameter(own.weight.detach()[shortlist:].clone())
        self.bias = own.bias

    def weight_and_bias(self) -> tuple[Tensor, Tensor]:
        """[shortlist + clusters, D] and [shortlist + clusters]."""
        if self.table is None:
            return self.weight, self.bias
        return torch.cat([self.table[: self.shortlist], self.weight]), self.bias

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, *self.weight_and_bias())


def cutoffs_for(symbols: int) -> tuple[int, ...]:
    """Cutoffs for V = ``symbols``: V ** 0.7 and V ** 0.86 (50,000 symbols: 1,946 and 10,992)."""
    return tuple(sorted({max(1, int(symbols**share)) for share in SHARES if symbols**share < symbols}))


def checked_cutoffs(cutoffs: Sequence[int], symbols: int) -> tuple[int, ...]:
    """The cutoffs as they are.

    Raises:
        ConfigError: they do not rise, or do not lie within the vocabulary.
    """
    rise = all(low < high for low, high in pairwise(cutoffs))
    if not cutoffs or not rise or cutoffs[0] < 1 or cutoffs[-1] >= symbols:
        raise ConfigError(
            f"adaptive output: cutoffs must rise from at least 1 to at most {symbols - 1} ({symbols:,} symbols), got"
            f" {list(cutoffs)}",
            hint="leave output.cutoffs empty to have them chosen by the size of the vocabulary",
        )
    return tuple(cutoffs)


def _wide(scores: Tensor) -> Tensor:
    return scores if scores.dtype == torch.float64 else scores.float()
