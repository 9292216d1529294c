"""Ancestral sampling: draw the next symbol from the model's distribution, sharpened or cut on request.

Each row has its own random stream, seeded from (seed, row), and spends exactly one draw a symbol. Row 3 of 4 samples is
therefore row 3 of 100, and the same on every device up to rounding of the network itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from weft.errors import ConfigError, RunError
from weft.search._streams import Numbers
from weft.search._walk import (
    NOT_NUMBERS,
    TRAIN_AGAIN,
    Choosing,
    Finished,
    Pen,
    Place,
    check_prompt,
    read,
    read_on,
    stopping_at,
    walk,
)
from weft.search.greedy import best
from weft.search.repetition import Recent, penalise
from weft.search.settings import Sampling
from weft.search.top_k import keep_top_k
from weft.search.top_p import keep_top_p
from weft.search.typical import keep_typical
from weft.types import Decoder, Draws, State, Writer

__all__ = [
    "Chooser",
    "Finished",
    "Place",
    "Sampling",
    "draw",
    "filter_logits",
    "read",
    "read_on",
    "sample",
    "sample_on",
]

PLAIN = Sampling()


def sample(
    decoder: Decoder,
    prompt: Tensor,
    sampling: Sampling = PLAIN,
    *,
    length: int,
    start_id: int,
    seed: int,
    samples: int = 1,
    stop_id: int | None = None,
    finished: Finished | None = None,
) -> Iterator[Tensor]:
    """Continue a prompt ``samples`` times at once, one symbol a row at a time as it comes.

    Args:
        decoder: any model that says the next symbol's log-probabilities.
        prompt: int64 [N], on the decoder's device; may be empty.
        sampling: how a symbol is chosen.
        length: largest number of symbols.
        start_id: what is fed before the prompt.
        seed: of the random streams, 0 or more.
        samples: rows.
        stop_id: the symbol after which a row is finished: it repeats the symbol; when all are, nothing more comes.
        finished: says instead which rows are; they repeat ``start_id``.
    Yields:
        int64 [samples].
    Raises:
        ConfigError: an argument outside its range.
        ShapeError: the prompt is not int64 [N].
        RunError: the decoder's log-probabilities are not numbers (raised while yielding).
    """
    check_prompt(prompt)
    return sample_on(
        decoder,
        lambda: read(decoder, prompt, start_id),
        sampling,
        length=length,
        seed=[seed],
        samples=samples,
        finished=finished or stopping_at(stop_id),
        filler=start_id if stop_id is None else stop_id,
    )


def sample_on(
    decoder: Decoder,
    place: Callable[[], Place],
    sampling: Sampling,
    *,
    length: int,
    seed: Sequence[int],
    samples: int,
    finished: Finished | None,
    filler: int,
) -> Iterator[Tensor]:
    """As ``sample``, from a place that a text has come to; ``seed`` is one number or several, which name the streams.

    Args:
        place: asked for with the first symbols.
        filler: what finished rows repeat.
    """
    if min(seed) < 0:
        raise ConfigError(f"seed must be 0 or more, got {min(seed)}")
    numbers = Numbers([*seed, row] for row in range(samples))
    choose = Chooser(sampling, numbers, samples)

    def begin() -> Place:
        here = place()
        choose.goes_on_from(here.ids)
        return here

    def pen(state: State) -> Pen:
        writer = None
        if isinstance(decoder, Draws) and sampling.known_to_writers:
            writer = decoder.writer(state, temperature=sampling.temperature, top_k=sampling.top_k, top_p=sampling.top_p)
        return Choosing(decoder, choose, state) if writer is None else _Drawing(writer, numbers)

    return walk(decoder, begin, choose, length=length, rows=samples, finished=finished, filler=filler, pen=pen)


def filter_logits(logp: Tensor, sampling: Sampling = PLAIN) -> Tensor:
    """Sharpen and cut distributions, in this order: temperature, top_k, top_p, typical; each sees what the one before
    left. (A repetition penalty comes before all of them, and needs to know what was written.)

    Args:
        logp: float [..., V], log-probabilities or logits.
    Returns:
        float64 [..., V], normalised log-probabilities, -inf for what was cut.
    """
    if sampling.temperature == 0:
        kept = torch.zeros_like(logp, dtype=torch.bool).scatter_(-1, best(logp)[..., None], True)
        return torch.zeros_like(logp, dtype=torch.float64).masked_fill(~kept, -math.inf)
    scaled = torch.log_softmax(logp.to(torch.float64) / sampling.temperature, dim=-1)
    cut = scaled
    if sampling.top_k:
        cut = keep_top_k(cut, sampling.top_k)
    if sampling.top_p < 1:
        cut = keep_top_p(cut, sampling.top_p)
    if sampling.typical < 1:
        cut = keep_typical(cut, sampling.typical)
    return scaled if cut is scaled else torch.log_softmax(cut, dim=-1)


def draw(logp: Tensor, draws: Tensor) -> Tensor:
    """The symbols at which the running sums of probability pass the draws.

    Args:
        logp: float64 [B, V].
        draws: float64 [B] in [0, 1).
    Returns:
        int64 [B]; never a symbol of probability 0.
    """
    sums = logp.exp().cumsum(dim=-1)
    return torch.searchsorted(sums, (draws * sums[:, -1])[:, None], right=True)[:, 0]


class Chooser:
    """From log-probabilities to symbols, by settings and random numbers.

    Args:
        rows: how many there are; ``numbers`` has a stream for each.
    """

    def __init__(self, sampling: Sampling, numbers: Numbers, rows: int) -> None:
        self._sampling, self._numbers, self._rows = sampling, numbers, rows
        self._recent: Recent | None = None

    def goes_on_from(self, prompt: Tensor) -> None:
        """Remember the symbols before the first choice, int64 [N], if they matter."""
        if self._sampling.repetition_penalty != 1:
            self._recent = Recent(prompt, self._rows, self._sampling.penalty_window)

    def __call__(self, logp: Tensor, running: Tensor) -> Tensor:
        """Symbols int64 [A] for logp float [A, V] of the running rows, their numbers int64 [A]."""
        if self._recent is None:
            return self._chosen(logp, running)
        ids = self._chosen(penalise(logp, self._recent.of(running), self._sampling.repetition_penalty), running)
        self._recent.add(ids)
        return ids

    def _chosen(self, logp: Tensor, running: Tensor) -> Tensor:
        if self._sampling.temperature == 0:
            return best(logp)
        return draw(filter_logits(logp, self._sampling), self._numbers.next(running).to(logp.device))


class _Drawing:
    """A pen of a decoder that draws by itself."""

    def __init__(self, writer: Writer, numbers: Numbers) -> None:
        self._writer, self._numbers = writer, numbers

    def next(self, ids: Tensor, running: Tensor) -> Tensor:
        """Feed one symbol a row, and draw the next."""
        drawn = self._writer.next(ids, self._numbers.next(running))
        if drawn is None:
            raise RunError(NOT_NUMBERS, hint=TRAIN_AGAIN)
        return drawn

    def keep(self, rows: Tensor) -> None:
        """Go on with the given rows only."""
        self._writer.keep(rows)
