"""``weft::linear_recurrence``, h_t = a_t h_{t-1} + b_t by the C++ core as an operator of torch, and its gradient.

As registered operators they go through autograd, ``torch.compile`` and export like torch's own. One call is one layer
in one direction, float32 on the CPU:

    fed      [N, K * H], the N real tokens row after row: a gate's block of H beside the other, or a alone with
    add      b, [N, H], when a and b are given; else None
    lengths  int64 [B], 1 <= length <= T, or None when every row has T steps
    start    h before the first step, [B, H]
    code     what a and b are made of, ``GIVEN`` or one of ``CODES``
    steps    T
    reverse  each row from its own end to its start

They return h [B, T, H] (zero at padding) and h after each row's last step. A gradient that will be differentiated in
its turn is taken through torch's scan instead. Nothing is checked here: ``kernels.core`` is the way in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from weft.cells import mingru, minlstm
from weft.errors import BackendError
from weft.kernels import scan
from weft.kernels._addresses import vectors
from weft.kernels._extension import core
from weft.kernels._ragged import is_ragged, real_places, turn_round

if TYPE_CHECKING:
    from torch import Tensor

    from weft.types import LinearCell

GIVEN = 0
CODES = {("mingru", False): 1, ("mingru", True): 2, ("minlstm", False): 3, ("minlstm", True): 4}
"""The numbers of ``enum class LinearCell`` in ``csrc/weft/linear.h``, by the cell's name and whether its candidates are
positive."""
CELLS: dict[int, LinearCell] = {
    code: (mingru if name == "mingru" else minlstm).make(1, 1, positive=positive)
    for (name, positive), code in CODES.items()
}
"""Coefficients of the same by torch; they do not depend on the sizes a cell is made with."""

INPUTS = "Tensor fed, Tensor? add, Tensor? lengths, Tensor start, int code, int steps, bool reverse"
FORWARD = f"linear_recurrence({INPUTS}) -> (Tensor, Tensor)"
BACKWARD = f"linear_recurrence_backward(Tensor? d_h, Tensor? d_end, Tensor h, {INPUTS}) -> (Tensor, Tensor, Tensor)"

library: Any = torch.library.Library("weft", "FRAGMENT")  # type: ignore[no-untyped-call]  # lives as long as the process
library.define(FORWARD)
library.define(BACKWARD)


def _forward(
    fed: Tensor, add: Tensor | None, lengths: Tensor | None, start: Tensor, code: int, steps: int, reverse: bool
) -> tuple[Tensor, Tensor]:
    h, end = _results(start, steps)
    call = _Call(fed, add, lengths, start, code, steps, reverse)
    core().linear_forward(*call.numbers, *vectors(h), end.data_ptr(), torch.get_num_threads())
    return h, end


def _forward_shapes(*given: Any) -> tuple[Tensor, Tensor]:
    return _results(given[3], given[5])


def _backward(
    d_h: Tensor | None,
    d_end: Tensor | None,
    h: Tensor,
    fed: Tensor,
    add: Tensor | None,
    lengths: Tensor | None,
    start: Tensor,
    code: int,
    steps: int,
    reverse: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    call, h = _Call(fed, add, lengths, start, code, steps, reverse), h.contiguous()
    d_fed, d_add, d_start = made = _gradients(fed, add, start)
    d_h = d_h if d_h is None or d_h.stride(-1) == 1 else d_h.contiguous()
    d_end = d_end if d_end is None else d_end.contiguous()
    core().linear_backward(
        *call.numbers,
        *vectors(h),
        *((0, 0, 0) if d_h is None else vectors(d_h)),
        0 if d_end is None else d_end.data_ptr(),
        *_feed(d_fed, None if add is None else d_add, start.shape[1]),
        d_start.data_ptr(),
        torch.get_num_threads(),
    )
    return made


def _backward_shapes(*given: Any) -> tuple[Tensor, Tensor, Tensor]:
    fed, add, _, start = given[3:7]
    return _gradients(fed, add, start)


def _results(start: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Memory for h and the end."""
    rows, units = start.shape
    return start.new_empty(rows, steps, units), start.new_empty(rows, units)


