"""What a beam search remembers: where every row came from, and the best ends of every source.

A row at time t has t symbols behind it. Nothing is copied when rows are reordered: each time keeps which row of the one
before its rows came from, and the ends are traced back together once the search is over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from weft.search.hypothesis import Hypothesis

NO_SYMBOL = -1
"""The last symbol of a hypothesis that was cut before it."""


@dataclass(frozen=True)
class Ends:
    """Hypotheses that ended, K a source, best first; all [A, K], score float64, -inf where there is none.

    Attributes:
        score: float64, and ``logp`` float64 in nats.
        time: int64, symbols before the last one.
        row: int64, the row at that time.
        symbol: int64, the last symbol, or ``NO_SYMBOL``.
    """

    score: Tensor
    logp: Tensor
    time: Tensor
    row: Tensor
    symbol: Tensor

    @classmethod
    def none(cls, sources: int, width: int, device: torch.device) -> Ends:
        """No hypothesis of any source."""
        nothing = torch.full((sources, width), -math.inf, dtype=torch.float64, device=device)
        zero = torch.zeros(sources, width, dtype=torch.int64, device=device)
        return cls(nothing, nothing.clone(), zero, zero.clone(), zero + NO_SYMBOL)

    def of(self, sources: Tensor) -> Ends:
        """The ends of these sources, int64 [A]."""
        return Ends(*(getattr(self, field.name)[sources] for field in fields(self)))

    def best_with(self, others: Ends) -> Ends:
        """The best of both, as many as here; among equals these first, then the others in their order."""
        width = self.score.shape[1]
        order = (
            torch.cat([self.score, others.score], dim=1).sort(dim=1, descending=True, stable=True).indices[:, :width]
        )
        both = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return Ends(*(torch.cat(pair, dim=1).gather(1, order) for pair in both))

    def put(self, sources: Tensor, ends: Ends) -> None:
        """Write the ends of these sources, int64 [A], in place."""
        for field in fields(self):
            getattr(self, field.name)[sources] = getattr(ends, field.name)


class Trellis:
    """Rows of all times."""

    def __init__(self) -> None:
        self._parents: list[Tensor] = []
        self._symbols: list[Tensor] = []
        self._attention: list[Tensor] = []

    def add(self, parents: Tensor, symbols: Tensor, attention: Tensor | None) -> None:
        """One time more.

        Args:
            parents: int64 [R], the row of the time before that each new row goes on from.
            symbols: int64 [R], what it goes on with.
            attention: float [Q, S] of the Q rows of the time before.
        """
        self._parents.append(parents)
        self._symbols.append(symbols)
        if attention is not None:
            self._attention.append(attention)

    def read(self, ends: Ends, stop_id: int, widths: list[int] | None) -> list[list[Hypothesis]]:
        """The hypotheses of every source, best first.

        Args:
            ends: of all sources.
            widths: source positions that each source's attention is cut to; None: all.
        """
        looks = (ends.time + (ends.symbol != NO_SYMBOL)).flatten()
        ids, attention = self._traced(ends.time.flatten(), looks, ends.row.flatten())
        written, width = ids.tolist(), ends.score.shape[1]
        columns = (getattr(ends, field.name).flatten().tolist() for field in fields(ends))
        found: list[list[Hypothesis]] = [[] for _ in range(len(ends.score))]
        for number, (score, logp, time, _, last) in enumerate(zip(*columns, strict=True)):
            if score == -math.inf:
                continue
            source = number // width
            tail = [last] if last not in (stop_id, NO_SYMBOL) else []
            looked = None
            if attention is not None:
                looked = attention[number, : looks[number], : None if widths is None else widths[source]].clone()
            ids_of = (*written[number][:time], *tail)
            found[source].append(Hypothesis(ids_of, logp, score, finished=last == stop_id, attention=looked))
        return found

    def _traced(self, time: Tensor, looks: Tensor, row: Tensor) -> tuple[Tensor, Tensor | None]:
        """Symbols int64 [E, T] and attention float [E, T, S] of all ends, traced back together from (time, row);
        ``looks``: rows of attention, one more than symbols for those that had a last one."""
        steps = len(self._parents)
        ids = time.new_zeros(len(time), steps)
        attention = None
        if self._attention:
            attention = self._attention[0].new_zeros(len(time), steps, self._attention[0].shape[1])
        row = row.clone()
        for now in range(steps - 1, -1, -1):
            behind = (time > now).nonzero()[:, 0]
            ids[behind, now] = self._symbols[now][row[behind]]
            row[behind] = self._parents[now][row[behind]]
            if attention is not None:
                looked = (looks > now).nonzero()[:, 0]
                attention[looked, now] = self._attention[now][row[looked]]
        return ids, attention
