"""An alignment for a terminal: a column a source word, a row a word of the answer, shades where it looked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from weft.alignment.attended import Alignment
from weft.explain._symbols import visible

if TYPE_CHECKING:
    from weft.explain._contract import Line

NAME = 18
"""Columns of a word of the answer."""
SHOWN = 0.005
"""Weights below this are left blank."""


def lines(alignment: Alignment, answer: dict[str, Any], *, width: int, shades: str) -> Iterator[Line]:
    """Everything, in lines.

    Args:
        alignment, answer: what to show.
        width: columns of the terminal; where the source is wider, it is shown in several blocks.
        shades: characters from low to high.
    """
    yield [(f"{answer['translation']}", None)]
    yield [
        (f"log p {answer['logp']:.3f}; shades from {shades[0]} (0) to {shades[-1]} (1), a column a source word", None)
    ]
    name = min(NAME, max(cell_len(visible(word)) for word in alignment.target))
    columns = max(1, (width - name - 8) // 2)
    for first in range(0, len(alignment.source), columns):
        yield []
        yield from _block(alignment, range(first, min(first + columns, len(alignment.source))), name, shades)
    yield []
    yield [(f"links {answer_links(alignment)}", None)]
    entropy = alignment.entropy
    yield [(f"spread of attention: {entropy.mean():.2f} bits a word (0: on one word), most {entropy.max():.2f}", None)]


def answer_links(alignment: Alignment) -> str:
    """The links in Pharaoh form."""
    return str(alignment.to_json()["links"])


def _block(alignment: Alignment, columns: range, name: int, shades: str) -> Iterator[Line]:
    yield from _header([visible(alignment.source[place]) for place in columns], name)
    for row, word in enumerate(alignment.target):
        line: Line = [(set_cell_size(visible(word), name) + " ", None)]
        for place in columns:
            weight = min(1.0, float(alignment.weights[row, place]))
            shade = " " if weight < SHOWN else shades[min(len(shades) - 1, int(weight * len(shades)))]
            line.append((shade * 2, weight))
        best = max(columns, key=lambda place: alignment.weights[row, place])
        line.append((f" {visible(alignment.source[best])}", None))
        yield line


def _header(words: list[str], name: int) -> Iterator[Line]:
    """The source words, each beginning above its column and hanging on a line of its own, the last one first."""
    for place in range(len(words) - 1, -1, -1):
        yield [(" " * (name + 1) + "│ " * place + words[place], None)]
