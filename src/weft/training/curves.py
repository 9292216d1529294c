"""``curves.png``: the loss in training and every measure in validation, over the updates."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weft.bundle import write_bytes


def draw(path: Path, lines: Sequence[Mapping[str, Any]], *, title: str) -> None:
    """Draw the lines of a ``log.jsonl`` (see ``listeners.LogListener``) and write the picture.

    Raises:
        RunError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    steps = [line for line in lines if line.get("kind") == "step" and line["loss"] is not None]
    rounds = [line for line in lines if line.get("kind") == "validation"]
    names = [score["name"] for score in rounds[0]["scores"]] if rounds else []
    figure = Figure(figsize=(9.0, 3.0 * (1 + len(names))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1 + len(names), 1, sharex=True, squeeze=False)[:, 0]
    axes[0].plot([line["step"] for line in steps], [line["loss"] for line in steps], color="tab:blue", linewidth=1.2)
    axes[0].set_ylabel("training loss [nats]")
    axes[0].set_title(title, parse_math=False)
    for place, name in enumerate(names):
        _draw_measure(axes[1 + place], name, [(line["step"], line["scores"][place]) for line in rounds])
    axes[-1].set_xlabel("updates")
    for axis in axes:
        axis.grid(alpha=0.3)
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(picture, format="png", dpi=110)
    write_bytes(path, picture.getvalue())


def _draw_measure(axis: Any, name: str, points: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """One measure with its 95 % interval as a band."""
    whole = [(step, score) for step, score in points if None not in (score["value"], score["low"], score["high"])]
    steps = [step for step, _ in whole]
    axis.plot(steps, [score["value"] for _, score in whole], color="tab:orange", marker="o", markersize=3)
    low, high = ([score[end] for _, score in whole] for end in ("low", "high"))
    axis.fill_between(steps, low, high, color="tab:orange", alpha=0.2, linewidth=0)
    unit = points[0][1]["unit"]
    axis.set_ylabel(f"{name} [{unit}]" if unit else name)
