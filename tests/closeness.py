"""How close is close: one table of tolerances, one comparison that names what it compares."""

import torch
from torch import Tensor

TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 3e-2}
"""Largest difference allowed, as a share of the largest expected value (of 1 where that is smaller), by type."""


def assert_close(name: str, expected: Tensor, got: Tensor) -> None:
    """Same shape and type, no NaN or infinity, and no element further off than the type's tolerance."""
    assert got.shape == expected.shape, f"{name}: expected shape {list(expected.shape)}, got {list(got.shape)}"
    assert got.dtype == expected.dtype, f"{name}: expected {expected.dtype}, got {got.dtype}"
    expected, got = expected.detach(), got.detach()
    assert torch.isfinite(expected).all(), f"{name}: the expected values hold NaN or infinity"
    assert torch.isfinite(got).all(), f"{name}: got NaN or infinity"
    if not expected.numel():
        return
    scale = max(1.0, float(expected.abs().max()))
    off = float((expected.double() - got.double()).abs().max()) / scale
    assert off <= TOLERANCE[expected.dtype], f"{name}: off by {off:.2e} of the largest value, {expected.dtype}"


def assert_same(name: str, expected: Tensor, got: Tensor) -> None:
    """Bit for bit the same."""
    assert torch.equal(expected, got), f"{name}: differs by up to {float((expected - got).abs().max()):.2e}"
