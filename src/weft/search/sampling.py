"""Ancestral sampling: draw the next symbol from the model's distribution, sharpened or cut on request.

Each row has its own random stream, seeded from (seed, row), and spends exactly one draw a symbol. Row 3 of 4 samples is
therefore row 3 of 100, and the same on every device up to rounding of the network itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from weft.errors import ConfigError, RunError
from weft.search._walk import NOT_NUMBERS, TRAIN_AGAIN, Choosing, Pen, walk
from weft.search.greedy import best
from weft.types import Decoder, Draws, State, Writer

AHEAD = 64
"""Numbers of a row that are drawn at once: one at a time costs more than a step of a small network."""


def sample(
    decoder: Decoder,
    prompt: Tensor,
    *,
    length: int,
    start_id: int,
    seed: int,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    samples: int = 1,
    stop_id: int | None = None,
) -> Iterator[Tensor]:
    """Continue a prompt ``samples`` times at once, one symbol a row at a time as it comes.

    Args:
        decoder: any model that says the next symbol's log-probabilities.
        prompt: int64 [N], on the decoder's device; may be empty.
        length: largest number of symbols.
        start_id: what is fed before the prompt.
        seed: of the random streams, 0 or more.
        temperature, top_k, top_p: see ``filter_logits``; temperature 0 is greedy search.
        samples: rows.
        stop_id: the symbol after which a row is finished: it repeats the symbol; when all are, nothing more comes.
    Yields:
        int64 [samples].
    Raises:
        ConfigError: an argument outside its range.
        ShapeError: the prompt is not int64 [N].
        RunError: the decoder's log-probabilities are not numbers (raised while yielding).
    """
    _check(temperature, top_k, top_p)
    if seed < 0:
        raise ConfigError(f"seed must be 0 or more, got {seed}")
    draws = _Draws(seed, samples)

    def choose(logp: Tensor, running: Tensor) -> Tensor:
        if temperature == 0:
            return best(logp)
        return draw(filter_logits(logp, temperature, top_k, top_p), draws.next(running).to(logp.device))

    def pen(state: State) -> Pen:
        writer = None
        if isinstance(decoder, Draws):
            writer = decoder.writer(state, temperature=temperature, top_k=top_k, top_p=top_p)
        return Choosing(decoder, choose, state) if writer is None else _Drawing(writer, draws)

    return walk(decoder, prompt, choose, length=length, rows=samples, stop_id=stop_id, start_id=start_id, pen=pen)


def filter_logits(logp: Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Sharpen and cut distributions, in this order: temperature, the k most probable, the smallest set that holds p.

    Args:
        logp: float [..., V], log-probabilities or logits.
        temperature: above 0; below 1 sharpens. 0 leaves the most probable symbol alone.
        top_k: how many symbols are kept, 0 for all; among equals the lower number is kept.
        top_p: in (0, 1], kept are the most probable symbols until their sum reaches it (at least one).
    Returns:
        float64 [..., V], normalised log-probabilities, -inf for what was cut.
    Raises:
        ConfigError: an argument outside its range.
    """
    _check(temperature, top_k, top_p)
    if temperature == 0:
        kept = torch.zeros_like(logp, dtype=torch.bool).scatter_(-1, best(logp)[..., None], True)
        return torch.zeros_like(logp, dtype=torch.float64).masked_fill(~kept, -math.inf)
    scaled = torch.log_softmax(logp.to(torch.float64) / temperature, dim=-1)
    if top_k == 0 and top_p == 1.0:
        return scaled
    ranked, order = scaled.sort(dim=-1, descending=True, stable=True)
    if top_k:
        ranked[..., top_k:] = -math.inf
    if top_p < 1.0:
        probabilities = torch.softmax(ranked, dim=-1)
        before = probabilities.cumsum(dim=-1) - probabilities
        ranked[..., 1:].masked_fill_(before[..., 1:] >= top_p, -math.inf)
    return torch.log_softmax(torch.empty_like(scaled).scatter_(-1, order, ranked), dim=-1)


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


class _Draws:
    """Numbers in [0, 1): each row has a stream of its own, read ahead in pieces."""

    def __init__(self, seed: int, rows: int) -> None:
        self._streams = [_stream(seed, row) for row in range(rows)]
        self._ahead = torch.empty(0, rows, dtype=torch.float64)
        self._place = 0

    def next(self, running: Tensor) -> Tensor:
        """The next number of each running row, float64 [A]; one that has stopped does not come back."""
        if self._place == len(self._ahead):
            pieces = [torch.rand(AHEAD, generator=stream, dtype=torch.float64) for stream in self._streams]
            self._ahead, self._place = torch.stack(pieces, dim=1), 0
        numbers = self._ahead[self._place]
        self._place += 1
        return numbers if len(running) == len(numbers) else numbers[running]


class _Drawing:
    """A pen of a decoder that draws by itself."""

    def __init__(self, writer: Writer, draws: _Draws) -> None:
        self._writer, self._draws = writer, draws

    def next(self, ids: Tensor, running: Tensor) -> Tensor:
        """Feed one symbol a row, and draw the next."""
        drawn = self._writer.next(ids, self._draws.next(running))
        if drawn is None:
            raise RunError(NOT_NUMBERS, hint=TRAIN_AGAIN)
        return drawn

    def keep(self, rows: Tensor) -> None:
        """Go on with the given rows only."""
        self._writer.keep(rows)


def _stream(seed: int, row: int) -> torch.Generator:
    """A random stream of its own for each (seed, row)."""
    word = np.random.SeedSequence([seed, row]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(word >> np.uint64(1)))


def _check(temperature: float, top_k: int, top_p: float) -> None:
    if not (math.isfinite(temperature) and temperature >= 0):
        raise ConfigError(f"temperature must be a finite number, 0 (greedy) or more, got {temperature}")
    if top_k < 0:
        raise ConfigError(f"top_k must be 0 (all symbols) or more, got {top_k}")
    if not 0 < top_p <= 1:
        raise ConfigError(f"top_p must be above 0 and at most 1, got {top_p}")
