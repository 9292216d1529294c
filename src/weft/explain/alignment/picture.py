"""An alignment as a heat map: the source along the top, the answer down the side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weft.alignment.attended import Alignment
from weft.explain._symbols import one_line, visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = "Blues"
CELL, LEAST, MOST = 0.32, 3.0, 24.0
"""Inches: of a word, and of a side of the picture."""


def draw(alignment: Alignment, answer: dict[str, Any]) -> Figure:
    """Draw one text and its answer."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = alignment.weights.shape
    size = tuple(min(MOST, max(LEAST, 1.6 + CELL * count)) for count in (columns, rows))
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    shown = axis.imshow(alignment.weights, cmap=COLORS, vmin=0.0, vmax=1.0, aspect="auto")
    source, target = ([visible(word) for word in words] for words in (alignment.source, alignment.target))
    axis.set_xticks(range(columns), source, rotation=60, ha="left", fontsize=8, parse_math=False)
    axis.set_yticks(range(rows), target, fontsize=8, parse_math=False)
    axis.xaxis.tick_top()
    for column, row in alignment.links:
        axis.plot(column, row, marker="s", markersize=5, markerfacecolor="none", color="darkorange")
    figure.colorbar(shown, label="attention", shrink=0.8)
    axis.set_xlabel(one_line(str(answer["translation"]), 80), fontsize=9, parse_math=False)
    return figure
