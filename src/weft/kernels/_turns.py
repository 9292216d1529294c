"""The parts of a recurrence that looks back, step by step and by hand: layers, attention, readout, and their gradients.

Each part has ``step`` (one step forwards), ``back`` (one step backwards) and ``gradients`` (of its parameters, when all
steps are done: one product over all of them instead of one a step). Nothing here is seen by autograd. With s and s' the
state before and after a step, u what goes in, d_y the gradient of y, and * elementwise:

    GRU     d_n = (1 - z) d_s' (1 - n^2)    d_z = (s - n) d_s' z (1 - z)    d_r = d_n * (W_hn s + b_hn) r (1 - r)
            d_s = z * d_s' + W_h' [d_r; d_z; r * d_n]                       d_u = W_i' [d_r; d_z; d_n]
    LSTM    d_c' += d_s' o (1 - tanh(c')^2)     d_i = d_c' g i (1 - i)      d_f = d_c' c f (1 - f)
            d_g = d_c' i (1 - g^2)              d_o = d_s' tanh(c') o (1 - o)
            d_c = d_c' f                        d_s = W_h' d                d_u = W_i' d      d = [d_i; d_f; d_g; d_o]
    softmax d_a = alpha * (d_alpha - alpha . d_alpha)                       d_alpha = H' d_context
    additive    d_q = v * sum_s d_a_s (1 - t_s^2)    d_key_s = v * d_a_s (1 - t_s^2)    t_s = tanh(W q + key_s)

with the equations of ``cells.gru``, ``cells.lstm`` and ``nn.attention``. Sizes: B rows, N their steps in all, S states
of a source, M their width, Q that of a query, H units, F width of what is known only in its turn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from weft.types import Params

aten = torch.ops.aten


class Rows:
    """Rows by falling length, the steps one behind the other: at step t stand the first ``counts[t]`` rows."""

    def __init__(self, counts: tuple[int, ...]) -> None:
        self.counts = counts
        self.starts = (0, *accumulate(counts))

    def at(self, step: int) -> slice:
        """Where a step stands in [N, ...]."""
        return slice(self.starts[step], self.starts[step + 1])

    def before(self, x: Tensor, start: Tensor, step: int) -> Tensor:
        """For the rows of a step, x [N, F] of the step before; start [B, F] for the first."""
        if not step:
            return start
        first = self.starts[step - 1]
        return x[first : first + self.counts[step]]

    def all_before(self, x: Tensor, start: Tensor) -> Tensor:
        """``before`` of all steps, [N, F]."""
        return torch.cat([self.before(x, start, step) for step in range(len(self.counts))])

    def spread(self, x: Tensor) -> Tensor:
        """x [N, F] -> [T, B, F], zero where a row has ended."""
        spread = x.new_zeros(len(self.counts), self.counts[0], x.shape[1])
        for step, count in enumerate(self.counts):
            spread[step, :count] = x[self.at(step)]
        return spread


class Layer(ABC):
    """One layer. Its input is a part that is known of all steps, and one that each step brings.

    Args:
        rows: of the batch.
        params: the cell's, in torch's layout; ``weight_ih`` multiplies [known; brought].
        start: of the states, each [B, H].
        known: [N, E].
        kept: what the same layer had in ``kept`` after its steps, to go back; None to begin.
    """

    def __init__(
        self, rows: Rows, params: Params, start: tuple[Tensor, ...], known: Tensor, kept: tuple[Tensor, ...] | None
    ) -> None:
        self.rows, self.params, self.start, self.known = rows, params, start, known
        self.w_known = params["weight_ih"][:, : known.shape[1]]
        self.w_brought = params["weight_ih"][:, known.shape[1] :]
        self.w_state = params["weight_hh"]
        self.kept = self._memory() if kept is None else kept
        if kept is not None:
            self.d_gates = torch.empty_like(self.kept[0])
            self.carried = tuple(torch.zeros_like(each) for each in start)

    @property
    def h(self) -> Tensor:
        """The outputs [N, H]."""
        return self.kept[1]

    @abstractmethod
    def step(self, step: int, brought: Tensor) -> None:
        """Take a step with [n, F]."""

    @abstractmethod
    def back(self, step: int, d_h: Tensor) -> Tensor:
        """From the gradient of a step's output, that through the later steps not yet in it, to that of what it was
        brought [n, F]."""

    @abstractmethod
    def of_state_side(self) -> Tensor:
        """Gradient of W_hh h + b_hh at all steps."""

    def gradients(self, brought: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Of the known part and the parameters; what was brought at all steps, [N, F]."""
        d_weight, width = torch.empty_like(self.params["weight_ih"]), self.known.shape[1]
        d_gates, d_state_side = self.d_gates, self.of_state_side()
        if width:
            torch.mm(d_gates.t(), self.known, out=d_weight[:, :width])
        torch.mm(d_gates.t(), brought, out=d_weight[:, width:])
        made = {"weight_ih": d_weight, "weight_hh": d_state_side.t() @ self.rows.all_before(self.h, self.start[0])}
        if "bias_ih" in self.params:
            made |= {"bias_ih": d_gates.sum(0), "bias_hh": d_state_side.sum(0)}
        return d_gates @ self.w_known, made

    @abstractmethod
    def _memory(self) -> tuple[Tensor, ...]:
        """Memory for all steps: the gates [N, G H] with what is known of them, h [N, H], what else is kept."""

    def _known_gates(self, *biases: str) -> Tensor:
        gates = self.known @ self.w_known.t()
        for bias in biases:
            if bias in self.params:
                gates += self.params[bias]
        return gates


