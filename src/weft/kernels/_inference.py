"""What the C++ core computes with plain tensors, where no gradient is kept and nobody looks on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.autograd import forward_ad

from weft.kernels._extension import absence

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
