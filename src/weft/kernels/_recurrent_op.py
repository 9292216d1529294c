"""The C++ core's layer as operators of torch: ``weft::recurrent``, the same keeping what a gradient needs, and that.

As registered operators they go through autograd, ``torch.compile`` and export like torch's own. One call is one layer
in one direction, float32 on the CPU:

    x        [B, T, D], any strides; with symbols the vectors of all symbols, [V, D]
    symbols  int64 [B, T], 0 <= symbol < V at real places, or None
    lengths  int64 [B], 1 <= length <= T, or None when every row has T steps; B may be 0
    w_input, w_state, w_factor, b_input, b_state   ``Weights`` of csrc/weft/core.h
    h, c     the start [B, H]; c None for cells without
    code     ``_layers.CODES``
    reverse  each row from its own end to its start

They return outputs [B, T, H] (zero at padding) and the state after each row's last step, c empty for cells without.
Nothing is checked here: ``kernels.core`` is the way in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from weft.errors import BackendError
from weft.kernels._addresses import address, vectors
from weft.kernels._extension import core

INPUTS = (
    "Tensor x, Tensor? symbols, Tensor? lengths, Tensor w_input, Tensor w_state, Tensor? w_factor, Tensor? b_input,"
    " Tensor? b_state, Tensor h, Tensor? c"
)
FORWARD = f"recurrent({INPUTS}, int code, bool reverse) -> (Tensor, Tensor, Tensor)"
KEEPING = f"recurrent_keeping({INPUTS}, int code, bool reverse) -> (Tensor, Tensor, Tensor, Tensor)"
BACKWARD = (
    f"recurrent_backward(Tensor? d_outputs, Tensor? d_h, Tensor? d_c, Tensor kept, {INPUTS}, int code, bool reverse,"
    " bool[] wanted) -> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)"
)
BATCH_END = 13
"""Numbers of LAYER and BATCH in csrc/binding.cpp."""

DIFFERENTIABLE = (0, 3, 4, 5, 6, 7, 8, 9)
"""Places of x, the weights, the biases and the start among INPUTS."""

PLAIN = {Tensor, nn.Parameter, type(None), int, bool}
"""Types of what an operator is given when nothing but torch itself looks at its tensors."""

library: Any = torch.library.Library("weft", "DEF")  # type: ignore[no-untyped-call]  # lives as long as the process
library.define(FORWARD)
library.define(KEEPING)
library.define(BACKWARD)


def _forward(*given: Any) -> tuple[Tensor, Tensor, Tensor]:
    numbers, _alive = _call(*given)
    results = _results(*given[:10])
    _run(numbers, results, 0)
    return results


def _keeping(*given: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    numbers, _alive = _call(*given)
    results = _results(*given[:10])
    kept = core().take(core().kept_size(*numbers[:BATCH_END]))
    _run(numbers, results, kept.data_ptr())
    return *results, kept


def _run(numbers: tuple[int, ...], results: tuple[Tensor, Tensor, Tensor], kept: int) -> None:
    y, h, c = results
    if len(h):
        core().forward(*numbers, *vectors(y), h.data_ptr(), c.data_ptr(), kept, torch.get_num_threads())


def _forward_shapes(*given: Any) -> tuple[Tensor, Tensor, Tensor]:
    return _results(*given[:10])


def _keeping_shapes(*given: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    size = torch.library.get_ctx().new_dynamic_size()
    return *_results(*given[:10]), given[0].new_empty(size)


def _backward(
    d_outputs: Tensor | None, d_h: Tensor | None, d_c: Tensor | None, kept: Tensor, *given: Any
) -> tuple[Tensor, ...]:
    *call, wanted = given
    numbers, _alive = _call(*call)
    d_outputs = d_outputs if d_outputs is None or d_outputs.stride(-1) == 1 else d_outputs.contiguous()
    d_h, d_c = (each if each is None else each.contiguous() for each in (d_h, d_c))
    made = _gradients(*call[:10], wanted)
    if not len(call[8]):
        return tuple(each.zero_() for each in made)
    d_x, *d_weights, d_start, d_cell = made
    by_symbol = call[1] is not None
    core().backward(
        *numbers,
        kept.data_ptr(),
        *((0, 0, 0) if d_outputs is None else vectors(d_outputs)),
        address(d_h),
        address(d_c),
        *(each.data_ptr() for each in d_weights),
        *((0, 0, 0) if by_symbol or not wanted[0] else vectors(d_x)),
        d_x.data_ptr() if by_symbol else 0,
        d_start.data_ptr(),
        d_cell.data_ptr(),
        torch.get_num_threads(),
    )
    return made


def _backward_shapes(*given: Any) -> tuple[Tensor, ...]:
    return _gradients(*given[4:14], given[16])


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(*inputs[:10], output[3])
    ctx.code, ctx.reverse, ctx.has_cell = inputs[10], inputs[11], inputs[9] is not None


def _differentiate(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
    return _differentiate_by(torch.ops.weft.recurrent_backward, ctx, *gradients)


def _differentiate_plainly(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
    # Where a second derivative may follow, the operator will say that there is none.
    by = torch.ops.weft.recurrent_backward if torch.is_grad_enabled() else _backward
    return _differentiate_by(by, ctx, *gradients)


def _differentiate_by(
    backward: Callable[..., tuple[Tensor, ...]],
    ctx: Any,
    d_outputs: Tensor | None,
    d_h: Tensor | None,
    d_c: Tensor | None,
    _: Any,
) -> tuple[Any, ...]:
    *inputs, kept = ctx.saved_tensors
    wanted = [ctx.needs_input_grad[place] for place in DIFFERENTIABLE]
    made = backward(d_outputs, d_h, d_c if ctx.has_cell else None, kept, *inputs, ctx.code, ctx.reverse, wanted)
    gradients: list[Any] = [None] * 12
    for place, gradient, asked in zip(DIFFERENTIABLE, made, wanted, strict=True):
        gradients[place] = gradient if asked else None
    return tuple(gradients)


def _no_second_gradient(*_: Any) -> Any:
    raise BackendError(
        "kernel 'core' has no gradient of its gradient", hint='use kernel = "loop" for second derivatives'
    )


def _call(
    x: Tensor,
    symbols: Tensor | None,
    lengths: Tensor | None,
    w_input: Tensor,
    w_state: Tensor,
    w_factor: Tensor | None,
    b_input: Tensor | None,
    b_state: Tensor | None,
    h: Tensor,
    c: Tensor | None,
    code: int,
    reverse: bool,
) -> tuple[tuple[int, ...], list[Tensor | None]]:
    """The numbers LAYER BATCH INPUT STATE of csrc/binding.cpp, and the tensors that keep the memory they lead to."""
    alive = [
        each if each is None or each.is_contiguous() else each.contiguous()
        for each in (w_input, w_state, w_factor, b_input, b_state, h, c, lengths)
    ]
    factors = 0 if w_factor is None else w_factor.shape[1]
    if symbols is None:
        x = x if x.stride(-1) == 1 else x.contiguous()
        rows, steps, width = x.shape
        given = (*vectors(x), 0, 0, 0, 0, 0)
    else:
        x = x if x.is_contiguous() else x.contiguous()
        (rows, steps), width = symbols.shape, x.shape[1]
        given = (0, 0, 0, x.data_ptr(), *vectors(symbols), len(x))
    alive.append(x)
    weights = [0 if each is None else each.data_ptr() for each in alive[:7]]
    layer = (code, width, h.shape[1], factors, *weights[:5])
    return (*layer, rows, steps, address(alive[7]), int(reverse), *given, *weights[5:]), alive


def _results(x: Tensor, symbols: Tensor | None, *others: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Memory for outputs and end; outputs lie in the order of x, steps or rows first."""
    h, c = others[-2:]
    rows, steps = (x if symbols is None else symbols).shape[:2]
    steps_first = symbols is None and x.stride(1) > x.stride(0)
    y = h.new_empty(steps, rows, h.shape[1]).transpose(0, 1) if steps_first else h.new_empty(rows, steps, h.shape[1])
    return y, h.new_empty(h.shape), h.new_empty(0 if c is None else c.shape)