class GRULayer(Layer):
    """``cells.gru`` with reset = "after"; kept: gates, h, W_hn h + b_hn."""

    def step(self, step: int, brought: Tensor) -> None:
        gates, h, of_state = (each[self.rows.at(step)] for each in self.kept)
        before, units = self.rows.before(self.h, self.start[0], step), h.shape[1]
        gates.addmm_(brought, self.w_brought.t())
        bias = self.params.get("bias_hh")
        side = before @ self.w_state.t() if bias is None else torch.addmm(bias, before, self.w_state.t())
        both = gates[:, : 2 * units].add_(side[:, : 2 * units]).sigmoid_()
        of_state.copy_(side[:, 2 * units :])
        candidate = gates[:, 2 * units :].addcmul_(both[:, :units], of_state).tanh_()
        torch.lerp(candidate, before, both[:, units:], out=h)

    def back(self, step: int, d_h: Tensor) -> Tensor:
        place = self.rows.at(step)
        gates, _, of_state = (each[place] for each in self.kept)
        before, (carried,) = self.rows.before(self.h, self.start[0], step), self.carried
        d_h = d_h + carried[: len(d_h)]
        r, z, n = gates.chunk(3, dim=1)
        d = self.d_gates[place]
        d_r, d_z, d_n = d.chunk(3, dim=1)
        through = d_h * z
        aten.tanh_backward.grad_input(d_h - through, n, grad_input=d_n)
        aten.sigmoid_backward.grad_input(d_h * (before - n), z, grad_input=d_z)
        aten.sigmoid_backward.grad_input(d_n * of_state, r, grad_input=d_r)
        side = self.d_side[place]
        side[:, : 2 * n.shape[1]] = d[:, : 2 * n.shape[1]]
        torch.mul(d_n, r, out=side[:, 2 * n.shape[1] :])
        torch.addmm(through, side, self.w_state, out=carried[: len(d_h)])
        return d @ self.w_brought

    @property
    def d_side(self) -> Tensor:
        """Memory for ``of_state_side``."""
        if not hasattr(self, "_d_side"):
            self._d_side = torch.empty_like(self.d_gates)
        return self._d_side

    def of_state_side(self) -> Tensor:
        return self.d_side

    def _memory(self) -> tuple[Tensor, ...]:
        gates = self._known_gates("bias_ih")
        units = self.start[0].shape[1]
        return gates, gates.new_empty(len(gates), units), gates.new_empty(len(gates), units)


