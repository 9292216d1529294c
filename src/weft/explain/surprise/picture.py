"""Surprise as a picture: a bar a symbol, and below it the mean surprise by how many symbols were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weft.explain._symbols import one_line, visible
from weft.explain.surprise.measures import GAIN, Prediction, Surprises

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = "viridis"
MOST_TICKS = 80
LONGEST_SYMBOL = 12


def draw(surprises: Surprises) -> Figure:
    """Draw one text."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = min(max(0.16 * len(surprises.predictions), 7.0), 16.0)
    figure = Figure(figsize=(width, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1)
    figure.suptitle(
        f'"{one_line(surprises.text, 40)}": {surprises.bits:.2f} bits a symbol, a blind guess {surprises.blind:.2f}',
        parse_math=False,
        fontsize=10,
    )
    _draw_symbols(above, surprises)
    _draw_curve(below, surprises)
    return figure


def _draw_symbols(axis: Any, surprises: Surprises) -> None:
    from matplotlib import colormaps

    places = range(len(surprises.predictions))
    shares = [surprises.share(each.bits) for each in surprises.predictions]
    axis.bar(places, [each.bits for each in surprises.predictions], width=0.9, color=colormaps[COLORS](shares))
    expected = [each.entropy for each in surprises.predictions]
    axis.plot(places, expected, color="gray", linewidth=1, drawstyle="steps-mid", label="expected (entropy)")
    axis.axhline(surprises.blind, color="black", linewidth=0.8, linestyle=":", label="blind guess")
    axis.set_ylabel("surprise in bits")
    axis.set_xlim(-0.7, len(surprises.predictions) - 0.3)
    every = -(-len(surprises.predictions) // MOST_TICKS)
    names = [_short(each) for each in surprises.predictions[::every]]
    upright = max(map(len, names)) > 1
    axis.set_xticks(places[::every], names, rotation=90 if upright else 0, fontsize=7, parse_math=False)
    axis.legend(fontsize=7)


def _draw_curve(axis: Any, surprises: Surprises) -> None:
    reach = surprises.reach
    axis.axhline(reach.whole, color="black", linewidth=0.8, linestyle=":", label="everything before it")
    if reach.bits:
        axis.plot(reach.given, reach.bits, marker="o", markersize=4)
        axis.set_xscale("log", base=2)
        axis.set_xticks(reach.given, [f"{k:,}" for k in reach.given])
    if reach.gain > 0:
        level = reach.whole + (1 - GAIN) * reach.gain
        axis.axhline(level, color="gray", linewidth=0.8, linestyle="--", label=f"{GAIN:.0%} of the gain")
    axis.set_xlabel("symbols given, from a fresh start")
    axis.set_ylabel("mean surprise in bits")
    axis.set_title(reach.sentence(), fontsize=9)
    axis.legend(fontsize=7)


def _short(each: Prediction) -> str:
    name = visible(each.symbol.text)
    cut = name if len(name) <= LONGEST_SYMBOL else name[: LONGEST_SYMBOL - 1] + "…"
    return cut + ("" if each.symbol.known else " (?)")
