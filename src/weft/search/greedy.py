"""Greedy search: always the most probable next symbol. Deterministic; the first of equals wins."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from weft.search._walk import check_prompt, read, stopping_at, walk
from weft.types import Decoder


def greedy(
    decoder: Decoder, prompt: Tensor, *, length: int, start_id: int, stop_id: int | None = None
) -> Iterator[Tensor]:
    """Continue a prompt, one symbol at a time as it comes.

    Args:
        decoder: any model that says the next symbol's log-probabilities.
        prompt: int64 [N], on the decoder's device; may be empty.
        length: largest number of symbols.
        start_id: what is fed before the prompt.
        stop_id: the symbol after which nothing more comes; it is yielded itself.
    Yields:
        int64 [1].
    Raises:
        ConfigError: a negative length.
        ShapeError: the prompt is not int64 [N].
        RunError: the decoder's log-probabilities are not numbers (raised while yielding).
    """
    check_prompt(prompt)
    return walk(
        decoder,
        lambda: read(decoder, prompt, start_id),
        lambda logp, _: best(logp),
        length=length,
        rows=1,
        finished=stopping_at(stop_id),
        filler=start_id,
    )


def best(logp: Tensor) -> Tensor:
    """The most probable symbol of each row, the first of equals: float [B, V] -> int64 [B]."""
    return logp.argmax(dim=-1)