class LSTMLayer(Layer):
    """``cells.lstm`` without peepholes, projection and clips; kept: gates, h, c, tanh(c)."""

    def step(self, step: int, brought: Tensor) -> None:
        gates, h, c, squashed = (each[self.rows.at(step)] for each in self.kept)
        before, cell = (self.rows.before(self.kept[1 + place], self.start[place], step) for place in (0, 1))
        gates.addmm_(brought, self.w_brought.t()).addmm_(before, self.w_state.t())
        i, f, g, o = gates.chunk(4, dim=1)
        gates[:, : 2 * h.shape[1]].sigmoid_()
        g.tanh_()
        o.sigmoid_()
        torch.mul(f, cell, out=c).addcmul_(i, g)
        torch.tanh(c, out=squashed)
        torch.mul(o, squashed, out=h)

    def back(self, step: int, d_h: Tensor) -> Tensor:
        place, count = self.rows.at(step), len(d_h)
        gates, _, _, squashed = (each[place] for each in self.kept)
        cell = self.rows.before(self.kept[2], self.start[1], step)
        carried, carried_cell = (each[:count] for each in self.carried)
        d_h = d_h + carried
        i, f, g, o = gates.chunk(4, dim=1)
        d = self.d_gates[place]
        d_i, d_f, d_g, d_o = d.chunk(4, dim=1)
        aten.sigmoid_backward.grad_input(d_h * squashed, o, grad_input=d_o)
        carried_cell += aten.tanh_backward(d_h * o, squashed)
        aten.sigmoid_backward.grad_input(carried_cell * g, i, grad_input=d_i)
        aten.sigmoid_backward.grad_input(carried_cell * cell, f, grad_input=d_f)
        aten.tanh_backward.grad_input(carried_cell * i, g, grad_input=d_g)
        carried_cell *= f
        torch.mm(d, self.w_state, out=carried)
        return d @ self.w_brought

    def of_state_side(self) -> Tensor:
        return self.d_gates

    def _memory(self) -> tuple[Tensor, ...]:
        gates = self._known_gates("bias_ih", "bias_hh")
        units = self.start[0].shape[1]
        return gates, *(gates.new_empty(len(gates), units) for _ in range(3))


class Source(NamedTuple):
    """What attention looks at and by which parameters, rows by falling length of what they write.

    Attributes:
        states, keys: [B, S, M] and [B, S, A].
        padding: bool [B, S].
        of_query, of_tanh: W [A, Q] and v [A] of the additive score; None for the others.
    """

    states: Tensor
    keys: Tensor
    padding: Tensor
    of_query: Tensor | None
    of_tanh: Tensor | None


class Look:
    """Attention.

    Args:
        rows, kept: as for ``Layer``.
        source: what it looks at.
    Attributes:
        kept: contexts [N, M], weights [T, B, S] (zero where a row has ended) and, of the additive score, t [N, S, A].
    """

    def __init__(self, rows: Rows, source: Source, kept: tuple[Tensor, ...] | None) -> None:
        self.rows, self.source = rows, source
        self.kept = self._memory() if kept is None else kept
        if kept is not None:
            self.d_contexts = torch.empty_like(self.kept[0])
            self.d_keys = torch.zeros_like(source.keys)
            self.d_of_tanh = None if source.of_tanh is None else torch.zeros_like(source.of_tanh)
            self.d_inside = self.kept[0].new_empty(rows.starts[-1], source.keys.shape[2])

    def step(self, step: int, query: Tensor) -> Tensor:
        """Contexts [n, M] of queries [n, Q]."""
        states, keys, padding, of_query, of_tanh = self.source
        place, count = self.rows.at(step), self.rows.counts[step]
        weights, context = self.kept[1][step, :count], self.kept[0][place]
        if of_query is None or of_tanh is None:
            scores = (keys[:count] @ query.unsqueeze(2)).squeeze(2)
        else:
            inside = torch.add(keys[:count], (query @ of_query.t()).unsqueeze(1), out=self.kept[2][place]).tanh_()
            scores = (inside.flatten(0, 1) @ of_tanh).view(count, -1)
        torch.softmax(scores.masked_fill_(padding[:count], -torch.inf), dim=1, out=weights)
        torch.bmm(weights.unsqueeze(1), states[:count], out=context.unsqueeze(1))
        return context

    def back(self, step: int, d_context: Tensor, d_weights: Tensor | None, query: Tensor) -> Tensor:
        """From the gradients of a step's contexts and weights [n, S] to that of its queries."""
        states, keys, _, of_query, of_tanh = self.source
        place, count = self.rows.at(step), self.rows.counts[step]
        weights = self.kept[1][step, :count]
        self.d_contexts[place] = d_context
        d_weights_all = (states[:count] @ d_context.unsqueeze(2)).squeeze(2)
        if d_weights is not None:
            d_weights_all += d_weights
        d_scores = weights * (d_weights_all - (weights * d_weights_all).sum(1, keepdim=True))
        if of_query is None or of_tanh is None or self.d_of_tanh is None:
            self.d_keys[:count].baddbmm_(d_scores.unsqueeze(2), query.unsqueeze(1))
            d_query: Tensor = (d_scores.unsqueeze(1) @ keys[:count]).squeeze(1)
            return d_query
        inside = self.kept[2][place]
        self.d_of_tanh.addmv_(inside.flatten(0, 1).t(), d_scores.flatten())
        slope = aten.tanh_backward(d_scores.unsqueeze(2).expand_as(inside), inside)
        self.d_keys[:count] += slope
        torch.mul(slope.sum(1), of_tanh, out=self.d_inside[place])
        return self.d_inside[place] @ of_query

    def gradients(self, queries: Tensor) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """Of states, keys and the additive score's parameters; the queries of all steps, [N, Q]."""
        d_contexts = self.rows.spread(self.d_contexts).transpose(0, 1)
        d_states = self.kept[1].permute(1, 2, 0) @ d_contexts
        if self.source.of_tanh is None:
            return d_states, self.d_keys, None, None
        return d_states, self.d_keys.mul_(self.source.of_tanh), self.d_inside.t() @ queries, self.d_of_tanh

    def _memory(self) -> tuple[Tensor, ...]:
        states, keys, *_ = self.source
        rows, (sources, longest, width) = self.rows, states.shape
        contexts = states.new_empty(rows.starts[-1], width)
        weights = states.new_zeros(len(rows.counts), sources, longest)
        inside = () if self.source.of_tanh is None else (keys.new_empty(rows.starts[-1], longest, keys.shape[2]),)
        return contexts, weights, *inside


