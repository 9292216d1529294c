"""Two pictures: the states' gradients and the error against distance, and the inputs' gradients against distance."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weft.bundle import write_bytes
from weft.labs.gradients.experiment import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATES, INPUTS = "gradients.png", "inputs.png"
FLOOR = 1e-30
"""The lowest norm that is drawn."""
STAGES = (("initial", "at initialization"), ("plain", "after training"))
STYLES = ("-", "--", ":")

Record = dict[str, Any]


def draw(folder: Path, records: Sequence[Record], settings: Settings) -> tuple[Path, Path]:
    """Draw what was measured, one row a task; the norms are those at the longest distance.

    Raises:
        RunError: a file cannot be written.
    """
    _draw(folder / STATES, records, settings, "state", "‖∂h_T/∂s_t‖", errors=True)
    _draw(folder / INPUTS, records, settings, "input", "‖∂loss/∂x_t‖", errors=False)
    return folder / STATES, folder / INPUTS


def _draw(path: Path, records: Sequence[Record], settings: Settings, kind: str, name: str, *, errors: bool) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tasks, cells = sorted({record["task"] for record in records}), sorted({record["cell"] for record in records})
    longest = max(record["distance"] for record in records)
    figure = Figure(figsize=(13.5 if errors else 9.5, 3.8 * len(tasks) + 0.7), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(tasks), 3 if errors else 2, squeeze=False)
    for task, axes in zip(tasks, grid, strict=True):
        own = [record for record in records if record["task"] == task]
        for (stage, words), axis in zip(STAGES, axes[:2], strict=True):
            for record in own:
                if record["distance"] == longest:
                    _line(axis, record["at"], record[stage][kind], record["cell"], cells)
            axis.set(title=f"{task}, D = {longest:,}, {words}", xlabel="distance T - t", ylabel=name, yscale="log")
        _same_height(axes[:2])
        if errors:
            _draw_errors(axes[2], own, cells, settings)
    for axis in grid.flat:
        axis.grid(alpha=0.3)
    lines = {line.get_label(): line for line in grid[0][0].get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=5)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=90)
    write_bytes(path, picture.getvalue())


def _line(axis: Axes, x: Sequence[int], y: Sequence[float | None], cell: str, cells: Sequence[str], **how: Any) -> None:
    """One cell's line; its color and style are the same in every picture. What is no number, or 0, is left out."""
    place = cells.index(cell)
    shown = [float("nan") if value is None or value <= 0 else value for value in y]
    axis.plot(x, shown, label=cell, color=f"C{place % 10}", linestyle=STYLES[place // 4 % 3], linewidth=1.6, **how)


def _same_height(axes: Sequence[Axes]) -> None:
    low = min(axis.get_ylim()[0] for axis in axes)
    high = max(axis.get_ylim()[1] for axis in axes)
    for axis in axes:
        axis.set_ylim(max(low, FLOOR), max(high, 1.0))


def _draw_errors(axis: Axes, records: Sequence[Record], cells: Sequence[str], settings: Settings) -> None:
    for cell in cells:
        points = [(record["distance"], record["plain"]["error"]) for record in records if record["cell"] == cell]
        _line(axis, [x for x, _ in points], [y for _, y in points], cell, cells, marker="o", markersize=4)
    axis.axhline(settings.solved, color="black", linewidth=0.8)
    axis.set(xscale="log", yscale="log", xlabel="D", ylabel="error, share of a blind guess's", ylim=(None, 3.0))
    axis.set_xticks(settings.distances, [f"{each:,}" for each in settings.distances], minor=False)
    axis.minorticks_off()
    axis.set_title("error after training (line: solved)")
