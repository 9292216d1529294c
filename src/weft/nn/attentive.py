"""A recurrence that writes: at every step it reads the symbol before, and looks at the stored states of a source.

    the query is the state before the step       the query is the state after it
    (Bahdanau et al. 2015)                       (Luong et al. 2015)

    c_t = H alpha(s_{t-1})                       s_t = R([e_t; r_{t-1}], s_{t-1})
    s_t = R([e_t; c_t], s_{t-1})                 c_t = H alpha(s_t)
    r_t = readout(s_t, c_t, e_t)                 r_t = readout(s_t, c_t)

r_{t-1} in the input is Luong's input feeding, an option. Without attention the source is a fixed vector: the state that
the recurrence starts from and, as an option, a part of its input and readout at every step (K. Cho et al., EMNLP
2014). Where no step waits for what the one before saw (the query is the state after the step and nothing is fed, or
there is no attention), all steps of a training batch go through the recurrence and attention together. Where they wait,
a batch goes step by step; ``kernels.take_turns`` does so at once wherever it can, several times as fast as ``step``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from weft.kernels import Feeding, Source, Turns, refuse_turns, take_turns
from weft.nn._packed import Packed
from weft.nn.attention import Attention, Memory, Rows
from weft.nn.bridge import Bridge
from weft.nn.dropout import dropped
from weft.nn.recurrent import Recurrent
from weft.nn.stepper import Stepper, packed_linear
from weft.nn.stepper import refuse as refuse_stepper
from weft.types import State

if TYPE_CHECKING:
    from weft.config import Decoder

FED, SUMMARY, COVERED = "fed", "summary", "covered"
"""Names of what the state holds beside the recurrence's own."""


Linear = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Parts:
    """Who takes a step's products: of the recurrence, attention's queries and the readout; None: the layer itself."""

    recurrent: Stepper | Recurrent
    of_query: Linear | None = None
    readout: Linear | None = None


@dataclass(frozen=True)
class Said:
    """What the decoder says of T steps: readouts [B, T, R], weights [B, T, S] (None without attention), the state after
    each row's last one. What stands at padding does not matter."""

    readouts: Tensor
    weights: Tensor | None
    state: State


