"""Samples of many sources at once: ancestral sampling as in ``search/sampling.py``, as whole hypotheses.

A sample has a random stream of its own, seeded from (seed, the source's name, the sample's number), and spends one draw
a symbol. What is drawn for a source is the same beside any other sources, up to rounding of the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from weft.errors import ConfigError, ShapeError
from weft.search._streams import Numbers
from weft.search._walk import Choosing, Place, step, walk
from weft.search.beam import check_lengths
from weft.search.hypothesis import Hypothesis
from weft.search.sampling import PLAIN, Chooser
from weft.search.settings import Sampling
from weft.types import Decoder, Step

__all__ = ["Hypothesis", "Sampling", "sample_sources"]


def sample_sources(
    decoder: Decoder,
    n: int,
    sampling: Sampling = PLAIN,
    *,
    samples: int,
    start_id: int,
    stop_id: int,
    longest: Tensor,
    seed: int,
    names: Sequence[int] | None = None,
    source_lengths: Tensor | None = None,
) -> list[list[Hypothesis]]:
    """Draw outputs of ``n`` sources.

    Args:
        decoder: whose ``start(n)`` has a row a source.
        sampling: how a symbol is chosen.
        samples: of each source, 1 or more.
        start_id: what is fed first.
        stop_id: what ends an output.
        longest: int64 [n], symbols of each source's output at most, the stop symbol included; 0 for an empty output,
            which counts as cut.
        seed: of the random streams, 0 or more.
        names: n whole numbers, 0 or more, which name the sources' streams (a line number, say); None: 0 to n-1.
        source_lengths: int64 [n], the positions that each source's attention is cut to; None: all.
    Returns:
        n lists of samples in the order of their numbers; ``logp`` and ``score`` are the model's own log-probability,
        whatever ``sampling`` made of it.
    Raises:
        ConfigError: an argument outside its range.
        ShapeError: lengths are not int64 [n], or there are not n names.
        RunError: the decoder's log-probabilities are not numbers.
    """
    check_lengths(n, longest, source_lengths)
    names = _checked(range(n) if names is None else names, n, samples, seed)
    live = (longest > 0).nonzero()[:, 0]
    origin = live.repeat_interleave(samples)
    numbers = Numbers([seed, names[source], number] for source in live.tolist() for number in range(samples))
    record = _Record(Chooser(sampling, numbers, len(origin)), origin.cpu())
    written = torch.empty(len(origin), 0, dtype=torch.int64)
    if len(origin):
        written = torch.stack(list(_drawn(decoder, n, record, start_id, stop_id, longest)), dim=1).cpu()
    widths = None if source_lengths is None else source_lengths.tolist()
    found = record.hypotheses(written.tolist(), stop_id, longest.tolist(), widths)
    empty = [Hypothesis((), 0.0, 0.0, finished=False)] * samples
    return [found.get(source, empty) for source in range(n)]


class _Record:
    """Chooses symbols, and writes down their log-probabilities and what was looked at.

    Args:
        origin: int64 [R], each row's source.
    """

    def __init__(self, chooser: Chooser, origin: Tensor) -> None:
        self.origin = origin
        self._chooser = chooser
        self._logp = torch.zeros(len(origin), dtype=torch.float64)
        self._attention: list[tuple[Tensor, Tensor]] = []

    def begins_at(self, place: Step) -> Place:
        """What was said of every source, before the first choice."""
        origin = self.origin.to(place.logp.device)
        nothing = origin[:0]
        if place.attention is not None:
            self._attention.append((torch.arange(len(origin)), place.attention[origin]))
        self._chooser.goes_on_from(nothing)
        return Place(nothing, place.state, place.logp)

    def watch(self, said: Step, running: Tensor) -> None:
        """What was said of the running rows."""
        if said.attention is not None:
            self._attention.append((running, said.attention))

    def choose(self, logp: Tensor, running: Tensor) -> Tensor:
        """Symbols int64 [A] of the running rows."""
        ids = self._chooser(logp, running)
        self._logp[running] += logp.gather(1, ids[:, None])[:, 0].to("cpu", torch.float64)
        return ids

    def hypotheses(
        self, written: list[list[int]], stop_id: int, longest: list[int], widths: list[int] | None
    ) -> dict[int, list[Hypothesis]]:
        """By source; ``written``: the symbols of each row, of which those after the end do not count."""
        found: dict[int, list[Hypothesis]] = {}
        attention = self._looked()
        for row, (source, symbols, logp) in enumerate(
            zip(self.origin.tolist(), written, self._logp.tolist(), strict=True)
        ):
            symbols = symbols[: longest[source]]
            end = symbols.index(stop_id) if stop_id in symbols else len(symbols)
            looked = None
            if attention is not None:
                width = None if widths is None else widths[source]
                looked = attention[row, : min(end + 1, len(symbols)), :width].clone()
            each = Hypothesis(tuple(symbols[:end]), logp, logp, finished=end < len(symbols), attention=looked)
            found.setdefault(source, []).append(each)
        return found

    def _looked(self) -> Tensor | None:
        """Attention of all rows, float [R, T, S], zero after their end."""
        if not self._attention:
            return None
        first = self._attention[0][1]
        looked = first.new_zeros(len(self.origin), len(self._attention), first.shape[1])
        for time, (running, attention) in enumerate(self._attention):
            looked[running.to(looked.device), time] = attention
        return looked


def _drawn(decoder: Decoder, n: int, record: _Record, start_id: int, stop_id: int, longest: Tensor) -> Iterator[Tensor]:
    last, time = longest.cpu()[record.origin], 0

    def begin() -> Place:
        return record.begins_at(step(decoder, decoder.start(n), torch.full_like(longest, start_id)))

    def finished(ids: Tensor, running: Tensor) -> Tensor:
        nonlocal time
        time += 1
        return (ids == stop_id) | (last[running] == time).to(ids.device)

    return walk(
        decoder,
        begin,
        record.choose,
        length=int(longest.max()),
        rows=len(record.origin),
        finished=finished,
        filler=stop_id,
        pen=lambda state: Choosing(decoder, record.choose, state, record.watch),
        copies=record.origin,
    )


def _checked(names: Sequence[int], n: int, samples: int, seed: int) -> Sequence[int]:
    if samples < 1:
        raise ConfigError(f"samples must be 1 or more, got {samples}")
    if seed < 0:
        raise ConfigError(f"seed must be 0 or more, got {seed}")
    if len(names) != n:
        raise ShapeError(f"names: expected one for each of {n} sources, got {len(names)}")
    if n and min(names) < 0:
        raise ConfigError(f"names of sources must be 0 or more, got {min(names)}")
    return names
