"""Gate traces as a picture: for each layer and direction a map of gates by symbols, below it each gate's units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from weft.explain._symbols import visible
from weft.explain.gates.traces import GateTraces, GateValues, Trace
from weft.explain.gates.words import said

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GATE_COLORS, VALUE_COLORS = "viridis", "RdBu_r"
MOST_TICKS = 60
LONGEST_SYMBOL = 12
WIDEST = 80.0
"""Inches of the whole picture; many layers share them."""


def draw(traces: GateTraces, units: Sequence[int] = ()) -> Figure:
    """Draw all units, or the chosen ones.

    Args:
        traces: what to draw.
        units: which units get a row in the lower maps; none: all, from 0 at the top.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = 1 + len(traces.traces[0].gates), len(traces.traces)
    widest = max(1.5, min(14.0, WIDEST / columns))
    width = min(max(0.16 * len(traces.symbols), 4.0), widest)
    height = 1.2 if not units else max(0.5, 0.22 * len(units))
    heights = [max(0.8, 0.22 * (rows - 1)), *[height] * (rows - 1)]
    figure = Figure(figsize=(2.0 + width * columns, 1.6 + 1.1 * sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, sharex="col", height_ratios=heights)
    figure.suptitle(_title(traces), parse_math=False)
    for column, trace in enumerate(traces.traces):
        axes[0, column].set_title(trace.title)
        _draw_means(axes[0, column], trace)
        for gate, axis in zip(trace.gates, axes[1:, column], strict=True):
            _draw_units(figure, axis, gate, [unit for unit in units if unit < gate.units])
        _name_symbols(axes[-1, column], traces)
    return figure


def _title(traces: GateTraces) -> str:
    return f"{traces.cell}, {len(traces.symbols)} symbols; {said(traces.said)}"


def _draw_means(axis: Any, trace: Trace) -> None:
    """A row a gate: its mean, or of a value of either sign the mean absolute value over its limit."""
    rows = [gate.mean if gate.gate else gate.size / gate.limit for gate in trace.gates]
    names = [gate.name if gate.gate else f"|{gate.name}|" for gate in trace.gates]
    axis.imshow(np.stack(rows), aspect="auto", cmap=GATE_COLORS, vmin=0.0, vmax=1.0, interpolation="nearest")
    axis.set_yticks(range(len(rows)), names, fontsize=7, parse_math=False)


def _draw_units(figure: Any, axis: Any, gate: GateValues, units: Sequence[int]) -> None:
    values = (gate.values[:, list(units)] if units else gate.values).T
    low, colors = (0.0, GATE_COLORS) if gate.gate else (-gate.limit, VALUE_COLORS)
    image = axis.imshow(values, aspect="auto", cmap=colors, vmin=low, vmax=gate.limit, interpolation="nearest")
    figure.colorbar(image, ax=axis, pad=0.01, fraction=0.03).ax.tick_params(labelsize=6)
    label = f"{gate.name}\n<0.1: {100 * gate.left.mean():.0f} %\n>0.9: {100 * gate.right.mean():.0f} %"
    axis.set_ylabel(label if gate.gate else gate.name, fontsize=7, parse_math=False)
    if units:
        axis.set_yticks(range(len(units)), [f"unit {unit}" for unit in units], fontsize=6)
    else:
        axis.tick_params(labelsize=6)


def _name_symbols(axis: Any, traces: GateTraces) -> None:
    """Symbols below the lowest map, an unknown one with a question mark; every nth of a long text."""
    every = -(-len(traces.symbols) // MOST_TICKS)
    names = [_short(visible(symbol.text)) + ("" if symbol.known else " (?)") for symbol in traces.symbols[::every]]
    upright = max(map(len, names)) > 1
    places = range(0, len(traces.symbols), every)
    axis.set_xticks(places, names, rotation=90 if upright else 0, fontsize=7, parse_math=False)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_SYMBOL else name[: LONGEST_SYMBOL - 1] + "…"
