"""The confusion matrix as a picture: which label is taken for which, rare confusions still visible."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from weft.errors import RunError, ShapeError

COUNTS_UP_TO = 20
"""More classes than this, and counts in the cells are too small to read."""

_LONGEST = 24


def draw_confusion(confusion: np.ndarray, classes: Sequence[str], path: Path) -> None:
    """Write the picture to ``path`` (the ending says the format: .png, .svg, .pdf). Readable up to about 50 classes.

    Colors are logarithmic in the counts; counts stand in the cells up to 20 classes.

    Args:
        confusion: int64 [C, C], rows true, columns decided; [C + 1, C] with unknown labels in the last row.
        classes: the C names.
        path: where the picture goes.
    Raises:
        ShapeError: the table does not fit the names.
        RunError: the file cannot be written, or its ending names no format of pictures.
    """
    size = len(classes)
    if confusion.ndim != 2 or confusion.shape[1] != size or confusion.shape[0] not in (size, size + 1):
        raise ShapeError(
            f"draw_confusion: expected [{size}, {size}] or [{size + 1}, {size}] for {size} classes, "
            f"got {list(confusion.shape)}"
        )
    # Not pyplot: no window system is asked for, and no global list of figures grows.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    rows = confusion.shape[0]
    side = float(np.clip(2.5 + 0.36 * size, 4.0, 16.0))
    figure = Figure(figsize=(side + 1.0, side * max(1.0, rows / size)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    norm = LogNorm(vmin=0.4, vmax=max(2, int(confusion.max(initial=0))))
    image = axes.imshow(np.ma.masked_equal(confusion, 0), norm=norm, cmap="Blues")
    names = [_short(name) for name in classes]
    font = float(np.clip(360.0 / max(size, 1), 7.0, 10.0))
    axes.set_xticks(range(size), names, rotation=90 if size > 4 else 0, fontsize=font)
    axes.set_yticks(range(rows), [*names, "(unknown)"][:rows], fontsize=font)
    axes.set(xlabel="decided", ylabel="true")
    if size <= COUNTS_UP_TO:
        for row, column in zip(*np.nonzero(confusion), strict=True):
            dark = norm(confusion[row, column]) > 0.6
            axes.text(column, row, str(confusion[row, column]), ha="center", va="center", fontsize=font)
            axes.texts[-1].set_color("white" if dark else "black")
    figure.colorbar(image, ax=axes, label="texts (logarithmic)", shrink=0.8)
    with warnings.catch_warnings():
        # A label in a script that the font lacks is drawn as boxes; the table beside the picture spells it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        try:
            figure.savefig(path, dpi=120)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its ending names no format of pictures"
            message = f"{path}: the picture cannot be written: {reason}"
            raise RunError(message, hint="for example: confusion.png") from error


def _short(name: str) -> str:
    """A name that fits beside the matrix; ``$`` is no formula."""
    shown = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    return shown.replace("$", r"\$")
