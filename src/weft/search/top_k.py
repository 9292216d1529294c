"""Only the k most probable symbols (Fan, Lewis & Dauphin 2018)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def keep_top_k(logp: Tensor, k: int) -> Tensor:
    """Cut all but the k most probable symbols; among equals the lower number is kept.

    Args:
        logp: float [..., V], normalised or not.
        k: 1 or more.
    Returns:
        the same numbers, -inf for what was cut; not normalised.
    """
    ranked, order = logp.sort(dim=-1, descending=True, stable=True)
    ranked[..., k:] = -math.inf
    return torch.empty_like(logp).scatter_(-1, order, ranked)
