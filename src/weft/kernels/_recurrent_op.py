"""``weft::recurrent``, the C++ core's layer as an operator of torch, and its gradient ``weft::recurrent_backward``.

As registered operators they go through autograd, ``torch.compile`` and export like torch's own. One call is one layer
in one direction, float32 on the CPU:

    x        [B, T, D], any strides; with symbols the vectors of all symbols, [V, D]
    symbols  int64 [B, T], 0 <= symbol < V at real places, or None
    lengths  int64 [B], 1 <= length <= T, or None when every row has T steps
    w_input, w_state, w_factor, b_input, b_state   ``Weights`` of csrc/weft/core.h
    h, c     the start [B, H]; c None for cells without
    code     ``_layers.CODES``
    reverse  each row from its own end to its start
    keep     whether a gradient will be asked for

They return outputs [B, T, H] (zero at padding), the state after each row's last step, and what the gradient needs.
Nothing is checked here: ``kernels.core`` is the way in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from weft.errors import BackendError
from weft.kernels._extension import core

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

INPUTS = (
    "Tensor x, Tensor? symbols, Tensor? lengths, Tensor w_input, Tensor w_state, Tensor? w_factor, Tensor? b_input,"
    " Tensor? b_state, Tensor h, Tensor? c"
)
FORWARD = f"recurrent({INPUTS}, int code, bool reverse, bool keep) -> (Tensor, Tensor, Tensor, Tensor)"
BACKWARD = (
    f"recurrent_backward(Tensor? d_outputs, Tensor? d_h, Tensor? d_c, Tensor kept, {INPUTS}, int code, bool reverse,"
    " bool[] wanted) -> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)"
)
DIFFERENTIABLE = (0, 3, 4, 5, 6, 7, 8, 9)
"""Places of x, the weights, the biases and the start among INPUTS."""

library: Any = torch.library.Library("weft", "DEF")  # type: ignore[no-untyped-call]  # lives as long as the process
library.define(FORWARD)
library.define(BACKWARD)


def _forward(
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
    keep: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    extension = core()
    call = _Call(x, symbols, lengths, (w_input, w_state, w_factor, b_input, b_state), h, c, code, reverse)
    y, h_end, c_end, kept = _results(x, symbols, h, c)
    if keep:
        kept = extension.take(extension.kept_size(*call.numbers[:13]))
    extension.forward(
        *call.numbers, *_vectors(y), h_end.data_ptr(), c_end.data_ptr(), kept.data_ptr(), torch.get_num_threads()
    )
    return y, h_end, c_end, kept


def _forward_shapes(x: Tensor, symbols: Tensor | None, *others: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    h, c, keep = others[6], others[7], others[10]
    y, h_end, c_end, kept = _results(x, symbols, h, c)
    if keep:
        kept = x.new_empty(torch.library.get_ctx().new_dynamic_size())
    return y, h_end, c_end, kept


def _backward(
    d_outputs: Tensor | None,
    d_h: Tensor | None,
    d_c: Tensor | None,
    kept: Tensor,
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
    wanted: Sequence[bool],
) -> tuple[Tensor, ...]:
    call = _Call(x, symbols, lengths, (w_input, w_state, w_factor, b_input, b_state), h, c, code, reverse)
    d_outputs = d_outputs if d_outputs is None or d_outputs.stride(-1) == 1 else d_outputs.contiguous()
    d_h, d_c = (each if each is None else each.contiguous() for each in (d_h, d_c))
    made = _gradients(x, symbols, (w_input, w_state, w_factor, b_input, b_state), h, c, wanted)
    d_x, *d_weights, d_start, d_cell = made
    core().backward(
        *call.numbers,
        kept.data_ptr(),
        *((0, 0, 0) if d_outputs is None else _vectors(d_outputs)),
        _address(d_h),
        _address(d_c),
        *(each.data_ptr() for each in d_weights),
        *((0, 0, 0) if symbols is not None or not wanted[0] else _vectors(d_x)),
        0 if symbols is None else d_x.data_ptr(),
        d_start.data_ptr(),
        d_cell.data_ptr(),
        torch.get_num_threads(),
    )
    return made


def _backward_shapes(*given: Any) -> tuple[Tensor, ...]:
    x, symbols, _, w_input, w_state, w_factor, b_input, b_state, h, c = given[4:14]
    return _gradients(x, symbols, (w_input, w_state, w_factor, b_input, b_state), h, c, given[16])


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(*inputs[:10], output[3])
    ctx.code, ctx.reverse, ctx.has_cell = inputs[10], inputs[11], inputs[9] is not None


def _differentiate(
    ctx: Any, d_outputs: Tensor | None, d_h: Tensor | None, d_c: Tensor | None, _: Any
) -> tuple[Any, ...]:
    *inputs, kept = ctx.saved_tensors
    wanted = [ctx.needs_input_grad[place] for place in DIFFERENTIABLE]
    d_c = d_c if ctx.has_cell else None
    made = torch.ops.weft.recurrent_backward(d_outputs, d_h, d_c, kept, *inputs, ctx.code, ctx.reverse, wanted)
    gradients: list[Any] = [None] * 13
    for place, gradient, asked in zip(DIFFERENTIABLE, made, wanted, strict=True):
        gradients[place] = gradient if asked else None
    return tuple(gradients)


def _no_second_gradient(*_: Any) -> Any:
    raise BackendError(
        "kernel 'core' has no gradient of its gradient", hint='use kernel = "loop" for second derivatives'
    )


class _Call:
    """The numbers LAYER BATCH INPUT STATE of csrc/binding.cpp; keeps the memory they lead to."""

    def __init__(
        self,
        x: Tensor,
        symbols: Tensor | None,
        lengths: Tensor | None,
        weights: tuple[Tensor | None, ...],
        h: Tensor,
        c: Tensor | None,
        code: int,
        reverse: bool,
    ) -> None:
        x = x if x.stride(-1) == 1 and (symbols is None or x.is_contiguous()) else x.contiguous()
        self.tensors = [
            each if each is None or each.is_contiguous() else each.contiguous() for each in (*weights, h, c)
        ]
        rows, steps = (x if symbols is None else symbols).shape[:2]
        factors = self.tensors[1].shape[0] if self.tensors[2] is not None else 0  # type: ignore[union-attr]
        vectors = (
            (*_vectors(x), 0, 0, 0, 0, 0) if symbols is None else (0, 0, 0, x.data_ptr(), *_vectors(symbols), len(x))
        )
        self.tensors += [x, symbols, lengths]
        self.numbers = (
            code,
            x.shape[-1],
            h.shape[1],
            factors,
            *(0 if each is None else each.data_ptr() for each in self.tensors[:5]),
            rows,
            steps,
            _address(lengths),
            int(reverse),
            *vectors,
            _address(self.tensors[5]),
            _address(self.tensors[6]),
        )


def _results(x: Tensor, symbols: Tensor | None, h: Tensor, c: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Memory for the results; outputs lie in the order of x, steps or rows first."""
    rows, steps = (x if symbols is None else symbols).shape[:2]
    steps_first = symbols is None and x.stride(1) > x.stride(0)
    y = h.new_empty(steps, rows, h.shape[1]).transpose(0, 1) if steps_first else h.new_empty(rows, steps, h.shape[1])
    return y, h.new_empty(h.shape), h.new_empty(0 if c is None else c.shape), h.new_empty(0)


