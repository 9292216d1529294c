"""Who runs a cell over time. Each file is one kernel, with ``refuse`` and ``run`` as in ``weft.types.Kernel``.

``loop`` is the reference and takes every cell; ``core`` is the C++ of ``csrc/``; ``fused`` is torch's own layers;
``scan`` takes the linear cells. A
kernel sees one layer and one direction and never text or tasks. Its results equal the loop's: outputs, final state and
every gradient.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from weft.catalog import KERNELS
from weft.errors import BackendError
from weft.kernels import _extension
from weft.kernels._additive import additive_attention
from weft.kernels._attentive import Feeding, Taken, Turns, take_turns
from weft.kernels._attentive import refuse as refuse_turns
from weft.kernels._decoder import PRECISIONS, CoreDecoder, CoreWriter, Drawing, Output, Symbols
from weft.kernels._decoder import refuse as refuse_decoder
from weft.kernels._inference import refuse as refuse_inference
from weft.kernels._product import PackedLinear
from weft.kernels._ragged import real_places, turn_round
from weft.kernels._turns import Source
from weft.types import Cell, DirectKernel, Kernel, LookUp, Params, State

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "FASTEST_FIRST",
    "PRECISIONS",
    "CoreDecoder",
    "CoreWriter",
    "Drawing",
    "Feeding",
    "Output",
    "PackedLinear",
    "Source",
    "Symbols",
    "Taken",
    "Turns",
    "additive_attention",
    "choose",
    "real_places",
    "refuse_decoder",
    "refuse_inference",
    "refuse_turns",
    "run",
    "take_turns",
    "turn_round",
]

FASTEST_FIRST = ("core", "fused", "scan", "loop")
"""The order in which "auto" asks; the last one never refuses."""


def choose(name: str, cell: Cell, x: Tensor) -> tuple[str, Kernel]:
    """The kernel for a cell and its input, and its name.

    Args:
        name: "auto" (the fastest that does not refuse) or a kernel's name.
        cell: what is to be run.
        x: its input [B, T, D]; only type, device and shape are looked at.
    Raises:
        BackendError: the kernel asked for by name cannot run this; the message says why.
        ConfigError: no kernel has this name.
    """
    if name == "auto":
        return _fastest(cell, x)
    kernel = _load(name)
    reason = kernel.refuse(cell, x)
    if reason:
        raise BackendError(
            f"kernel {name!r} cannot run here: {reason}", hint='kernel = "auto" picks one that can, "loop" always can'
        )
    return name, kernel


def run(
    name: str,
    cell: Cell,
    params: Params,
    x: Tensor | LookUp,
    lengths: Tensor | None,
    state: State,
    *,
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Run a cell over time on the kernel that ``choose`` gives.

    Args:
        name: as for ``choose``.
        cell, params, lengths, state: as for ``Kernel.run``.
        x: [B, T, D], or symbols with their vectors.
        reverse: each row from its own end to its start; the outputs stand where their inputs do.
    Raises:
        BackendError, ConfigError: as ``choose``.
    """
    _, kernel = choose(name, cell, x.table if isinstance(x, LookUp) else x)
    if isinstance(kernel, DirectKernel):
        return kernel.run_direct(cell, params, x, lengths, state, reverse=reverse)
    x = x.vectors() if isinstance(x, LookUp) else x
    y, after = kernel.run(cell, params, turn_round(x, lengths) if reverse else x, lengths, state)
    return turn_round(y, lengths) if reverse else y, after


def _fastest(cell: Cell, x: Tensor) -> tuple[str, Kernel]:
    for name in FASTEST_FIRST[:-1]:
        reason = _load(name).refuse(cell, x)
        if not reason:
            return name, _load(name)
        _extension.tell(reason)
    return FASTEST_FIRST[-1], _load(FASTEST_FIRST[-1])


@cache
def _load(name: str) -> Kernel:
    return cast("Kernel", KERNELS.load(name))