class AttentiveDecoder(nn.Module):
    """See the module's text.

    Args:
        section: of a recipe.
        input_size: E, width of the symbols' vectors.
        memory_size: M, of the source's states.
        summary_size: Z, of the fixed vector that stands for a source.
        encoder_states: names and widths of the encoder's states after the source.
    Attributes:
        width: R, of a readout.
    Raises:
        ConfigError: states are to be copied from an encoder that has others.
    """

    def __init__(
        self,
        section: Decoder,
        *,
        input_size: int,
        memory_size: int,
        summary_size: int,
        encoder_states: dict[str, int],
    ) -> None:
        super().__init__()
        self.query, self.feeding, self.sees_summary = section.query, section.feeding, section.summary
        attends = section.attention != "none"
        seen = memory_size if attends else summary_size if section.summary else 0
        width = section.readout or section.hidden
        fed = {"previous": memory_size, "current": width if section.feeding else 0}[section.query] if attends else seen
        self.recurrent = Recurrent(
            cell=section.cell,
            input_size=input_size + fed,
            hidden_size=section.hidden,
            layers=section.layers,
            options=section.options,
            dropout=section.dropout,
            locked=section.locked,
            weight_dropout=section.weight_dropout,
            kernel=section.kernel,
        )
        self.attention = (
            Attention(
                section.attention,
                query_size=self.recurrent.width,
                memory_size=memory_size,
                width=section.attention_width,
                window=section.window,
                coverage=section.coverage,
            )
            if attends
            else None
        )
        read = self.recurrent.width + seen + (input_size if section.readout_input else 0)
        self.readout = Readout(section.readout_kind, read, width)
        self.readout_input = section.readout_input
        self.width = self.readout.width
        self.bridge = Bridge(section.start, self.recurrent.state_sizes(), summary_size, encoder_states)

    @property
    def attends(self) -> bool:
        """Whether it looks at the source's states."""
        return self.attention is not None

    def remember(self, states: Tensor, lengths: Tensor) -> Memory | None:
        """What it will look at, of states [B, S, M] and lengths int64 [B]; None without attention."""
        return None if self.attention is None else self.attention.remember(states, lengths)

    @property
    def in_parallel(self) -> bool:
        """Whether no step of a training batch needs what was seen in the step before."""
        if self.attention is None:
            return True
        return self.query == "current" and not self.feeding and self.attention.of_coverage is None

    def begin(self, memory: Memory | None, summary: Tensor, encoded: State) -> State:
        """The state before the first symbol of every source.

        Args:
            memory: of the B sources; None without attention.
            summary: [B, Z].
            encoded: the encoder's state after the sources.
        """
        state: State = self.bridge(summary, encoded)
        if self.feeding:
            state[FED] = summary.new_zeros(len(summary), self.width)
        if self.attention is None and self.sees_summary:
            state[SUMMARY] = summary
        if memory is not None and self.attention is not None and self.attention.of_coverage is not None:
            state[COVERED] = summary.new_zeros(len(summary), memory.states.shape[1])
        return state

    def forward(self, vectors: Tensor, lengths: Tensor, memory: Memory | None, state: State) -> Said:
        """All steps of a batch whose symbols are known.

        Args:
            vectors: [B, T, E], of the symbol before each step.
            lengths: int64 [B] on the CPU.
            memory, state: as ``begin`` takes and gives them.
        """
        if not self.in_parallel and memory is not None:
            refused = self.refuse_turns(vectors, lengths)
            return (self._in_turn if refused else self._by_hand)(vectors, lengths, memory, state)
        own, seen = self._own(state), None
        if SUMMARY in state:
            seen = state[SUMMARY].unsqueeze(1).expand(-1, vectors.shape[1], -1)
        outputs, after = self.recurrent(vectors if seen is None else torch.cat([vectors, seen], dim=-1), lengths, own)
        weights = None
        if self.attention is not None and memory is not None:
            seen, weights = self.attention(outputs, memory)
        return Said(self._read_out(outputs, seen, vectors), weights, {**state, **after})

    def packed(self) -> Parts:
        """Who takes many steps fastest, with these weights and without gradients or dropout: copies packed for the C++
        core; where there can be none, the parts themselves."""
        alone = torch.is_autocast_enabled("cpu") or refuse_stepper(self.recurrent)
        return Parts(
            self.recurrent if alone else Stepper(self.recurrent),
            _packed(None if self.attention is None else self.attention.of_query),
            _packed(self.readout.linear),
        )

    def step(self, vectors: Tensor, memory: Memory | None, state: State, by: Parts | None = None) -> Said:
        """One step of B * k rows, those of a source side by side.

        Args:
            vectors: [B * k, E].
            memory: of the B sources.
            state: of the rows.
            by: what ``packed`` gave.
        Returns:
            readouts [B * k, 1, R] and weights [B * k, 1, S].
        """
        by = by or Parts(self.recurrent)
        output, seen, weights, after = self._turn(vectors, memory, state, by)
        readout = self._read_out(output, seen, vectors, by.readout)
        if FED in state:
            after[FED] = readout
        return Said(readout.unsqueeze(1), None if weights is None else weights.unsqueeze(1), after)

    def refuse_turns(self, vectors: Tensor, lengths: Tensor) -> str:
        """Why a batch whose steps wait for each other must go by ``step``; "" where all can be taken at once."""
        attention, recurrent = self.attention, self.recurrent
        if attention is None or attention.window or attention.of_coverage is not None:
            return "attention has a window or coverage"
        if recurrent.kernel != "auto":
            return f"kernel {recurrent.kernel!r} was asked for"
        if self.training and recurrent.weight_dropout:
            return "weights are dropped anew at every step"
        if int(lengths.min()) < 1:
            return "a row has no step"
        if torch.is_grad_enabled() and vectors.dtype != recurrent.example().dtype:
            return "vectors and weights are of different types"
        return refuse_turns(recurrent.cells, vectors)

    @property
    def _top(self) -> str:
        """The name of the highest layer's output in the state."""
        return f"h.{self.recurrent.layers - 1}"

    def _own(self, state: State) -> State:
        return {name: state[name] for name in self.recurrent.state_sizes()}

    def _turn(
        self, vectors: Tensor, memory: Memory | None, state: State, by: Parts
    ) -> tuple[Tensor, Tensor | None, Tensor | None, State]:
        """One step but for its readout: output [B * k, H], what was seen, weights [B * k, S], the state."""
        if self.attention is None:
            seen, weights = state.get(SUMMARY), None
            output, own = by.recurrent.step(_joined(vectors, seen), self._own(state))
        elif self.query == "previous":
            seen, weights = self._look(state[self._top], memory, state.get(COVERED), by)
            output, own = by.recurrent.step(_joined(vectors, seen), self._own(state))
        else:
            output, own = by.recurrent.step(_joined(vectors, state.get(FED)), self._own(state))
            seen, weights = self._look(output, memory, state.get(COVERED), by)
        after = {**state, **own}
        if COVERED in state and weights is not None:
            after[COVERED] = state[COVERED] + weights
        return output, seen, weights, after

    def _in_turn(self, vectors: Tensor, lengths: Tensor, memory: Memory, state: State) -> Said:
        steps: list[list[Tensor]] = []
        shortest, ends = int(lengths.min()), lengths.to(vectors.device).unsqueeze(1)
        for step, now in enumerate(vectors.unbind(1)):
            output, seen, weights, after = self._turn(now, memory, state, Parts(self.recurrent))
            assert seen is not None
            assert weights is not None
            steps.append([output, seen, weights])
            if FED in state:
                after[FED] = self._read_out(output, seen, now)
                steps[-1].append(after[FED])
            if step >= shortest:
                after = {name: torch.where(step < ends, value, state[name]) for name, value in after.items()}
            state = after
        outputs, seen, weights, *readouts = (torch.stack(each, dim=1) for each in zip(*steps, strict=True))
        return Said(readouts[0] if readouts else self._read_out(outputs, seen, vectors), weights, state)

    def _by_hand(self, vectors: Tensor, lengths: Tensor, memory: Memory, state: State) -> Said:
        packed = Packed(lengths, vectors.shape[1], vectors.device)
        x = packed.pack(vectors)
        taken = take_turns(self._turns(packed, x, memory, state))
        after = dict(state)
        for layer, (cell, states) in enumerate(zip(self.recurrent.cells, taken.states, strict=True)):
            for name, value in zip(cell.spec.states, states, strict=True):
                after[f"{name}.{layer}"] = value.index_select(0, packed.last)
        readouts = taken.readouts
        if readouts is None:
            readouts = self._read_out(taken.states[-1][0], taken.contexts, x)
        else:
            after[FED] = readouts.index_select(0, packed.last)
        weights = packed.back(taken.weights.transpose(0, 1))
        weights = nn.functional.pad(weights, (0, 0, 0, vectors.shape[1] - weights.shape[1]))
        return Said(packed.unpack(readouts), weights, after)

    def _turns(self, packed: Packed, x: Tensor, memory: Memory, state: State) -> Turns:
        """What ``take_turns`` is given; x [N, E]."""
        attention, recurrent = self.attention, self.recurrent
        assert attention is not None
        states = packed.in_order(memory.states)
        keys = states if memory.keys is memory.states else packed.in_order(memory.keys)
        of_query = None if attention.of_query is None else attention.of_query.weight
        feeding = None
        if self.feeding:
            assert self.readout.linear is not None
            feeding = Feeding(
                self.readout.linear.weight,
                self.readout.linear.bias,
                x if self.readout_input else x[:, :0],
                packed.in_order(state[FED]),
                self.readout.kind == "maxout",
            )
        return Turns(
            cells=recurrent.cells,
            params=[dict(recurrent.parameters_of(layer, "")) for layer in range(recurrent.layers)],
            counts=packed.counts,
            x=x,
            masks=[self._mask(packed, x, layer) for layer in range(recurrent.layers - 1)],
            starts=[
                tuple(packed.in_order(state[f"{name}.{layer}"]) for name in cell.spec.states)
                for layer, cell in enumerate(recurrent.cells)
            ],
            source=Source(states, keys, packed.in_order(memory.padding), of_query, attention.of_tanh),
            feeding=feeding,
        )

    def _mask(self, packed: Packed, x: Tensor, layer: int) -> Tensor | None:
        """Of the dropout above a layer, [N, H]; None where nothing is dropped."""
        recurrent = self.recurrent
        if not recurrent.dropout or not self.training:
            return None
        width = recurrent.cells[layer].spec.output_size
        if not recurrent.locked:
            return dropped(x.new_ones(len(x), width), recurrent.dropout, True, locked=False)
        rows = dropped(x.new_ones(len(packed.order), 1, width), recurrent.dropout, True, locked=True)
        return packed.pack(rows)

    def _look(self, query: Tensor, memory: Memory | None, covered: Tensor | None, by: Parts) -> tuple[Tensor, Tensor]:
        """Context [R, M] and weights [R, S] of queries [R, Q], as many of every source or as ``memory.rows`` tells."""
        assert memory is not None
        assert self.attention is not None
        sources, rows = len(memory.states), memory.rows
        asked = [value if value is None else _by_source(value, sources, rows) for value in (query, covered)]
        context, weights = self.attention(asked[0], memory, asked[1], by.of_query)
        if rows is not None:
            return rows.back(context), rows.back(weights)
        return context.flatten(0, 1), weights.flatten(0, 1)

    def _read_out(self, output: Tensor, seen: Tensor | None, vectors: Tensor, by: Linear | None = None) -> Tensor:
        parts = [output, *([] if seen is None else [seen]), *([vectors] if self.readout_input else [])]
        readout: Tensor = self.readout(torch.cat(parts, dim=-1) if len(parts) > 1 else output, by)
        return readout


