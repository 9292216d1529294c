"""Where a symbol stands, for layers that do not go step by step."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LONGEST_WAVE = 10_000.0


def waves(places: Tensor, width: int, example: Tensor) -> Tensor:
    """Sines and cosines of a place, a wave length for every two values (A. Vaswani et al., "Attention Is All You Need",
    NIPS 2017, section 3.5).

    Args:
        places: int64 [...], from 0.
        width: D, even.
        example: for type and device.
    Returns:
        [..., D]: sines at even values, cosines at odd ones.
    """
    rates = torch.exp(torch.arange(0, width, 2, device=example.device) * (-math.log(LONGEST_WAVE) / width))
    angles = places.unsqueeze(-1).to(torch.float64) * rates.double()
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2).to(example.dtype)
