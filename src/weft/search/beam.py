"""Beam search over many sources at once.

At every time the most probable continuations of a source are chosen, ``size`` of them, among all symbols after all of
its rows; equals in the order of their rows (the more probable first), then of their symbols. Those that end with the
stop symbol leave the beam, and so does, cut, what has reached its longest length or where nothing is allowed; the rest
are the source's next rows. All hypotheses of a time have the same length, so log-probabilities are compared there; the
ends, of different lengths, are ranked by equation 14 of Wu et al. (2016),

    score = logp / lp + cp,   lp = ((5 + len) / 6) ** alpha,   cp = beta * sum_i log(min(sum_j a_ij, 1)),

where len counts the symbols that logp is of, the stop symbol too, and a_ij is the attention of symbol j to source
position i. An end that was cut is ranked by the same score. Among equal scores the earlier end comes first.

**When a source ends.** No log-probability and no cp is above 0, and lp grows with the length. So whatever goes on from
a row with log-probability L ends with a score of at most L / lp(longest): L, divided by the largest penalty that a
hypothesis can reach. A row whose bound is not above the source's n-th best end leaves the beam: nothing that comes of
it can displace what will be handed back. What moves up into its place is no more probable than what it would have gone
on with, so that leaves, too, and the others are what they would have been: the result is that of searching on to the
longest length, at less cost. The bound is admissible, as in Huang, Zhao & Ma (2017). Because it divides by the longest
length, it is loose where alpha is large and ``longest`` generous; ``patience`` ends sooner and promises less. It counts
ends, and a source's ends depend on all of its rows, so with it they leave together.

A source's rows meet no other source's: what is found does not depend on the company, but for rounding in the network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from weft.errors import ConfigError, RunError, ShapeError
from weft.search._leading import leading
from weft.search._trellis import NO_SYMBOL, Ends, Trellis
from weft.search._walk import NOT_NUMBERS, TRAIN_AGAIN
from weft.search.constraints import Allowed
from weft.search.hypothesis import Hypothesis
from weft.search.settings import Beam
from weft.types import Decoder, State, Step

__all__ = ["Allowed", "Beam", "Hypothesis", "beam_search", "check_lengths", "length_penalty"]

LEAST = 1e-10
"""Attention that a source position has at least in cp: a window of local attention can leave it none, and log 0 would
make all hypotheses equally bad."""


def beam_search(
    decoder: Decoder,
    n: int,
    beam: Beam,
    *,
    start_id: int,
    stop_id: int,
    longest: Tensor,
    allowed: Allowed | None = None,
    source_lengths: Tensor | None = None,
) -> list[list[Hypothesis]]:
    """The best outputs of ``n`` sources.

    Args:
        decoder: whose ``start(n)`` has a row a source.
        start_id: what is fed first.
        stop_id: what ends an output.
        longest: int64 [n], on the decoder's device: symbols of each source's output at most, the stop symbol included;
            0 for an empty output, which counts as cut.
        allowed: which symbols may come next, see ``search/constraints.py``; it is given the sources' numbers, 0 to n-1.
        source_lengths: int64 [n], the positions of each source; the others are padding, left out of the coverage and of
            the hypotheses' attention. None: all are real.
    Returns:
        n lists of ``n_best`` hypotheses, best first; fewer where there are no more.
    Raises:
        ConfigError: a length below 0, a stop symbol outside the vocabulary, or a coverage penalty without attention.
        ShapeError: lengths are not int64 [n], or ``allowed`` gives something else than bool [rows, V].
        RunError: the decoder's log-probabilities are not numbers.
    """
    check_lengths(n, longest, source_lengths)
    search = _Search(beam, stop_id, longest, allowed, source_lengths)
    with torch.no_grad():
        search.run(decoder, start_id)
        widths = None if source_lengths is None else source_lengths.tolist()
        return search.trellis.read(search.ends, stop_id, widths)


def length_penalty(length: Tensor, alpha: float) -> Tensor:
    """lp of equation 14 of Wu et al. (2016), float64, of lengths of any shape."""
    return ((5 + length.to(torch.float64)) / 6) ** alpha


def check_lengths(n: int, longest: Tensor, source_lengths: Tensor | None) -> None:
    """Check the largest numbers of symbols and the sources' positions.

    Raises:
        ShapeError: one is not int64 [n].
        ConfigError: a longest length is below 0.
    """
    for name, lengths in (("longest", longest), ("source_lengths", source_lengths)):
        if lengths is not None and (lengths.dtype != torch.int64 or lengths.shape != (n,)):
            raise ShapeError(
                f"{name}: expected int64 [{n}], got {str(lengths.dtype).removeprefix('torch.')} {list(lengths.shape)}"
            )
    if n and int(longest.min()) < 0:
        raise ConfigError(f"longest must be 0 or more symbols, got {int(longest.min())} for source {longest.argmin()}")


@dataclass(frozen=True)
class _Rows:
    """The R rows of the A sources still searched, sorted by source and then by probability.

    Attributes:
        owner: int64 [R], the source's place among those still searched.
        slot: int64 [R], below ``size``: the row's place in its source's beam.
        ids: int64 [R], the symbol to be fed.
        logp: float64 [R], of all symbols so far.
        prefixes: int64 [R, t], for ``allowed``.
        looked: float64 [R, S], attention so far, for the coverage; None before the first step.
    """

    owner: Tensor
    slot: Tensor
    ids: Tensor
    logp: Tensor
    prefixes: Tensor | None
    looked: Tensor | None


@dataclass(frozen=True)
class _Chosen:
    """The continuations of A sources, ``size`` each, best first, all [A, size]; logp is -inf where there is none.

    Attributes:
        logp: float64.
        parents: int64, the rows they go on from.
        ids: int64, the symbols they go on with.
    """

    logp: Tensor
    parents: Tensor
    ids: Tensor


class _Search:
    """The sources still searched, their ends so far, and the way to them."""

    def __init__(
        self, beam: Beam, stop_id: int, longest: Tensor, allowed: Allowed | None, source_lengths: Tensor | None
    ) -> None:
        self._beam, self._stop, self._allowed = beam, stop_id, allowed
        self._longest, self._lengths = longest, source_lengths
        self._largest_penalty = length_penalty(longest, beam.length_penalty)
        self._ended = torch.zeros_like(longest)
        self._live = torch.arange(len(longest), device=longest.device)
        self._time = 0
        self.ends = Ends.none(len(longest), beam.n_best, longest.device)
        self.trellis = Trellis()

    def run(self, decoder: Decoder, start_id: int) -> None:
        """Search until all sources have ended."""
        rows = self._first(start_id)
        if not len(rows.ids):
            return
        state = decoder.start(len(self._longest))
        if len(rows.ids) < len(self._longest):
            state = decoder.select(state, self._live)
        while True:
            said = decoder.step(state, rows.ids)
            fed, (rows, parents) = len(rows.ids), self._next(said, rows)
            self._time += 1
            if not len(parents):
                return
            state = _selected(decoder, said.state, parents, fed)

    def _first(self, start_id: int) -> _Rows:
        """A row a source; those of no length end here."""
        source = self._live
        logp = torch.zeros(len(source), dtype=torch.float64, device=source.device)
        rows = _Rows(source, torch.zeros_like(source), torch.full_like(source, start_id), logp, None, None)
        empty = self._longest == 0
        if bool(empty.any()):
            self._cut(rows, empty)
        self._live = (~empty).nonzero()[:, 0]
        count = len(self._live)
        prefixes = source.new_empty(count, 0) if self._allowed is not None else None
        return _Rows(source[:count], rows.slot[:count], rows.ids[:count], logp[:count], prefixes, None)

    def _next(self, said: Step, rows: _Rows) -> tuple[_Rows, Tensor]:
        """The rows after a step, and the rows int64 [R] that they go on from."""
        values, symbols = self._continuations(said, rows)
        if not bool(values[:, 0].isfinite().all()):
            _check_numbers(values[:, 0])
            self._cut(rows, values[:, 0] == -math.inf)
        chosen = self._choose(values, symbols, rows)
        looked = self._looked(said, rows)
        last = (self._longest[self._live] == self._time + 1)[:, None]
        there = chosen.logp > -math.inf
        ending = there & ((chosen.ids == self._stop) | last)
        if bool(ending.any()):
            self._end(chosen, ending, self._coverage(looked, rows))
        going = self._going(chosen, there & ~ending)
        after, parents = self._go_on(chosen, going, rows, looked)
        self.trellis.add(parents, after.ids, said.attention)
        return after, parents

    def _continuations(self, said: Step, rows: _Rows) -> tuple[Tensor, Tensor]:
        """The best symbols of each row and their log-probabilities, [R, k], -inf for what is not allowed."""
        logp, size = said.logp, said.logp.shape[1]
        if not 0 <= self._stop < size:
            raise ConfigError(f"stop_id is {self._stop}, symbols of this decoder are 0 to {size - 1}")
        if self._allowed is not None and rows.prefixes is not None:
            allowed = self._allowed(rows.prefixes, self._live[rows.owner])
            if allowed is not None:
                _check_allowed(allowed, logp)
                _check_numbers(logp)
                logp = logp.masked_fill(~allowed, -math.inf)
        if self._time < self._beam.min_length:
            logp = logp.index_fill(1, rows.ids.new_tensor([self._stop]), -math.inf)
        values, symbols = leading(logp, self._beam.size)
        return values.to(torch.float64), symbols

    def _choose(self, values: Tensor, symbols: Tensor, rows: _Rows) -> _Chosen:
        """The best continuations of each source: every row's best are enough to know them."""
        sources, size, k = len(self._live), self._beam.size, values.shape[1]
        table, row_of = values + rows.logp[:, None], torch.arange(len(values), device=values.device)
        if len(values) < sources * size:
            spread = values.new_full((sources, size, k), -math.inf)
            spread[rows.owner, rows.slot] = table
            places = row_of.new_zeros(sources, size)
            places[rows.owner, rows.slot] = row_of
            table, row_of = spread, places
        row_of = row_of.view(sources, size)
        logp, order = table.view(sources, size * k).sort(dim=1, descending=True, stable=True)
        order = order[:, :size]
        parents = row_of.gather(1, order // k)
        return _Chosen(logp[:, :size], parents, symbols[parents, order % k])

    def _end(self, chosen: _Chosen, ending: Tensor, coverage: Tensor | None) -> None:
        """Put down those that end, bool [A, size], if they are among the best."""
        score = chosen.logp / self._penalty(self._time + 1)
        if coverage is not None:
            score = score + coverage[chosen.parents]
        self._ended[self._live] += ending.sum(1)
        self._put(score.masked_fill(~ending, -math.inf), chosen)

    def _cut(self, rows: _Rows, which: Tensor) -> None:
        """Put down rows, bool [R], that end without a symbol more."""
        score = rows.logp / self._penalty(self._time)
        coverage = self._coverage(rows.looked, rows)
        if coverage is not None:
            score = score + coverage
        cut = which.nonzero()[:, 0]
        place = (rows.owner[cut], rows.slot[cut])
        nothing = score.new_full((len(self._live), self._beam.size), -math.inf)
        nowhere = torch.zeros_like(nothing, dtype=torch.int64)
        chosen = _Chosen(nothing.index_put(place, rows.logp[cut]), nowhere.index_put(place, cut), nowhere + NO_SYMBOL)
        self._put(nothing.index_put(place, score[cut]), chosen)

    def _put(self, score: Tensor, chosen: _Chosen) -> None:
        if not bool((score.amax(1) > self.ends.score[self._live, -1]).any()):
            return  # nothing comes before what is there: among equals the earlier end is first
        ends = Ends(score, chosen.logp, torch.full_like(chosen.ids, self._time), chosen.parents, chosen.ids)
        self.ends.put(self._live, self.ends.of(self._live).best_with(ends))

    def _going(self, chosen: _Chosen, going: Tensor) -> Tensor:
        """Which continuations go on, bool [A, size], see the module."""
        ends, penalty = self.ends.score[self._live, -1], self._largest_penalty[self._live]
        able = going & (chosen.logp / penalty[:, None] > ends[:, None])
        if not self._beam.patience:
            return able
        enough = max(self._beam.patience * self._beam.size, self._beam.n_best)
        on = able.any(1) & (self._ended[self._live] < enough)
        return going & on[:, None]

    def _go_on(self, chosen: _Chosen, going: Tensor, rows: _Rows, looked: Tensor | None) -> tuple[_Rows, Tensor]:
        """The rows of the continuations that go on; sources that have none are searched no more."""
        if len(rows.ids) == going.numel() and bool(going.all()):  # as at most steps: as many rows again
            owner, slot, parents, ids = rows.owner, rows.slot, chosen.parents.flatten(), chosen.ids.flatten()
            logp = chosen.logp.flatten()
        else:
            source, slot = going.nonzero().unbind(1)
            parents, ids, logp = (each[source, slot] for each in (chosen.parents, chosen.ids, chosen.logp))
            on = going.any(1)
            owner = (on.cumsum(0) - 1)[source]
            self._live = self._live[on]
        prefixes = None if rows.prefixes is None else torch.cat([rows.prefixes[parents], ids[:, None]], dim=1)
        looked = None if looked is None else looked[parents]
        return _Rows(owner, slot, ids, logp, prefixes, looked), parents

    def _looked(self, said: Step, rows: _Rows) -> Tensor | None:
        """Attention so far, this step's included, float64 [R, S]; None without a coverage penalty."""
        if not self._beam.coverage_penalty:
            return None
        if said.attention is None:
            raise ConfigError(
                f"coverage_penalty is {self._beam.coverage_penalty}, but this decoder gives no attention",
                hint="set it to 0, or take a model with attention",
            )
        attention = said.attention.to(torch.float64)
        return attention if rows.looked is None else rows.looked + attention

    def _coverage(self, looked: Tensor | None, rows: _Rows) -> Tensor | None:
        """cp of each row, float64 [R]."""
        if looked is None:
            return None
        penalty = looked.clamp(LEAST, 1).log()
        if self._lengths is not None:
            real = self._lengths[self._live[rows.owner]]
            padding = torch.arange(looked.shape[1], device=looked.device) >= real[:, None]
            penalty = penalty.masked_fill(padding, 0)
        return self._beam.coverage_penalty * penalty.sum(1)

    def _penalty(self, length: int) -> Tensor:
        return length_penalty(torch.tensor(length, device=self._longest.device), self._beam.length_penalty)


def _selected(decoder: Decoder, state: State, parents: Tensor, rows: int) -> State:
    """The state of the parents; itself where every row goes on as it is."""
    if len(parents) == rows and torch.equal(parents, torch.arange(rows, device=parents.device)):
        return state
    return decoder.select(state, parents)


def _check_numbers(logp: Tensor) -> None:
    if bool(logp.isnan().any()):
        raise RunError(NOT_NUMBERS, hint=TRAIN_AGAIN)


def _check_allowed(allowed: Tensor, logp: Tensor) -> None:
    if allowed.dtype != torch.bool or allowed.shape != logp.shape:
        raise ShapeError(
            f"allowed: expected bool {list(logp.shape)}, "
            f"got {str(allowed.dtype).removeprefix('torch.')} {list(allowed.shape)}"
        )