class Readout(nn.Module):
    """From what a step knows to what its symbol is chosen by.

    Args:
        kind: "none": as it is; "tanh": tanh(W x + b), Luong's attentional vector; "maxout": the larger of two linear
            functions (Bahdanau et al. 2015, A.2.2).
        input_size, width: of x and of the readout.
    """

    def __init__(self, kind: str, input_size: int, width: int) -> None:
        super().__init__()
        self.kind = kind
        self.width = input_size if kind == "none" else width
        self.linear = None if kind == "none" else nn.Linear(input_size, width * (2 if kind == "maxout" else 1))

    def forward(self, x: Tensor, linear: Linear | None = None) -> Tensor:
        """x [..., D] -> [..., width]; ``linear`` takes the place of the layer of this name."""
        if self.linear is None:
            return x
        y: Tensor = (linear or self.linear)(x)
        return y.view(*y.shape[:-1], self.width, 2).amax(dim=-1) if self.kind == "maxout" else torch.tanh(y)


def _packed(layer: nn.Linear | None) -> Linear | None:
    return None if layer is None or torch.is_autocast_enabled("cpu") else packed_linear(layer)


def _by_source(values: Tensor, sources: int, rows: Rows | None) -> Tensor:
    """[R, X] -> [B, U, X]."""
    return values.view(sources, -1, values.shape[-1]) if rows is None else rows.spread(values, sources)


def _joined(vectors: Tensor, seen: Tensor | None) -> Tensor:
    return vectors if seen is None else torch.cat([vectors, seen], dim=-1)