class Reads:
    """The readout that is fed into the next step: of [h; context; known], tanh or the larger of pairs.

    Args:
        rows, kept: as for ``Layer``.
        weight, bias: of the linear function, [R, H + M + E] (2 R rows for pairs).
        known: [N, E].
        pairs: whether it is the larger of two.
    Attributes:
        kept: readouts [N, R] and, of pairs, which was taken, as shares [N, R, 2].
    """

    def __init__(
        self,
        rows: Rows,
        weight: Tensor,
        bias: Tensor,
        known: Tensor,
        pairs: bool,
        kept: tuple[Tensor, ...] | None,
    ) -> None:
        self.rows, self.weight, self.known, self.pairs = rows, weight, known, pairs
        self.seen = weight.shape[1] - known.shape[1]
        width = len(weight) // (2 if pairs else 1)
        if kept is None:
            self.linear = torch.addmm(bias, known, weight[:, self.seen :].t())
            kept = (known.new_empty(len(known), width), *((known.new_empty(len(known), width, 2),) if pairs else ()))
        else:
            self.d_linear = known.new_empty(len(known), len(weight))
        self.kept = kept

    def step(self, step: int, h: Tensor, context: Tensor) -> None:
        """Read one step out."""
        place, units = self.rows.at(step), h.shape[1]
        linear, readout = self.linear[place], self.kept[0][place]
        linear.addmm_(h, self.weight[:, :units].t()).addmm_(context, self.weight[:, units : self.seen].t())
        if not self.pairs:
            torch.tanh(linear, out=readout)
            return
        both = linear.view(*readout.shape, 2)
        torch.amax(both, dim=2, out=readout)
        taken = (both == readout.unsqueeze(2)).to(both.dtype)
        torch.div(taken, taken.sum(2, keepdim=True), out=self.kept[1][place])

    def back(self, step: int, d_readout: Tensor) -> Tensor:
        """From the gradient of a step's readouts to that of [h; context]."""
        place = self.rows.at(step)
        d = self.d_linear[place]
        if self.pairs:
            torch.mul(self.kept[1][place], d_readout.unsqueeze(2), out=d.view(*d_readout.shape, 2))
        else:
            aten.tanh_backward.grad_input(d_readout, self.kept[0][place], grad_input=d)
        return d @ self.weight[:, : self.seen]

    def gradients(self, h: Tensor, contexts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of known, weight and bias; outputs and contexts of all steps."""
        parts = torch.cat([h, contexts, self.known], dim=1)
        return self.d_linear @ self.weight[:, self.seen :], self.d_linear.t() @ parts, self.d_linear.sum(0)
