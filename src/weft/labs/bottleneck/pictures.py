"""One picture: what every network reaches against the length of the source, with intervals."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weft.bundle import write_bytes
from weft.labs.bottleneck.report import UNSEEN, Measured, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = "bottleneck.png"
MEASURES = {"bleu": "BLEU", "exact-match": "right in every symbol, %"}
MARKERS = "osD^vPX*"


def draw(folder: Path, measured: Sequence[Measured]) -> tuple[Path]:
    """Draw a panel for each set of texts and seed.

    Raises:
        RunError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(3, len(measured))
    down = -(-len(measured) // across)
    figure = Figure(figsize=(4.6 * across, 3.4 * down + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(down, across, squeeze=False)
    for axis, each in zip(grid.flat, measured, strict=False):
        _panel(axis, each)
    for axis in list(grid.flat)[len(measured) :]:
        axis.set_axis_off()
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=80)
    write_bytes(folder / FILE, picture.getvalue())
    return (folder / FILE,)


def _panel(axis: Axes, each: Measured) -> None:
    places = range(len(each.texts.parts))
    for number, name in enumerate(each.records):
        values = [percent(each.score(name, part)) for part in each.texts.parts]
        spread = [[value - low for value, low, _ in values], [high - value for value, _, high in values]]
        shown = [value for value, _, _ in values]
        marker, color = MARKERS[number % len(MARKERS)], f"C{number % 10}"
        axis.errorbar(places, shown, yerr=spread, label=name, marker=marker, color=color, markersize=5, capsize=2)
    unseen = [place for place, part in enumerate(each.texts.parts) if part.seen is False]
    if unseen:
        axis.axvspan(unseen[0] - 0.5, unseen[-1] + 0.5, color="black", alpha=0.07)
    axis.set_xticks(list(places), [part.name for part in each.texts.parts])
    axis.set(
        title=f"{each.place} (grey: {UNSEEN})" if unseen else each.place,
        xlabel=f"source, {each.texts.unit}",
        ylabel=MEASURES[each.texts.metric],
    )
    axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
    axis.grid(alpha=0.3)
