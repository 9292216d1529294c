"""Ratios as bars with their spread, a panel a part; lines at 1, where both are level, and at what was wanted."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weft.benches._comparison import Comparison
from weft.bundle import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR = 0.24
"""Height of a bar's place, in inches."""
COLORS = {True: "C2", False: "C3", None: "C0"}
"""Met, not met, nothing wanted of the ratio."""


def draw(path: Path, title: str, rows: Sequence[Comparison]) -> Path:
    """Draw every row that has a ratio, and return the path.

    Raises:
        RunError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    parts = list(dict.fromkeys(row.part for row in rows if row.ratio))
    panels = [[row for row in rows if row.part == part and row.ratio] for part in parts]
    heights = [BAR * len(panel) + 0.7 for panel in panels]
    figure = Figure(figsize=(9.0, sum(heights) + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for part, panel, axis in zip(parts, panels, grid[:, 0], strict=True):
        _draw(axis, part, panel)
    figure.suptitle(f"{title}\nline: 1, dotted: wanted; thin: spread", fontsize=10)
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix.removeprefix(".") or "png", dpi=90)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, picture.getvalue())
    return path


def _draw(axis: Axes, part: str, rows: Sequence[Comparison]) -> None:
    ratios = [row.ratio for row in rows if row.ratio]
    medians = [ratio.median for ratio in ratios]
    spread = [[ratio.median - ratio.low for ratio in ratios], [ratio.high - ratio.median for ratio in ratios]]
    colors = [COLORS[None if row.wanted and row.wanted.of_ours else row.met] for row in rows]
    axis.barh(range(len(rows)), medians, xerr=spread, color=colors, height=0.7, error_kw={"linewidth": 0.8})
    axis.axvline(1.0, color="black", linewidth=0.9)
    for place, row in enumerate(rows):
        if row.wanted and not row.wanted.of_ours:
            axis.vlines(row.wanted.bound, place - 0.5, place + 0.5, color="black", linewidth=1.4, linestyle=":")
    axis.set_yticks(range(len(rows)), [row.case for row in rows], fontsize=7)
    axis.invert_yaxis()
    axis.margins(y=0.01)
    axis.set_title(part, fontsize=9, loc="left")
    axis.grid(axis="x", alpha=0.3)
