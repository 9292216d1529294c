"""Traces of a recurrent encoder: what each named value of its cells was at each step, in numpy arrays.

Sizes: S symbols (steps), W units of a value. Everything is computed by the reference loop with the cells' own steps, so
that outputs and final states equal those of the network's forward pass (a test holds them against each other).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from weft.explain._symbols import Symbol
from weft.explain.gates.words import is_gate, name_of
from weft.kernels import loop, turn_round
from weft.nn._stack import state_key
from weft.nn._zoneout import Zoneout
from weft.nn.blocks import Blocks
from weft.nn.recurrent import Recurrent
from weft.types import Cell, Params, Spec, State

LEFT, RIGHT = 0.1, 0.9
"""Below the one a gate is saturated left (shut), above the other right (open): Karpathy et al. 2015, section 4.2."""

DIRECTIONS = {"": "forward", "_reverse": "reverse"}


@dataclass(frozen=True)
class GateValues:
    """One named value of a cell over a text.

    Attributes:
        key, name: as the cell names it ("f") and as people do ("forget gate").
        gate: whether it is a gate, a share from 0 to 1; else a value of either sign (candidate, cell, output).
        values: float32 [S, W]; row t is what it was when symbol t had been read.
    """

    key: str
    name: str
    gate: bool
    values: np.ndarray

    @property
    def units(self) -> int:
        """W."""
        return int(self.values.shape[1])

    @cached_property
    def limit(self) -> float:
        """End of the scale: gates lie in 0 .. 1, others in -limit .. limit; 1 unless a value is larger."""
        return 1.0 if self.gate else max(1.0, float(np.abs(self.values).max()))

    @property
    def mean(self) -> np.ndarray:
        """Mean over units at each symbol, float32 [S]."""
        return np.asarray(self.values.mean(axis=1))

    @property
    def size(self) -> np.ndarray:
        """Mean over units of the absolute value at each symbol, float32 [S]."""
        return np.asarray(np.abs(self.values).mean(axis=1))

    @property
    def left(self) -> np.ndarray:
        """Share of symbols at which each unit is below 0.1, float64 [W]; says something of gates only."""
        return np.asarray((self.values < LEFT).mean(axis=0))

    @property
    def right(self) -> np.ndarray:
        """Share of symbols at which each unit is above 0.9, float64 [W]; says something of gates only."""
        return np.asarray((self.values > RIGHT).mean(axis=0))

    @property
    def unit_mean(self) -> np.ndarray:
        """Mean over symbols of each unit, float32 [W]."""
        return np.asarray(self.values.mean(axis=0))

    @property
    def unit_size(self) -> np.ndarray:
        """Mean over symbols of each unit's absolute value, float32 [W]."""
        return np.asarray(np.abs(self.values).mean(axis=0))

    @property
    def variation(self) -> np.ndarray:
        """Standard deviation over symbols of each unit, float32 [W]."""
        return np.asarray(self.values.std(axis=0))

    def to_json(self, units: Sequence[int] = ()) -> dict[str, Any]:
        """Plain values, six decimals; ``units`` none: all. A unit that this value lacks is left out."""
        chosen = [unit for unit in units or range(self.units) if unit < self.units]
        columns = {"mean": self.unit_mean, "size": self.unit_size, "variation": self.variation}
        columns |= {"left": self.left, "right": self.right} if self.gate else {}
        return {
            "key": self.key,
            "name": self.name,
            "gate": self.gate,
            "mean": _rounded(self.mean),
            "size": _rounded(self.size),
            "units": [
                {"unit": unit}
                | {name: round(float(column[unit]), 6) for name, column in columns.items()}
                | {"values": _rounded(self.values[:, unit])}
                for unit in chosen
            ],
        }


@dataclass(frozen=True)
class Trace:
    """One layer and direction.

    Attributes:
        layer: from 0, as in the parameters' names.
        direction: "forward" or "reverse". Row t of a value belongs to symbol t in both: the reverse direction had then
            read the symbols from the last down to t.
        gates: the cell's named values in its order.
        states: names of the values that are its states, with their widths.
        hidden_size: H.
    """

    layer: int
    direction: str
    gates: tuple[GateValues, ...]
    states: Mapping[str, int]
    hidden_size: int

    @property
    def title(self) -> str:
        """``layer 0, forward``."""
        return f"layer {self.layer}, {self.direction}"

    def most_varying(self, count: int) -> tuple[int, ...]:
        """The units whose state varies most over the text, the liveliest first."""
        state = next(name for name, size in self.states.items() if size == self.hidden_size)
        variation = next(gate for gate in self.gates if gate.key == state).variation
        return tuple(int(unit) for unit in np.argsort(-variation, kind="stable")[:count])


