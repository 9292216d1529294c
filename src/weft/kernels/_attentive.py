"""A whole recurrence that looks back, all its steps and all their gradients in one node of autograd's graph.

Where each step waits for what the one before saw, autograd would run, remember and differentiate every step alone, and
add up the gradient of every weight once a step. Here the steps run outside of the graph, what is known of all of them
is multiplied before, and the gradients of the weights are products over all of them after. ``_turns`` has the
equations; the two orders of a step are those of ``nn.attentive``:

    query before   context of s_{t-1};  s_t = R([e_t; context], s_{t-1})                           (Bahdanau et al.)
    query after    s_t = R([e_t; r_{t-1}], s_{t-1});  context of s_t;  r_t = readout(s_t, context)  (Luong et al.)

Sources: D. Bahdanau, K. Cho and Y. Bengio, ICLR 2015, A.1.2; M.-T. Luong, H. Pham and C. D. Manning, EMNLP 2015, 3.3.

Rows stand by falling length, so that those of a step are the first ones, and a row that has ended costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import forward_ad

from weft.cells.gru import GRU
from weft.cells.lstm import LSTM
from weft.errors import BackendError
from weft.kernels import _layers
from weft.kernels._turns import GRULayer, Layer, Look, LSTMLayer, Reads, Rows, Source
from weft.types import Cell, Params

PARAMS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
FED = ("weight", "bias", "known", "start")


@dataclass(frozen=True)
class Feeding:
    """The readout that goes into the next step.

    Attributes:
        weight, bias: of its linear function of [h; context; e] or [h; context].
        known: e at all steps [N, E], or [N, 0] where it is not read.
        start: what is fed into the first step, [B, R].
        pairs: maxout instead of tanh.
    """

    weight: Tensor
    bias: Tensor
    known: Tensor
    start: Tensor
    pairs: bool


@dataclass(frozen=True)
class Turns:
    """What a recurrence that looks back is given; rows by falling length, their steps one behind the other.

    Attributes:
        cells, params: of each layer.
        counts: rows of each step, falling.
        x: e, [N, E].
        masks: of the dropout above each layer but the last, [N, H]; None where nothing is dropped.
        starts: the states of each layer, [B, H].
        source: what attention looks at.
        feeding: None where the query is the state before the step.
    """

    cells: Sequence[Cell]
    params: Sequence[Params]
    counts: tuple[int, ...]
    x: Tensor
    masks: Sequence[Tensor | None]
    starts: Sequence[tuple[Tensor, ...]]
    source: Source
    feeding: Feeding | None


@dataclass(frozen=True)
class Taken:
    """What came of it.

    Attributes:
        states: of each layer at all steps, [N, H] each.
        contexts: [N, M].
        weights: [T, B, S].
        readouts: [N, R] where they are fed.
    """

    states: list[tuple[Tensor, ...]]
    contexts: Tensor
    weights: Tensor
    readouts: Tensor | None


def refuse(cells: Sequence[Cell], x: Tensor) -> str:
    """Why these cells and inputs are not for ``take_turns``; an empty string when they are."""
    for cell in cells:
        if type(cell) not in (GRU, LSTM) or _layers.code(cell) is None:
            return f"no steps by hand for cell {cell.spec.name!r} with these options"
    if x.device.type != "cpu" or x.dtype not in (torch.float32, torch.float64):
        return f"steps by hand compute float32 and float64 on a CPU, not {x.dtype} on {x.device.type}"
    if torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0:  # noqa: SLF001 - as in core
        return "steps by hand have no transforms of torch.func and no forward-mode derivatives"
    traced = torch.compiler.is_compiling() or torch._C._is_tracing()  # noqa: SLF001 - has no typed name
    if traced or torch._C._len_torch_dispatch_stack():  # noqa: SLF001 - has no other name
        return "steps by hand cannot be looked into"
    return "steps by hand have no autocast" if torch.is_autocast_enabled("cpu") else ""


def take_turns(turns: Turns) -> Taken:
    """Take all steps; ask ``refuse`` first."""
    made = list(_TakeTurns.apply(_without_tensors(turns), *_tensors(turns)))  # type: ignore[no-untyped-call]
    contexts, weights, *rest = made
    readouts = rest.pop(0) if turns.feeding else None
    states = [tuple(rest.pop(0) for _ in start) for start in turns.starts]
    return Taken(states, contexts, weights, readouts)


class _TakeTurns(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, bare: Turns, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        run = _Run(_with_tensors(bare, tensors), None)
        run.forward()
        kept = run.kept()
        ctx.bare, ctx.given, ctx.sizes = bare, len(tensors), [len(part) for part in kept]
        ctx.save_for_backward(*tensors, *(each for part in kept for each in part))
        ctx.set_materialize_grads(False)
        return run.results()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        if torch.is_grad_enabled():
            raise BackendError(
                "steps by hand have no gradient of their gradient", hint='use kernel = "loop" for second derivatives'
            )
        tensors, flat = ctx.saved_tensors[: ctx.given], list(ctx.saved_tensors[ctx.given :])
        kept = [tuple(flat.pop(0) for _ in range(size)) for size in ctx.sizes]
        return None, *_Run(_with_tensors(ctx.bare, tensors), kept).backward(gradients)


class _Run:
    """The parts put together.

    Args:
        turns: what is given.
        kept: of attention, the readout (nothing where there is none) and each layer, to go back; None to begin.
    """

    def __init__(self, turns: Turns, kept: list[tuple[Tensor, ...]] | None) -> None:
        self.turns, self.rows = turns, Rows(turns.counts)
        nothing: list[tuple[Tensor, ...] | None] = [None] * (2 + len(turns.cells))
        of_look, of_reads, *of_layers = nothing if kept is None else kept
        self.look = Look(self.rows, turns.source, of_look)
        feeding, self.reads = turns.feeding, None
        if feeding is not None:
            self.reads = Reads(self.rows, feeding.weight, feeding.bias, feeding.known, feeding.pairs, of_reads)
        self.layers: list[Layer] = []
        for place, cell in enumerate(turns.cells):
            kind = GRULayer if type(cell) is GRU else LSTMLayer
            known = turns.x if not place else turns.x[:, :0]
            self.layers.append(kind(self.rows, turns.params[place], turns.starts[place], known, of_layers[place]))
        self.top = self.layers[-1]

    def kept(self) -> list[tuple[Tensor, ...]]:
        """What ``backward`` needs."""
        return [self.look.kept, self.reads.kept if self.reads else (), *(layer.kept for layer in self.layers)]

    def results(self) -> tuple[Tensor, ...]:
        """Contexts, weights, readouts where they are fed, and the states of each layer."""
        readouts = self.reads.kept[:1] if self.reads else ()
        states = (each for layer in self.layers for each in layer.kept[1 : 1 + len(layer.start)])
        return *self.look.kept[:2], *readouts, *states

    def forward(self) -> None:
        """All steps."""
        for step in range(len(self.rows.counts)):
            if self.reads is None:
                brought = self.look.step(step, self._before(step))
            else:
                brought = self.rows.before(self.reads.kept[0], self._fed_first(), step)
            place = self.rows.at(step)
            for layer, mask in zip(self.layers, [*self.turns.masks, None], strict=True):
                layer.step(step, brought)
                brought = _masked(layer.h[place], None if mask is None else mask[place])
            if self.reads is not None:
                self.reads.step(step, brought, self.look.step(step, brought))

    def backward(self, gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
        """Gradients of the tensors given, in their order, from those of the results."""
        d_contexts, d_weights, *rest = gradients
        d_readouts = rest.pop(0) if self.reads else None
        d_states = [[rest.pop(0) for _ in layer.start] for layer in self.layers]
        width = 0 if self.turns.feeding is None else self.turns.feeding.start.shape[1]
        d_fed = self.turns.x.new_zeros(self.rows.counts[0], width)
        for step in reversed(range(len(self.rows.counts))):
            place, count = self.rows.at(step), self.rows.counts[step]
            of_weights = None if d_weights is None else d_weights[step, :count]
            if self.reads is None:
                d_context = self._back_through_layers(step, None, d_states)
                d_query = self.look.back(step, _plus(d_context, d_contexts, place), of_weights, self._before(step))
                self.top.carried[0][:count] += d_query
            else:
                d_read = self.reads.back(step, _plus(d_fed[:count], d_readouts, place))
                d_h, d_context = d_read.tensor_split([self.top.h.shape[1]], dim=1)
                d_context = _plus(d_context, d_contexts, place)
                d_h = d_h + self.look.back(step, d_context, of_weights, self.top.h[place])
                d_fed[:count] = self._back_through_layers(step, d_h, d_states)
        return self._gradients(d_fed)

    def _back_through_layers(self, step: int, d_h: Tensor | None, d_states: list[list[Tensor | None]]) -> Tensor:
        """From the gradient of the top layer's output (None: nothing but what is in ``d_states``)."""
        place, count = self.rows.at(step), self.rows.counts[step]
        for number in reversed(range(len(self.layers))):
            layer, (of_h, *of_c) = self.layers[number], d_states[number]
            if d_h is None:
                d_h = layer.h.new_zeros(count, layer.h.shape[1])
            if of_c and of_c[0] is not None:
                layer.carried[1][:count] += of_c[0][place]
            d_h = layer.back(step, _plus(d_h, of_h, place))
            mask = self.turns.masks[number - 1] if number else None
            d_h = _masked(d_h, None if mask is None else mask[place])
        assert d_h is not None
        return d_h

    def _gradients(self, d_fed: Tensor) -> list[Tensor | None]:
        contexts, feeding = self.look.kept[0], self.turns.feeding
        queries = self.rows.all_before(self.top.h, self.top.start[0]) if self.reads is None else self.top.h
        d_states, d_keys, d_of_query, d_of_tanh = self.look.gradients(queries)
        source = Source(d_states, d_keys, self.turns.source.padding, d_of_query, d_of_tanh)
        brought = contexts
        if self.reads is not None and feeding is not None:
            d_known, d_weight, d_bias = self.reads.gradients(self.top.h, contexts)
            brought = self.rows.all_before(self.reads.kept[0], feeding.start)
            feeding = Feeding(d_weight, d_bias, d_known, d_fed, feeding.pairs)
        d_x, params = None, []
        for layer, mask in zip(self.layers, [*self.turns.masks, None], strict=True):
            d_own, d_params = layer.gradients(brought)
            d_x = d_own if d_x is None else d_x
            params.append(d_params)
            brought = _masked(layer.h, mask)
        assert d_x is not None
        made = replace(
            self.turns,
            x=d_x,
            params=params,
            starts=[layer.carried for layer in self.layers],
            source=source,
            feeding=feeding,
        )
        unasked = {id(self.turns.source.padding), *map(id, self.turns.masks)}
        return [None if id(each) in unasked else each for each in _tensors(made)]

    def _before(self, step: int) -> Tensor:
        return self.rows.before(self.top.h, self.top.start[0], step)

    def _fed_first(self) -> Tensor:
        assert self.turns.feeding is not None
        return self.turns.feeding.start


