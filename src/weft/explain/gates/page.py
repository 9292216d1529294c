"""Gate traces as one HTML file to look around in: it holds its data, style and script and asks no network for anything.

Values travel as whole numbers of 16 bits, little end first, a 32767th of the value's limit each, in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.bundle.files import plain
from weft.errors import ConfigError
from weft.explain._page import document, symbol_values
from weft.explain._symbols import one_line
from weft.explain.gates.page_source import BODY, SCRIPT, STYLE
from weft.explain.gates.traces import GateTraces, GateValues, Trace
from weft.explain.gates.words import said

MOST_SYMBOLS = 20_000
MOST_VALUES = 30_000_000
STEPS = 32767


def build(traces: GateTraces, units: Sequence[int] = ()) -> str:
    """The page.

    Args:
        traces: what it shows, all units.
        units: the first of them is shown when the page opens; none: the mean over all.
    Raises:
        ConfigError: more symbols or values than a browser can take.
    """
    symbols, values = len(traces.symbols), sum(gate.values.size for each in traces.traces for gate in each.gates)
    if symbols > MOST_SYMBOLS or values > MOST_VALUES:
        raise ConfigError(
            f"a page holds at most {MOST_SYMBOLS:,} symbols and {MOST_VALUES:,} values, this text has {symbols:,} and "
            f"{values:,}",
            hint="give a shorter text, or take the numbers with --json --units",
        )
    return document(
        title=f"Gate traces: {one_line(traces.text, 40)}",
        heading="Gate traces",
        about=_about(traces),
        body=BODY,
        data=plain(_data(traces, units)),
        style=STYLE,
        script=SCRIPT,
    )


def _about(traces: GateTraces) -> list[str]:
    lines = [f"{len(traces.symbols):,} symbols read by {traces.cell}.", f"The network said: {said(traces.said)}."]
    if "cut_at" in traces.said:
        lines.append(f"Cut at {traces.said['cut_at']} symbols (data.max_length); the rest was not read.")
    if traces.unknown:
        lines.append(f"Not in the vocabulary: {', '.join(map(repr, traces.unknown))}.")
    return lines


def _data(traces: GateTraces, units: Sequence[int]) -> dict[str, Any]:
    return {
        "unit": units[0] if units else -1,
        "symbols": [symbol_values(each) for each in traces.symbols],
        "traces": [_trace(each) for each in traces.traces],
    }


def _trace(trace: Trace) -> dict[str, Any]:
    return {"title": trace.title, "gates": [_gate(gate) for gate in trace.gates]}


def _gate(gate: GateValues) -> dict[str, Any]:
    columns = {"variation": gate.variation, "mean": gate.unit_mean, "size": gate.unit_size}
    columns |= {"left": gate.left, "right": gate.right} if gate.gate else {}
    steps = np.rint(gate.values.astype(np.float64) / gate.limit * STEPS).astype("<i2")
    return {
        "name": gate.name,
        "gate": gate.gate,
        "units": gate.units,
        "limit": gate.limit,
        "columns": {name: [round(float(value), 4) for value in column] for name, column in columns.items()},
        "values": base64.b64encode(steps.tobytes()).decode("ascii"),
    }
