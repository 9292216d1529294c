"""Where tensors lie, as the C++ core takes it; whoever passes an address on keeps the tensor alive meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def address(tensor: Tensor | None) -> int:
    """Of the first element; 0 for None."""
    return 0 if tensor is None else tensor.data_ptr()


def vectors(values: Tensor) -> tuple[int, int, int]:
    """VECTORS of csrc/binding.cpp: where [B, T, D] begins, and the strides of rows and steps."""
    return values.data_ptr(), values.stride(0), values.stride(1)