def _gradients(x: Tensor, symbols: Tensor | None, _: Tensor | None, *others: Any) -> tuple[Tensor, ...]:
    """Memory for the gradients, empty where none is wanted; zero for symbols, which need not all occur."""
    *inputs, wanted = others
    w_input = inputs[0]
    made = [
        w_input.new_empty(each.shape if asked and each is not None else 0)
        for each, asked in zip((x, *inputs), wanted, strict=True)
    ]
    if wanted[0] and symbols is not None:
        made[0] = torch.zeros_like(x, memory_format=torch.contiguous_format)
    return tuple(made)


library.impl("recurrent", _forward, "CPU")
library.impl("recurrent_keeping", _keeping, "CPU")
library.impl("recurrent_backward", _backward, "CPU")
torch.library.register_fake("weft::recurrent", _forward_shapes, lib=library)
torch.library.register_fake("weft::recurrent_keeping", _keeping_shapes, lib=library)
torch.library.register_fake("weft::recurrent_backward", _backward_shapes, lib=library)
torch.library.register_autograd("weft::recurrent_keeping", _differentiate, setup_context=_remember, lib=library)
torch.library.register_autograd("weft::recurrent_backward", _no_second_gradient, lib=library)

recurrent = torch.ops.weft.recurrent.default
recurrent_keeping = torch.ops.weft.recurrent_keeping.default


class _Keeping(torch.autograd.Function):
    """What the operators do, without the way through torch's dispatcher: a third of the work a call."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> tuple[Tensor, ...]:  # setup_context, apart, would cost half as much again
        results = _keeping(*given)
        _remember(ctx, given, results)
        return results

    backward = staticmethod(_differentiate_plainly)


def run(keep: bool, *given: Any) -> tuple[Tensor, ...]:
    """``recurrent``, or with ``keep`` ``recurrent_keeping``: as an operator wherever somebody may be looking on."""
    traced = torch.compiler.is_compiling() or torch._C._is_tracing()  # noqa: SLF001 - has no typed name
    watched = traced or torch._C._len_torch_dispatch_stack()  # noqa: SLF001 - has no other name
    if watched or not set(map(type, given)) <= PLAIN:
        operator = recurrent_keeping if keep else recurrent
        return cast("tuple[Tensor, ...]", operator(*given))
    return cast("tuple[Tensor, ...]", _Keeping.apply(*given)) if keep else _forward(*given)  # type: ignore[no-untyped-call]
