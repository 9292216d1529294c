"""Gate traces as strips for a terminal: symbols are columns, a row a gate and a row a unit, shaded by characters.

A gate's shades go from 0 to 1. Of a value of either sign the first row is the mean over units of its absolute value,
from 0 to its limit, and a unit's row goes from minus to plus the limit; the numbers are means of the absolute value. A
strip that is wider than the terminal goes on below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len, set_cell_size

from weft.explain._symbols import Symbol, one_line, visible
from weft.explain.gates.traces import GateTraces, GateValues, Trace
from weft.explain.gates.words import said

if TYPE_CHECKING:
    from weft.explain._contract import Line

LIVELIEST = 2
"""Units shown of each layer and direction when none is asked for."""

NAME, NUMBER = 16, 6
LABEL = NAME + 3 * NUMBER + 2
LEAST = 12
"""Columns left for symbols, however narrow the terminal."""
LONGEST_SYMBOL = 6


def lines(traces: GateTraces, units: Sequence[int], *, width: int, shades: str) -> Iterator[Line]:
    """What was read and said, then the strips of every layer and direction.

    Args:
        traces: what to show.
        units: which units get a row; none: the most varying ones of each layer and direction.
        width: columns of the terminal.
        shades: characters from low to high.
    """
    for text in heading(traces, shades):
        yield [(text, None)]
    columns = [_column(symbol) for symbol in traces.symbols]
    cell = min(max(map(cell_len, columns)), LONGEST_SYMBOL)
    gap = 1 if cell > 1 else 0
    step = max(max(width - LABEL, LEAST) // (cell + gap), 1)
    for trace in traces.traces:
        chosen = units or trace.most_varying(LIVELIEST)
        for first in range(0, len(columns), step):
            part = slice(first, first + step)
            yield []
            title = trace.title if first == 0 else ""
            yield [(_label(title, "mean", "<0.1", ">0.9") + _fitted(columns[part], cell, gap), None)]
            if not all(symbol.known for symbol in traces.symbols[part]):
                yield [(_label("unknown") + _marks(traces.symbols[part], cell, gap), None)]
            for label, shares in _rows(trace, chosen):
                yield [
                    (label if first == 0 else _label(label[:NAME]), None),
                    *_shaded(shares[part], shades, cell, gap),
                ]


def heading(traces: GateTraces, shades: str) -> Iterator[str]:
    """What was read, what the network said of it, and how the strips are to be read."""
    read = len(traces.symbols)
    yield f'"{one_line(traces.text, 60)}": {read} symbol{"s" * (read != 1)} read by {traces.cell}'
    yield said(traces.said)
    if "cut_at" in traces.said:
        yield f"cut at {traces.said['cut_at']} symbols (data.max_length); the rest was not read"
    if traces.unknown:
        yield f"not in the vocabulary: {', '.join(map(repr, traces.unknown))}"
    low, high = shades[0], shades[-1]
    yield f"gates: {low} 0 to {high} 1; |others|: {low} 0 to {high} 1 (or ±limit); their units: {low} -1 to {high} +1"


def _column(symbol: Symbol) -> str:
    return visible(symbol.text)


def _rows(trace: Trace, units: Sequence[int]) -> Iterator[tuple[str, np.ndarray]]:
    """The label of each row and its shares from 0 to 1, float [S]."""
    for gate in trace.gates:
        yield _gate_row(gate)
        for unit in units:
            if unit < gate.units:
                yield _unit_row(gate, unit)


def _gate_row(gate: GateValues) -> tuple[str, np.ndarray]:
    if gate.gate:
        numbers = f"{gate.values.mean():.2f}", _percent(gate.left.mean()), _percent(gate.right.mean())
        return _label(gate.name, *numbers), gate.mean
    name = f"|{gate.name}|" if gate.limit == 1.0 else f"|{gate.name}| ±{gate.limit:.3g}"
    return _label(name, f"{gate.size.mean():.2f}"), gate.size / gate.limit


def _unit_row(gate: GateValues, unit: int) -> tuple[str, np.ndarray]:
    values, name = gate.values[:, unit], f"  unit {unit}"
    if gate.gate:
        numbers = f"{values.mean():.2f}", _percent(gate.left[unit]), _percent(gate.right[unit])
        return _label(name, *numbers), values
    return _label(name, f"{gate.unit_size[unit]:.2f}"), (values / gate.limit + 1) / 2


def _label(name: str, *numbers: str) -> str:
    padded = [text.rjust(NUMBER) for text in (*numbers, "", "", "")[:3]]
    return set_cell_size(name, NAME) + "".join(padded) + "  "


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _fitted(columns: Sequence[str], cell: int, gap: int) -> str:
    """Symbols cut or padded to the width of a column."""
    parts = [text if cell_len(text) <= cell else set_cell_size(text, cell - 1) + "…" for text in columns]
    return "".join(set_cell_size(text, cell) + " " * gap for text in parts).rstrip()


def _marks(symbols: Sequence[Symbol], cell: int, gap: int) -> str:
    return "".join((" " if symbol.known else "^") * cell + " " * gap for symbol in symbols).rstrip()


def _shaded(shares: np.ndarray, shades: str, cell: int, gap: int) -> Iterator[tuple[str, float | None]]:
    for share, place in zip(shares.clip(0.0, 1.0).tolist(), count(1)):
        yield shades[min(int(share * len(shades)), len(shades) - 1)] * cell, share
        if gap and place < len(shares):
            yield " ", None
