"""Surprise as one HTML file: the text in colors, what was expected at each symbol, and the curve of the context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.bundle.files import plain
from weft.errors import ConfigError
from weft.explain._page import document, symbol_values
from weft.explain._symbols import one_line, visible
from weft.explain.surprise.measures import Prediction, Reach, Surprises
from weft.explain.surprise.page_source import BODY, SCRIPT, STYLE

MOST_SYMBOLS = 20_000

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 240, 48, 12, 32
"""Of the curve, in its own units: the whole, and what its scales take."""


def build(surprises: Surprises) -> str:
    """The page.

    Raises:
        ConfigError: more symbols than a browser can take.
    """
    symbols = len(surprises.predictions)
    if symbols > MOST_SYMBOLS:
        raise ConfigError(
            f"a page holds at most {MOST_SYMBOLS:,} symbols, this text has {symbols:,}",
            hint="give a shorter text, or take the numbers with --json",
        )
    reach = surprises.reach
    return document(
        title=f"Surprise: {one_line(surprises.text, 40)}",
        heading="Surprise",
        about=_about(surprises),
        body=BODY.replace("%CURVE%", _curve(reach)).replace("%REACH%", f"<p>{_reach(reach)}</p>"),
        data=plain(_data(surprises)),
        style=STYLE,
        script=SCRIPT,
    )


def _about(surprises: Surprises) -> Iterator[str]:
    yield (
        f"{len(surprises.predictions):,} symbols, ends of line included: {surprises.bits:.3f} bits a symbol, log p "
        f"{surprises.logp:.3f} nats. A blind guess among {surprises.vocabulary:,} symbols has {surprises.blind:.3f}."
    )
    if surprises.unknown:
        yield f"Not in the vocabulary: {', '.join(map(repr, surprises.unknown))}."


def _data(surprises: Surprises) -> dict[str, Any]:
    return {"blind": round(surprises.blind, 4), "symbols": [_symbol(each) for each in surprises.predictions]}


def _symbol(each: Prediction) -> dict[str, Any]:
    return symbol_values(each.symbol) | {
        "bits": round(each.bits, 4),
        "entropy": round(each.entropy, 4),
        "rank": each.rank,
        "alternatives": [[visible(text), round(p, 6)] for text, p in each.alternatives],
    }


def _reach(reach: Reach) -> str:
    """Words and numbers alone: nothing of the text is in it."""
    where = f"{reach.places:,} of {reach.of:,}" if reach.places < reach.of else f"all {reach.of:,}"
    sentence = reach.sentence()
    return f"{sentence[0].upper()}{sentence[1:]}. Measured at {where} places, each from a fresh start."


def _curve(reach: Reach) -> str:
    """The curve as markup, made of numbers alone."""
    rows = [*zip(map(str, reach.given), reach.bits, strict=True), ("all", reach.whole)]
    most = max(bits for _, bits in rows) or 1.0
    step = (WIDTH - LEFT - 24) / max(1, len(rows) - 1)
    points = [
        (LEFT + 12 + step * place, TOP + (HEIGHT - TOP - BOTTOM) * (1 - bits / most))
        for place, (_, bits) in enumerate(rows)
    ]
    floor = HEIGHT - BOTTOM
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{name}: {bits:.3f} bits</title></circle>'
        f'<text x="{x:.1f}" y="{floor + 20}" text-anchor="middle">{name}</text>'
        for (x, y), (name, bits) in zip(points, rows, strict=True)
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<svg id="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Mean surprise by symbols given">'
        f'<path d="M{LEFT} {TOP}V{floor}H{WIDTH}"/>'
        f'<text x="{LEFT - 6}" y="{TOP + 5}" text-anchor="end">{most:.2f}</text>'
        f'<text x="{LEFT - 6}" y="{floor + 5}" text-anchor="end">0</text><polyline points="{line}"/>{marks}</svg>'
    )