@dataclass(frozen=True)
class EncoderTraces:
    """A recurrent encoder over one sequence.

    Attributes:
        traces: layer by layer, forward before reverse.
        outputs: float32 [S, F] of the last layer, directions joined.
        states: final states by the encoder's own names ("h.0", "c.1.reverse"), each [width].
    """

    traces: tuple[Trace, ...]
    outputs: np.ndarray
    states: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class GateTraces:
    """Everything about one text.

    Attributes:
        text: as it was given.
        cell: name of the cell.
        symbols: the S symbols the network read; a language model first reads the end of the line before.
        said: what the network said: the answer of ``predict``, or ``logp`` in nats of the whole text with its end,
            ``end_logp`` of that end alone, and how many ``symbols`` that were.
        encoder: the traces.
    """

    text: str
    cell: str
    symbols: tuple[Symbol, ...]
    said: Mapping[str, Any]
    encoder: EncoderTraces

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Layer by layer, forward before reverse."""
        return self.encoder.traces

    @property
    def units(self) -> int:
        """Of the widest value."""
        return max(gate.units for trace in self.traces for gate in trace.gates)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Symbols that are not in the vocabulary, each once, in the order of the text."""
        return tuple(dict.fromkeys(symbol.text for symbol in self.symbols if not symbol.known))

    def to_json(self, units: Sequence[int] = ()) -> dict[str, Any]:
        """Plain values; ``units`` none: all."""
        return {
            "kind": "gates",
            "text": self.text,
            "cell": self.cell,
            "said": dict(self.said),
            "symbols": [
                {"text": each.text, "known": each.known} | ({} if each.logp is None else {"logp": each.logp})
                for each in self.symbols
            ],
            "traces": [
                {
                    "layer": trace.layer,
                    "direction": trace.direction,
                    "gates": [gate.to_json(units) for gate in trace.gates],
                }
                for trace in self.traces
            ],
        }


def encoder_traces(encoder: Recurrent | Blocks, x: Tensor) -> EncoderTraces:
    """Run an encoder over one sequence by the reference loop and keep every named value of its cells.

    Dropout does not act, whatever mode the encoder is in; zoneout gives its expectation.

    Args:
        encoder: any cell, layers and directions.
        x: [S, D], the vectors it reads.
    """
    if isinstance(encoder, Blocks):
        return _block_traces(encoder, x)
    traces: list[Trace] = []
    ended: dict[str, np.ndarray] = {}
    with torch.inference_mode():
        start, y = encoder.start(1), x.unsqueeze(0)
        for layer, inner in enumerate(encoder.cells):
            cell = Zoneout(inner, encoder.zoneout, training=False) if encoder.zoneout else inner
            outputs = []
            for ending in encoder.endings:
                tap = _Tap(cell)
                places = {name: state_key(name, layer, ending) for name in cell.spec.states}
                own = {name: start[place] for name, place in places.items()}
                output, after = loop.run(tap, encoder.parameters_of(layer, ending), _turned(y, ending), None, own)
                outputs.append(_turned(output, ending))
                ended |= {places[name]: _array(value[0]) for name, value in after.items()}
                traces.append(_trace(cell.spec, layer, ending, tap.steps))
            y = torch.cat(outputs, dim=-1)
    return EncoderTraces(tuple(traces), _array(y[0]), ended)


def _block_traces(encoder: Blocks, x: Tensor) -> EncoderTraces:
    """Each block's recurrence as if it stood alone, over what the block hands to it."""
    traces: list[Trace] = []
    ended: dict[str, np.ndarray] = {}
    mode = encoder.training
    try:
        encoder.eval()
        with torch.inference_mode():
            for layer, (block, names) in enumerate(zip(encoder.each(), encoder.names(), strict=True)):
                seen = encoder_traces(block.recurrent, block.norm(x))
                traces += [replace(trace, layer=layer) for trace in seen.traces]
                ended |= {name: seen.states[own] for name, own in names.items()}
                x = block.behind(x, torch.from_numpy(seen.outputs).to(x))
            x = encoder.norm(x)
    finally:
        encoder.train(mode)
    return EncoderTraces(tuple(traces), _array(x), ended)


class _Tap:
    """A cell that remembers every named value of every step."""

    def __init__(self, cell: Cell) -> None:
        self.spec = cell.spec
        self.init = cell.init
        self.project = cell.project
        self.values = cell.values
        self.steps: list[dict[str, Tensor]] = []

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        values = self.values(wx, state, params)
        self.steps.append(values)
        return values["h"], {name: values[name] for name in self.spec.states}


def _turned(y: Tensor, ending: str) -> Tensor:
    return turn_round(y, None) if ending else y


def _trace(spec: Spec, layer: int, ending: str, steps: Sequence[Mapping[str, Tensor]]) -> Trace:
    gates = []
    for key in steps[0]:
        rows = _array(torch.cat([step[key] for step in steps]))
        rows = rows[::-1].copy() if ending else rows
        gate = is_gate(spec.name, key, low=float(rows.min()), high=float(rows.max()), state=key in spec.states)
        gates.append(GateValues(key, name_of(spec.name, key), gate, rows))
    return Trace(layer, DIRECTIONS[ending], tuple(gates), dict(spec.states), spec.hidden_size)


def _array(value: Tensor) -> np.ndarray:
    array: np.ndarray = value.float().cpu().numpy()
    return array


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 6) for value in values]