def _gradients(
    x: Tensor,
    symbols: Tensor | None,
    weights: tuple[Tensor | None, ...],
    h: Tensor,
    c: Tensor | None,
    wanted: Sequence[bool],
) -> tuple[Tensor, ...]:
    """Memory for the gradients; empty where none is wanted. Symbols that do not occur get zero."""
    made = [
        h.new_empty(each.shape) if asked and each is not None else h.new_empty(0)
        for each, asked in zip((x, *weights, h, c), wanted, strict=True)
    ]
    if wanted[0] and symbols is not None:
        made[0] = torch.zeros_like(x, memory_format=torch.contiguous_format)
    return tuple(made)


def _vectors(values: Tensor) -> tuple[int, int, int]:
    return values.data_ptr(), values.stride(0), values.stride(1)


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


library.impl("recurrent", _forward, "CPU")
library.impl("recurrent_backward", _backward, "CPU")
torch.library.register_fake("weft::recurrent", _forward_shapes, lib=library)
torch.library.register_fake("weft::recurrent_backward", _backward_shapes, lib=library)
torch.library.register_autograd("weft::recurrent", _differentiate, setup_context=_remember, lib=library)
torch.library.register_autograd("weft::recurrent_backward", _no_second_gradient, lib=library)

recurrent = torch.ops.weft.recurrent.default