def _gradients(fed: Tensor, add: Tensor | None, start: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Memory for the gradients of fed, add (empty without) and start."""
    return (
        fed.new_empty(fed.shape),
        fed.new_empty(0 if add is None else add.shape),
        start.new_empty(start.shape),
    )


class _Call:
    """The numbers RECURRENCE BATCH of csrc/binding_linear.cpp; keeps the memory they lead to."""

    def __init__(
        self,
        fed: Tensor,
        add: Tensor | None,
        lengths: Tensor | None,
        start: Tensor,
        code: int,
        steps: int,
        reverse: bool,
    ) -> None:
        fed, start = fed.contiguous(), start.contiguous()
        add, lengths = (each if each is None else each.contiguous() for each in (add, lengths))
        self.tensors = (fed, add, lengths, start)
        rows, units = start.shape
        feed = _feed(fed, add, units)
        ends = 0 if lengths is None else lengths.data_ptr()
        self.numbers = (code, units, *feed, start.data_ptr(), rows, steps, ends, int(reverse))


def _feed(fed: Tensor, add: Tensor | None, units: int) -> tuple[int, ...]:
    """FEED: a token's blocks of H, or a and b; addresses that are not there are not read."""
    if add is not None:
        return fed.data_ptr(), add.data_ptr(), 0, units
    return (*(fed.data_ptr() + block * units * fed.element_size() for block in range(3)), fed.shape[1])


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(*inputs[:4], output[0])
    ctx.options = inputs[4:]


def _differentiate(ctx: Any, d_h: Tensor | None, d_end: Tensor | None) -> tuple[Any, ...]:
    *inputs, h = ctx.saved_tensors
    wanted = [ctx.needs_input_grad[place] for place in (0, 1, 3)]
    if torch.is_grad_enabled():  # the gradient will be differentiated
        d_fed, d_add, d_start = _differentiable(d_h, d_end, inputs, ctx.options, wanted)
    else:
        d_fed, d_add, d_start = torch.ops.weft.linear_recurrence_backward(d_h, d_end, h, *inputs, *ctx.options)
    d_fed, d_add, d_start = (
        each if asked else None for each, asked in zip((d_fed, d_add, d_start), wanted, strict=True)
    )
    return d_fed, d_add, None, d_start, None, None, None


def _differentiable(
    d_h: Tensor | None, d_end: Tensor | None, inputs: list[Any], options: tuple[Any, ...], wanted: list[bool]
) -> list[Tensor | None]:
    fed, add, _, start = inputs
    ends = [(value, d) for value, d in zip(_by_torch(*inputs, *options), (d_h, d_end), strict=True) if d is not None]
    sources = [each for each, asked in zip((fed, add, start), wanted, strict=True) if asked]
    results, gradients = zip(*ends, strict=True)
    found = iter(torch.autograd.grad(results, sources, gradients, create_graph=True))
    return [next(found) if asked else None for asked in wanted]


def _by_torch(
    fed: Tensor, add: Tensor | None, lengths: Tensor | None, start: Tensor, code: int, steps: int, reverse: bool
) -> tuple[Tensor, Tensor]:
    """The operator by torch's scan, which has gradients of every order."""
    keep, add = (fed, add) if add is not None else CELLS[code].coefficients(fed)
    real = real_places(lengths, steps, fed.device) if is_ragged(lengths, steps) else None
    keep, add = (_padded(each, len(start), steps, real, fill) for each, fill in ((keep, 1.0), (add, 0.0)))
    if reverse:
        keep, add = turn_round(keep, lengths), turn_round(add, lengths)
    h = scan.linear_recurrence(keep, add, start)  # the padding holds the state
    end = h[:, -1]
    if reverse:
        h = turn_round(h, lengths)
    return (h if real is None else h.masked_fill(~real.unsqueeze(-1), 0.0)), end


def _padded(tokens: Tensor, rows: int, steps: int, real: Tensor | None, fill: float) -> Tensor:
    if real is None:
        return tokens.view(rows, steps, -1)
    return tokens.new_full((rows, steps, tokens.shape[1]), fill).masked_scatter(real.unsqueeze(-1), tokens)


def _no_second_gradient(*_: Any) -> Any:
    raise BackendError("weft::linear_recurrence_backward has no gradient; that of weft::linear_recurrence has")


library.impl("linear_recurrence", _forward, "CPU")
library.impl("linear_recurrence_backward", _backward, "CPU")
torch.library.register_fake("weft::linear_recurrence", _forward_shapes, lib=library)
torch.library.register_fake("weft::linear_recurrence_backward", _backward_shapes, lib=library)
torch.library.register_autograd("weft::linear_recurrence", _differentiate, setup_context=_remember, lib=library)
torch.library.register_autograd("weft::linear_recurrence_backward", _no_second_gradient, lib=library)

linear_recurrence = torch.ops.weft.linear_recurrence.default
