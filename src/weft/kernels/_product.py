"""A linear layer by the C++ core, on a packed copy of its weights: for few vectors at a time, over and over.

The copy belongs to the object: what happens to the weights later does not reach it. A vector's numbers do not depend on
the vectors beside it or on the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from weft.errors import BackendError, ShapeError
from weft.kernels._addresses import address
from weft.kernels._extension import core
from weft.kernels._inference import refuse

if TYPE_CHECKING:
    from torch import Tensor


class PackedLinear:
    """y = W x + b without gradients.

    Args:
        weight: W, float32 [V, D] on the CPU.
        bias: b, [V]; None: zero.
    Raises:
        BackendError: the core cannot multiply here; the message says why.
        ShapeError: weight and bias do not fit each other.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        given = [each.detach().contiguous() for each in (weight, bias) if each is not None]
        if reason := refuse(*given):
            raise BackendError(f"no packed product in the core: {reason}")
        if weight.dim() != 2 or not weight.numel() or (bias is not None and bias.shape != weight.shape[:1]):
            shapes = " and ".join(str(list(each.shape)) for each in given)
            raise ShapeError(f"product: expected a weight [V, D] and a bias [V], got {shapes}")
        self.outputs, self.inputs = weight.shape
        first, *rest = given
        self._core = core().Product(address(first), address(rest[0] if rest else None), self.inputs, self.outputs)

    def __call__(self, x: Tensor) -> Tensor:
        """x float32 [..., D] -> y [..., V].

        Raises:
            ShapeError: x does not fit.
        """
        if x.shape[-1:] != (self.inputs,) or x.dtype != torch.float32 or x.device.type != "cpu":
            got = f"{str(x.dtype).removeprefix('torch.')} {list(x.shape)} on {x.device}"
            raise ShapeError(f"product: expected float32 [..., {self.inputs}] on cpu, got {got}")
        x = x.detach().contiguous()
        y = x.new_empty(*x.shape[:-1], self.outputs)
        self._core.run(x.numel() // self.inputs, x.data_ptr(), y.data_ptr(), torch.get_num_threads())
        return y
