"""Locally typical sampling (Meister, Pimentel, Wiher & Cotterell 2022, section 4).

People seldom say what carries far less or far more information than was to be expected. So the symbols are ranked not
by probability but by how near their surprise -log p is to the expected surprise, the entropy of the distribution, and
the nearest are kept until they hold a share of the probability. The most probable symbol may be cut.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def keep_typical(logp: Tensor, share: float) -> Tensor:
    """Keep the symbols of nearly the expected surprise until their sum reaches the share; at least one.

    Args:
        logp: float [..., V], normalised or not.
        share: in (0, 1).
    Returns:
        the same numbers, -inf for what was cut; not normalised. Among equally near ones the lower number is kept.
    """
    surprise = -torch.log_softmax(logp, dim=-1)
    probabilities = (-surprise).exp()
    entropy = torch.special.entr(probabilities).sum(dim=-1, keepdim=True)
    order = (surprise - entropy).abs().argsort(dim=-1, stable=True)
    ranked = probabilities.gather(-1, order)
    late = ranked.cumsum(dim=-1) - ranked >= share
    late[..., 0] = False
    return logp.masked_fill(torch.empty_like(late).scatter_(-1, order, late), -math.inf)