def _masked(x: Tensor, mask: Tensor | None) -> Tensor:
    return x if mask is None else x * mask


def _plus(x: Tensor, more: Tensor | None, place: slice) -> Tensor:
    return x if more is None else x + more[place]


def _tensors(turns: Turns) -> list[Tensor | None]:
    """All tensors, in the order in which ``_with_tensors`` takes them."""
    feeding = turns.feeding
    fed = () if feeding is None else (feeding.weight, feeding.bias, feeding.known, feeding.start)
    params = [each.get(name) for each in turns.params for name in PARAMS]
    return [turns.x, *turns.source, *fed, *turns.masks, *params, *(each for start in turns.starts for each in start)]


def _with_tensors(bare: Turns, tensors: Sequence[Tensor | None]) -> Turns:
    """What ``_without_tensors`` left, and its tensors."""
    left: list[Any] = list(tensors)

    def some(number: int) -> list[Any]:
        taken = left[:number]
        del left[:number]
        return taken

    x, source = some(1)[0], Source(*some(5))
    feeding = None if bare.feeding is None else replace(bare.feeding, **dict(zip(FED, some(4), strict=True)))
    masks = some(len(bare.masks))
    params = [
        {name: value for name, value in zip(PARAMS, some(4), strict=True) if value is not None} for _ in bare.cells
    ]
    starts = [tuple(some(len(start))) for start in bare.starts]
    return replace(bare, x=x, source=source, feeding=feeding, masks=masks, params=params, starts=starts)


def _without_tensors(turns: Turns) -> Turns:
    """The same with nothing where tensors were, which autograd keeps by itself."""
    nothing = cast("Any", None)
    return replace(
        turns,
        x=nothing,
        source=Source(nothing, nothing, nothing, nothing, nothing),
        feeding=turns.feeding and Feeding(nothing, nothing, nothing, nothing, turns.feeding.pairs),
        masks=[None] * len(turns.masks),
        params=[{}] * len(turns.cells),
        starts=[(nothing,) * len(start) for start in turns.starts],
    )
