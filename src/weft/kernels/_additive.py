"""Additive attention by the C++ core, where no gradient is kept: scores, softmax and context in one pass.

The numbers of a query do not depend on the other queries and sources, on the padding or on the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.autograd import forward_ad

from weft.errors import ShapeError
from weft.kernels._extension import absence, core

if TYPE_CHECKING:
    from torch import Tensor


def refuse(*tensors: Tensor) -> str:
    """Why the core cannot compute with these tensors without gradients; an empty string when it can."""
    if torch.is_grad_enabled() and any(each.requires_grad for each in tensors):
        return "the core keeps no gradients here"
    for each in tensors:
        if each.device.type != "cpu" or each.dtype != torch.float32:
            name = str(each.dtype).removeprefix("torch.")
            return f"the core takes float32 on a CPU, not {name} on {each.device.type}"
    if torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0:  # noqa: SLF001 - as in core
        return "the core has no transforms of torch.func and no forward-mode derivatives"
    traced = torch.compiler.is_compiling() or torch._C._is_tracing()  # noqa: SLF001 - has no typed name
    if traced or torch._C._len_torch_dispatch_stack():  # noqa: SLF001 - has no other name
        return "the core cannot be looked into"
    return "the core has no autocast" if torch.is_autocast_enabled("cpu") else absence()


def additive_attention(
    query: Tensor, keys: Tensor, of_tanh: Tensor, states: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """What queries see; ask ``refuse`` first.

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
