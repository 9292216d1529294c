"""A picture for each set of pairs: the share that is right by attractors, by distance and by group, with intervals."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weft.bundle import write_bytes
from weft.labs.agreement.counting import CHANCE, Part
from weft.labs.agreement.slices import ATTRACTORS, DISTANCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "osD^vPX*"
OTHERS = ""
PANELS = ((ATTRACTORS, "attractors"), (DISTANCE, "words from subject to verb"), (OTHERS, ""))
NARROW = 8
"""More parts than this have their names written upwards."""
UNFIT = re.compile(r"[^\w.-]+")
"""What a file's name had better not hold."""


def draw(folder: Path, name: str, found: Sequence[Part]) -> Path:
    """Draw one set.

    Raises:
        RunError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [(title, kind, own) for kind, title in PANELS if len(own := _own(kind, found)) > 1]
    panels = panels or [("", OTHERS, list(found))]
    widths = [2.2 + 0.45 * len(own) for _, _, own in panels]
    figure = Figure(figsize=(sum(widths) + 1.0, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=True, width_ratios=widths)[0]
    for axis, (title, kind, own) in zip(grid, panels, strict=True):
        _panel(axis, kind, own)
        axis.set_xlabel(title)
    grid[0].set_ylabel("right, %")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    figure.suptitle(name)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=90)
    path = folder / (UNFIT.sub("-", name) + ".png")
    write_bytes(path, picture.getvalue())
    return path


def _own(kind: str, found: Sequence[Part]) -> list[Part]:
    if kind:
        return [part for part in found if part.name.startswith(kind)]
    return [part for part in found if not part.name.startswith((ATTRACTORS, DISTANCE))]


def _panel(axis: Axes, kind: str, found: Sequence[Part]) -> None:
    judges = list(found[0].shares)
    for number, judge in enumerate(judges):
        shift = 0.5 * ((number + 0.5) / len(judges) - 0.5)
        shares = [part.shares[judge] for part in found]
        values = [100 * share.value for share in shares]
        spread = [[abs(100 * (share.interval[end] - share.value)) for share in shares] for end in (0, 1)]
        places = [place + shift for place in range(len(found))]
        marker = MARKERS[number % len(MARKERS)]
        axis.errorbar(
            places, values, yerr=spread, label=judge, fmt=marker, color=f"C{number % 10}", markersize=5, capsize=2
        )
    axis.axhline(100 * CHANCE, color="black", linewidth=0.8, linestyle="--")
    names = [part.name.removeprefix(kind) for part in found]
    upwards = not kind or len(found) > NARROW
    axis.set_xticks(range(len(found)), names, rotation=90 if upwards else 0, fontsize=8 if upwards else 10)
    axis.set_ylim(-3, 103)
    axis.grid(axis="y", alpha=0.3)
