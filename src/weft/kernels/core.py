"""The C++ core (``csrc/``): Elman, LSTM, GRU, multiplicative and linear cells in float32 on a CPU.

Its cost is that of the real steps, padding is not computed; rows run from their ends in place; and where symbols go in,
the first product is taken once a distinct symbol. A result does not depend on the number of threads, nor on which other
rows stand in the batch. (Linear cells have no product but the first, and leave that to torch.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.autograd import forward_ad

from weft.errors import BackendError, ShapeError
from weft.kernels import _layers, _linear
from weft.kernels._extension import absence
from weft.types import Cell, LinearCell, LookUp, Params, State

if TYPE_CHECKING:
    from torch import Tensor

FEW = 256
"""Tokens below which distinct symbols are not worth counting."""


def refuse(cell: Cell, x: Tensor) -> str:
    """Refuses cells and options that the core does not have, and anything but plain float32 on a CPU."""
    if _layers.code(cell) is None and not isinstance(cell, LinearCell):
        return f"the C++ core has no cell {cell.spec.name!r} with these options"
    if x.device.type != "cpu" or x.dtype != torch.float32:
        return f"the C++ core computes float32 on a CPU, not {str(x.dtype).removeprefix('torch.')} on {x.device.type}"
    if torch._C._are_functorch_transforms_active():  # noqa: SLF001 - torch has no other word; operators cannot pass
        return "the C++ core has no transforms of torch.func"
    if forward_ad._current_level >= 0:  # noqa: SLF001 - operators would give tangents of zero
        return "the C++ core has no forward-mode derivatives"
    return "the C++ core has no autocast" if torch.is_autocast_enabled("cpu") else absence()


def run(cell: Cell, params: Params, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
    """Run a cell over time; arguments and results as in ``loop.run``."""
    return run_direct(cell, params, x, lengths, state, reverse=False)


def run_direct(
    cell: Cell, params: Params, x: Tensor | LookUp, lengths: Tensor | None, state: State, *, reverse: bool
) -> tuple[Tensor, State]:
    """The same for symbols too, and with ``reverse`` each row from its own end to its start."""
    if isinstance(cell, LinearCell):
        return _linear.run(cell, params, x, lengths, state, reverse)
    if not isinstance(x, LookUp):
        return _run(cell, params, x, None, lengths, state, reverse)
    if _pays(x, lengths):
        return _run(cell, params, x.table, x.ids, lengths, state, reverse)
    return _run(cell, params, x.vectors(), None, lengths, state, reverse)


def _pays(x: LookUp, lengths: Tensor | None) -> bool:
    """Whether at most half as many symbols as tokens are there to be multiplied."""
    tokens = x.ids.numel() if lengths is None else int(lengths.sum())
    return 2 * len(x.table) <= tokens or (tokens > FEW and 2 * len(torch.unique(x.ids)) <= tokens)


def _run(
    cell: Cell,
    params: Params,
    x: Tensor,
    symbols: Tensor | None,
    lengths: Tensor | None,
    state: State,
    reverse: bool,
) -> tuple[Tensor, State]:
    from weft.kernels import _recurrent_op

    weights = _layers.weights(cell, params)
    start = [state[name] for name in cell.spec.states]
    h, c = start if len(start) == 2 else (start[0], None)
    for each in (*weights, h, c):
        if each is not None and (each.dtype != x.dtype or each.device != x.device):
            got = f"{each.dtype} on {each.device}"
            raise BackendError(f"kernel 'core' takes float32 on the CPU alone, got parameters or a state in {got}")
    keep = torch.is_grad_enabled() and any(each is not None and each.requires_grad for each in (x, *weights, h, c))
    try:
        y, h_end, c_end, *_ = _recurrent_op.run(keep, x, symbols, lengths, *weights, h, c, _layers.code(cell), reverse)
    except IndexError as error:  # what is read is only known in there
        raise ShapeError(f"ids: {error} of {len(x)} symbols") from error
    return y, {"h": h_end} if c is None else {"h": h_end, "c": c_end}
