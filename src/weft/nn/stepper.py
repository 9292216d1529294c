"""Layers read one step a call, by the C++ core, on a copy of their weights: for streams and for writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from weft.errors import BackendError, ConfigError, nearest
from weft.kernels import PRECISIONS, CoreDecoder, Output, PackedLinear, Symbols, refuse_inference
from weft.kernels import refuse_decoder as refuse_cells
from weft.nn import _fit
from weft.nn._stack import Stack
from weft.nn.blocks import Blocks
from weft.types import State

if TYPE_CHECKING:
    from torch import Tensor

KERNELS = ("auto", "core")
"""Kernels under which the core may step: who asks for another one gets that one."""


def refuse(layer: Stack | Blocks) -> str:
    """Why the core cannot step a layer; an empty string when it can."""
    if isinstance(layer, Blocks):
        return "norms and sums stand between the layers, which the core does not have"
    if len(layer.endings) > 1:
        return "the layer reads each row from both ends and cannot stream"
    if layer.zoneout:
        return "zoneout mixes the states of every step, which the core does not"
    if layer.kernel not in KERNELS:
        return f"kernel {layer.kernel!r} was asked for"
    return refuse_cells(layer.cells, _params(layer))


def core_decoder(
    layer: Stack | Blocks, *, symbols: Symbols | None = None, output: Output | None = None, precision: str = "float32"
) -> CoreDecoder:
    """The core's copy of a layer as it is when not training, with what stands below and above it.

    Args:
        layer: in one direction; its dropouts are left out.
        symbols: what it reads; None when it is given vectors.
        output: what is made of its output; None for the output itself.
        precision: "float32" or "int8".
    Raises:
        BackendError: the core cannot step it; the message says why.
        ConfigError: no such precision.
    """
    check_precision(precision)
    reason = refuse(layer)
    if reason or isinstance(layer, Blocks):
        raise BackendError(f"the core cannot step here: {reason}")
    return CoreDecoder(
        layer.cells, _params(layer), layer.state_sizes(), symbols=symbols, output=output, precision=precision
    )


def check_precision(precision: str) -> None:
    """Check the name of a precision.

    Raises:
        ConfigError: it is none of ``PRECISIONS``.
    """
    if precision not in PRECISIONS:
        raise ConfigError(
            f"unknown precision {precision!r}{nearest(precision, PRECISIONS)}",
            hint=f"known precisions: {', '.join(PRECISIONS)}",
        )


def packed_linear(layer: nn.Linear) -> PackedLinear | nn.Linear:
    """A linear layer on a copy of its weights, packed for the C++ core; where there can be none, the layer itself."""
    given = [each.detach() for each in layer.parameters(recurse=False)]
    if type(layer).forward is not nn.Linear.forward or refuse_inference(*given):
        return layer
    return PackedLinear(layer.weight, layer.bias)


class Stepper:
    """``begin`` and ``step`` of a layer on a copy of its weights, made once: what the layer learns later is not in it.

    Args:
        layer: a ``Recurrent`` or drop-in, in one direction.
        precision: "float32", or "int8": weights in 8 bits, a quarter of the memory to read, less accurate.
    Raises:
        BackendError: the core is absent or cannot run the layer; the message says why, and ``layer.step`` can.
        ConfigError: no such precision.
    """

    def __init__(self, layer: Stack, *, precision: str = "float32") -> None:
        self._start = {name: value.detach().clone() for name, value in layer.start(1).items()}
        self._decoder = core_decoder(layer, precision=precision)

    def begin(self, n: int) -> State:
        """The state of ``n`` streams before their first step."""
        return {name: value.repeat(n, 1) for name, value in self._start.items()}

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One time step of every stream: x [B, D] and the state before it -> output [B, H] and the state after it.

        Raises:
            ShapeError: x or state do not fit, or x holds NaN or infinity.
        """
        if x.dim() == 2:
            _fit.check_finite(x.unsqueeze(1), None)
        return self._decoder.step(x, state)


def _params(layer: Stack) -> list[dict[str, Tensor]]:
    return [dict(layer.parameters_of(place, "")) for place in range(len(layer.cells))]
