"""The most probable symbols of every row, in an order that does not depend on how they were found."""

from __future__ import annotations

import math

import torch
from torch import Tensor

BLOCK = 64
"""Symbols whose largest is looked for first. The k largest of a row lie in the k blocks with the largest maxima, and
finding maxima is much cheaper than ranking: on a CPU about four times in all, of 8,000 symbols."""

MANY = 4
"""A vocabulary of so many times the blocks that are looked into is worth the detour."""


def leading(logp: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k most probable symbols of each row, best first; among equals the lower number first.

    Args:
        logp: float [R, V]; not a number counts as largest, so that it shows in the first place.
        k: 1 or more; V when there are fewer.
    Returns:
        their values float [R, k] and numbers int64 [R, k]. Among symbols of -inf the numbers are any.
    """
    size = logp.shape[1]
    k = min(k, size)
    values, ids = _largest(logp, min(k + 1, size))
    if bool((values[:, 1:] < values[:, :-1]).all()):  # no equals, and no NaN: there is one order only
        return values[:, :k], ids[:, :k]
    ids, values = _in_order(values, ids)
    if k < size:
        # Which of several equal ones a selection takes is its own affair, so a tie across the edge is ranked in full.
        tied = ((values[:, k - 1] == values[:, k]) & (values[:, k - 1] > -math.inf)).nonzero()[:, 0]
        if len(tied):
            ranked, order = logp[tied].sort(dim=1, descending=True, stable=True)
            values[tied], ids[tied] = ranked[:, : k + 1], order[:, : k + 1]
    return values[:, :k], ids[:, :k]


def _in_order(values: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    ids, order = ids.sort(dim=1)
    values, places = values.gather(1, order).sort(dim=1, descending=True, stable=True)
    return ids.gather(1, places), values


def _largest(logp: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Values and numbers of the k largest in any order; of equal ones any."""
    size = logp.shape[1]
    blocks = size // BLOCK
    if logp.device.type != "cpu" or blocks < MANY * k:
        values, ids = logp.topk(k, dim=1)
        return values, ids
    whole = logp[:, : blocks * BLOCK].view(len(logp), blocks, BLOCK)
    first = whole.amax(dim=2).topk(k, dim=1).indices * BLOCK
    places = (first[:, :, None] + torch.arange(BLOCK)).flatten(1)
    rest = torch.arange(blocks * BLOCK, size).expand(len(logp), -1)
    places = torch.cat([places, rest], dim=1)
    values, at = logp.gather(1, places).topk(k, dim=1)
    return values, places.gather(1, at)
