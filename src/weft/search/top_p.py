"""Only the most probable symbols that together hold a share of the probability (Holtzman et al. 2020: the nucleus)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def keep_top_p(logp: Tensor, share: float) -> Tensor:
    """Keep the most probable symbols until their sum reaches the share; at least one.

    Args:
        logp: float [..., V], normalised or not.
        share: in (0, 1).
    Returns:
        the same numbers, -inf for what was cut; not normalised.
    """
    ranked, order = logp.sort(dim=-1, descending=True, stable=True)
    probabilities = torch.softmax(ranked, dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    ranked[..., 1:].masked_fill_(before[..., 1:] >= share, -math.inf)
    return torch.empty_like(logp).scatter_(-1, order, ranked)
