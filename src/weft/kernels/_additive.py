"""Additive attention by the C++ core, where no gradient is kept: scores, softmax and context in one pass.

The numbers of a query do not depend on the other queries and sources, on the padding or on the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from weft.errors import ShapeError
from weft.kernels._extension import core

if TYPE_CHECKING:
    from torch import Tensor


def additive_attention(
    query: Tensor, keys: Tensor, of_tanh: Tensor, states: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """What queries see; ask ``refuse_inference`` first.

    Args:
        query: W q, [B, U, A].
        keys: [B, S, A]; what stands at padding is not read, nor is it in ``states``.
        of_tanh: v, [A].
        states: [B, S, M].
        lengths: int64 [B] on the CPU, 1 <= length <= S.
    Returns:
        contexts [B, U, M] and weights [B, U, S], zero at padding.
    Raises:
        ShapeError: they do not fit each other.
    """
    sources, queries, width = query.shape
    places, memory = states.shape[1:]
    fits = keys.shape == (sources, places, width) and of_tanh.shape == (width,) and len(states) == sources
    if not fits or lengths.shape != (sources,) or lengths.dtype != torch.int64 or lengths.device.type != "cpu":
        raise ShapeError(
            f"attention: queries {list(query.shape)}, keys {list(keys.shape)}, states {list(states.shape)}, lengths"
            f" {list(lengths.shape)} and a vector {list(of_tanh.shape)} do not fit each other"
        )
    contexts, weights = query.new_empty(sources, queries, memory), query.new_empty(sources, queries, places)
    if not query.numel():
        return contexts, weights
    if not 1 <= int(lengths.min()) <= int(lengths.max()) <= places:
        raise ShapeError(f"attention: expected lengths of 1 to {places}, got {lengths.tolist()}")
    read = [each.contiguous() for each in (lengths, query, keys, of_tanh, states)]
    core().additive_attention(
        sources, queries, places, width, memory,
        *(each.data_ptr() for each in (*read, contexts, weights)), torch.get_num_threads(),
    )  # fmt: skip
    return contexts, weights
