"""One picture: the share that is right, seconds of training beside it, and the seconds of an update, against length."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weft.bundle import write_bytes
from weft.labs._results import Record
from weft.labs.attention_only.plan import NETWORKS
from weft.labs.attention_only.report import Measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = "attention-only.png"
MARKERS = "osD^"


def draw(folder: Path, measured: Sequence[Measured], paces: Sequence[Record]) -> tuple[Path]:
    """Draw a panel for each task and seed, and one of the pace.

    Raises:
        RunError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = len(measured) + 1
    across = min(3, panels)
    down = -(-panels // across)
    figure = Figure(figsize=(4.6 * across, 3.6 * down + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(down, across, squeeze=False)
    for axis, each in zip(grid.flat, measured, strict=False):
        _quality(axis, each)
    _pace(list(grid.flat)[len(measured)], paces)
    for axis in list(grid.flat)[panels:]:
        axis.set_axis_off()
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(NETWORKS))
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=80)
    write_bytes(folder / FILE, picture.getvalue())
    return (folder / FILE,)


def _quality(axis: Axes, each: Measured) -> None:
    places = range(len(each.texts.parts))
    for number, name in enumerate(NETWORKS):
        scores = [each.score(name, part) for part in each.texts.parts]
        spread = [
            [100 * (score.value - score.low) for score in scores],
            [100 * (score.high - score.value) for score in scores],
        ]
        seconds = each.records[name]["seconds"]
        shown = [100 * score.value for score in scores]
        axis.errorbar(
            places, shown, yerr=spread, label=name, marker=MARKERS[number], color=f"C{number}", markersize=5, capsize=2
        )
        axis.text(0.02, 0.04 + 0.06 * number, f"{seconds:.0f} s", color=f"C{number}", transform=axis.transAxes)
    unseen = [place for place, part in enumerate(each.texts.parts) if part.seen is False]
    if unseen:
        axis.axvspan(unseen[0] - 0.5, unseen[-1] + 0.5, color="black", alpha=0.07)
    axis.set_xticks(list(places), [part.name for part in each.texts.parts])
    axis.set(title=f"{each.place} (grey: not in training)" if unseen else each.place, ylim=(-3, 103))
    axis.set(xlabel=f"source, {each.texts.unit}", ylabel="right in every symbol, %")
    axis.grid(alpha=0.3)


def _pace(axis: Axes, paces: Sequence[Record]) -> None:
    for number, name in enumerate(NETWORKS):
        own = [record for record in paces if record["network"] == name]
        lengths, seconds = [each["length"] for each in own], [1000 * each["seconds"] for each in own]
        axis.plot(lengths, seconds, label=name, marker=MARKERS[number], color=f"C{number}", markersize=5)
    lengths = sorted({record["length"] for record in paces})
    axis.set(xscale="log", yscale="log", title="an update", xlabel="length, symbols", ylabel="milliseconds")
    axis.set_xticks(lengths, [str(each) for each in lengths], minor=False)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
