"""How commands speak: data to stdout, talk to stderr, tables for a person, plain lines when not on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from weft.types import Score


def say(text: str) -> None:
    """One line of talk to stderr."""
    print(text, file=sys.stderr, flush=True)


def write(text: str, *, end: str = "\n") -> None:
    """One line of data to stdout, at once; with another ``end`` a piece of one."""
    print(text, end=end, flush=True)


def write_json(values: Any, *, indent: int | None = None) -> None:
    """Plain values as JSON to stdout, as ``as_json`` writes them."""
    write(as_json(values, indent=indent))


def as_json(values: Any, *, indent: int | None = None) -> str:
    """Plain values as JSON; text in every script stays readable, a value that is no number is null."""
    return json.dumps(_finite(values), ensure_ascii=False, indent=indent)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "", talk: bool = False) -> None:
    """A table to stdout, or to stderr where it is ``talk``: drawn by rich on a terminal, aligned columns otherwise.

    Numbers stand to the right.
    """
    stream, tell = (sys.stderr, say) if talk else (sys.stdout, write)
    cells = [[shown(value) for value in row] for row in rows]
    right = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(columns))]
    if stream.isatty():
        _draw(title, columns, cells, right, talk=talk)
        return
    if title:
        tell(title)
    widths = [max(len(line[i]) for line in [list(columns), *cells]) for i in range(len(columns))]
    for line in [list(columns), *cells]:
        parts = [
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(line, widths, right, strict=True)
        ]
        tell("  ".join(parts).rstrip())


def scores_table(scores: Sequence[Score], *, title: str = "") -> None:
    """Measures with their interval, what they were measured on, and the settings they depend on."""
    rows = [(score.name, score.value, interval(score), score.unit, f"{score.n:,} {score.of}") for score in scores]
    table(("measure", "value", "95 % interval", "unit", "measured on"), rows, title=title)
    for score in scores:
        write(f"  {score.name}: {score.signature}")


def interval(score: Score) -> str:
    """``5.6210 .. 6.1248``, or - where there is none."""
    return f"{shown(score.low)} .. {shown(score.high)}" if score.has_interval else shown(None)


def shown(value: Any) -> str:
    """A value as a person reads it: four decimals, thousands of whole numbers parted by commas."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.4g}"
    return str(value)


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 update``, ``1,200 updates``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Seconds as a person reads them: ``48 s``, ``3 min 20 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def talk_console() -> Console:
    """Rich's console on stderr; it honours NO_COLOR."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def _draw(
    title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], *, talk: bool
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
    for name, number in zip(columns, right, strict=True):
        drawn.add_column(Text(name), justify="right" if number else "left")
    for line in cells:
        drawn.add_row(*(Text(text) for text in line))
    Console(highlight=False, stderr=talk).print(drawn)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(values: Any) -> Any:
    """The same values with NaN and infinities as None: JSON knows neither."""
    if isinstance(values, dict):
        return {key: _finite(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    if isinstance(values, float) and (values != values or values in (float("inf"), float("-inf"))):
        return None
    return values
