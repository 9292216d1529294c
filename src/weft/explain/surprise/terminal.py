"""Surprise for a terminal: the text in lines, below each symbol its shade or, where symbols are longer, its bits.

On a terminal the text itself is colored. Below it stand the most surprising symbols with what was expected instead, and
the curve of how much the context brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from weft.explain._symbols import one_line, visible
from weft.explain.surprise.measures import Prediction, Reach, Surprises

if TYPE_CHECKING:
    from weft.explain._contract import Line

MOST_SHOWN = 8
"""Of the most surprising symbols."""

LEAST = 12
"""Columns for the text, however narrow the terminal."""

NAME = 24
"""Columns of a symbol with what stands before it."""

BAR = 40


def lines(surprises: Surprises, *, width: int, shades: str) -> Iterator[Line]:
    """Everything, in lines.

    Args:
        surprises: what to show.
        width: columns of the terminal.
        shades: characters from low to high.
    """
    alone = all(cell_len(visible(each.symbol.text)) == 1 for each in surprises.predictions)
    for text in heading(surprises, shades if alone else ""):
        yield [(text, None)]
    for row in _rows(surprises.predictions, max(width, LEAST), alone):
        yield []
        yield [piece for each in row for piece in _symbol(surprises, each, alone)]
        if not all(each.symbol.known for each in row):
            yield [(_below(each, "" if each.symbol.known else "^", alone), None) for each in row]
        yield [_figure(surprises, each, shades, alone) for each in row]
    yield []
    yield from _table(surprises, width)
    yield []
    yield from _curve(surprises.reach, width, shades)


def heading(surprises: Surprises, shades: str) -> Iterator[str]:
    """What was read and how surprising it was; how the shades are to be read, where there are any."""
    yield f'"{one_line(surprises.text, 60)}": {len(surprises.predictions):,} symbols, ends of line included'
    yield (
        f"log p {surprises.logp:.3f} nats: {surprises.bits:.2f} bits a symbol; a blind guess among "
        f"{surprises.vocabulary:,} symbols has {surprises.blind:.2f}"
    )
    if surprises.unknown:
        yield f"not in the vocabulary: {', '.join(map(repr, surprises.unknown))}"
    if shades:
        yield f"surprise: {shades[0]} 0 to {shades[-1]} {surprises.blind:.2f} bits or more"


def _rows(predictions: Sequence[Prediction], width: int, alone: bool) -> Iterator[list[Prediction]]:
    """As many symbols as fit on a line; a line of the text ends one."""
    row: list[Prediction] = []
    used = 0
    for each in predictions:
        size = _width(each, alone)
        if row and used + size > width:
            yield row
            row, used = [], 0
        row.append(each)
        used += size
        if each.symbol.text == "\n":
            yield row
            row, used = [], 0
    if row:
        yield row


def _width(each: Prediction, alone: bool) -> int:
    return 1 if alone else max(cell_len(visible(each.symbol.text)), len(_number(each))) + 1


def _number(each: Prediction) -> str:
    return f"{each.bits:.1f}"


def _symbol(surprises: Surprises, each: Prediction, alone: bool) -> Iterator[tuple[str, float | None]]:
    """The symbol in its color, and the gap behind it."""
    shown = visible(each.symbol.text)
    yield shown, surprises.share(each.bits)
    if gap := " " * (_width(each, alone) - cell_len(shown)):
        yield gap, None


def _below(each: Prediction, text: str, alone: bool) -> str:
    return set_cell_size(text, _width(each, alone))


def _figure(surprises: Surprises, each: Prediction, shades: str, alone: bool) -> tuple[str, float | None]:
    share = surprises.share(each.bits)
    if alone:
        return shades[min(int(share * len(shades)), len(shades) - 1)], share
    return _below(each, _number(each), alone), share


def _table(surprises: Surprises, width: int) -> Iterator[Line]:
    numbered = list(enumerate(surprises.predictions, 1))
    most = sorted(numbered, key=lambda pair: -pair[1].bits)[:MOST_SHOWN]
    yield [(_columns("most surprising", "at", "bits", "rank") + "expected", None)]
    for place, each in most:
        shown = visible(each.symbol.text)
        before = _before(surprises.predictions[:place], NAME - 2 - cell_len(shown))
        before = " " * (NAME - cell_len(before + shown)) + before
        expected = "  ".join(f"{visible(text)} {100 * p:.3g} %" for text, p in each.alternatives)
        numbers = _columns("", f"{place:,}", f"{each.bits:.2f}", f"{each.rank:,}")[NAME:]
        room = max(width - cell_len(before + shown + numbers), LEAST)
        short = expected if cell_len(expected) <= room else set_cell_size(expected, room - 1) + "…"
        yield [(before, None), (shown, surprises.share(each.bits)), (numbers + short, None)]


def _before(predictions: Sequence[Prediction], room: int) -> str:
    """What stands right before the last of these, on one line, as much of it as there is room for."""
    last = predictions[-1].symbol
    text = "".join(each.symbol.before + each.symbol.text for each in predictions[-1 - max(0, room) : -1]) + last.before
    shown = one_line(text, len(text))
    while cell_len(shown) > max(0, room):
        shown = shown[1:]
    return shown


def _columns(name: str, *numbers: str) -> str:
    return set_cell_size(name, NAME) + "".join(number.rjust(8) for number in numbers) + "  "


def _curve(reach: Reach, width: int, shades: str) -> Iterator[Line]:
    """A row for each number of symbols given."""
    full = "#" if shades[-1].isascii() else shades[-1]
    where = f"{reach.places:,} of {reach.of:,} places" if reach.places < reach.of else f"all {reach.of:,} places"
    yield [(f"given the last symbols alone: mean surprise in bits, {where}", None)]
    rows = [*((f"{k:,}", bits) for k, bits in zip(reach.given, reach.bits, strict=True)), ("all", reach.whole)]
    most = max(bits for _, bits in rows) or 1.0
    room = max(min(BAR, width - 18), LEAST)
    for name, bits in rows:
        yield [(f"{name:>8}{bits:>8.3f}  " + full * max(0, round(room * bits / most)), None)]
    yield [(reach.sentence(), None)]
