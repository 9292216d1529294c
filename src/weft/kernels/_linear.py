"""Linear cells on the C++ core: torch multiplies the input, the core makes gates of the sums and runs over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from weft.cells.mingru import MinGRU
from weft.cells.minlstm import MinLSTM
from weft.kernels._ragged import is_ragged, real_places
from weft.types import LinearCell, LookUp, Params, State

if TYPE_CHECKING:
    from torch import Tensor


def run(
    cell: LinearCell, params: Params, x: Tensor | LookUp, lengths: Tensor | None, state: State, reverse: bool
) -> tuple[Tensor, State]:
    """As ``DirectKernel.run_direct``; padding is neither multiplied nor computed."""
    from weft.kernels._linear_op import CODES, GIVEN, linear_recurrence

    steps = (x.ids if isinstance(x, LookUp) else x).shape[1]
    lengths = lengths if is_ragged(lengths, steps) else None
    fed, add, code = _sums(cell, params, x, lengths), None, GIVEN
    if isinstance(cell, MinGRU | MinLSTM) and type(cell) in (MinGRU, MinLSTM):  # a subclass may compute otherwise
        code = CODES[cell.spec.name, cell.positive]
    else:
        fed, add = cell.coefficients(fed)
    y, end = linear_recurrence(fed, add, lengths, state["h"], code, steps, reverse)
    return y, {"h": end}


def _sums(cell: LinearCell, params: Params, x: Tensor | LookUp, lengths: Tensor | None) -> Tensor:
    """[N, W], what the input's matrix makes of the N real tokens, row after row; a symbol of few is multiplied once."""
    if isinstance(x, LookUp):
        ids = x.ids if lengths is None else x.ids[real_places(lengths, x.ids.shape[1], x.ids.device)]
        if 2 * len(x.table) <= ids.numel():
            return functional.embedding(ids.flatten(), cell.project(x.table, params))
        return cell.project(functional.embedding(ids.flatten(), x.table), params)
    tokens = x.reshape(-1, x.shape[-1])
    if lengths is not None:
        real = real_places(lengths, x.shape[1], x.device).flatten()
        tokens = tokens.index_select(0, real.nonzero().squeeze(1))
    return cell.project(tokens, params)
