"""Surprise: what a language model thought of every symbol, what it expected instead, and how far back it looked.

A symbol's surprise is -log2 p of it after everything before it, in bits. How far back a prediction reaches is measured
by taking context away: the text's symbols are predicted again from the last k symbols alone; see U. Khandelwal et al.,
"Sharp Nearby, Fuzzy Far Away: How Neural Language Models Use Context", arXiv:1805.04623 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weft.errors import ConfigError
from weft.explain.surprise import page, picture, terminal
from weft.explain.surprise.measures import Surprises
from weft.explain.surprise.reading import refuse, surprises

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from weft.explain._contract import Line
    from weft.model import Model

__all__ = ["SurpriseExplanation", "explain", "refuse"]


@dataclass(frozen=True)
class SurpriseExplanation:
    """Surprises and how they show themselves."""

    surprises: Surprises

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return self.surprises.to_json()

    def lines(self, width: int, shades: str) -> Iterator[Line]:
        """The text with its surprise below it, the most surprising symbols, the curve of the context."""
        return terminal.lines(self.surprises, width=width, shades=shades)

    def picture(self) -> Figure:
        """A bar a symbol, and the curve of the context."""
        return picture.draw(self.surprises)

    def page(self) -> str:
        """The text in colors, with what was expected at the symbol under the pointer."""
        return page.build(self.surprises)


def explain(model: Model, text: str, *, units: Sequence[int] = ()) -> SurpriseExplanation:
    """The surprises of one text.

    Args:
        model: a run of any language model.
        text: what to read.
        units: none; there are none to choose from.
    Raises:
        ConfigError: the run is no language model, or units were given.
        DataError: the text holds no symbol.
        RunError: the model's probabilities are no numbers.
    """
    if units:
        raise ConfigError("surprise is of the whole model, it has no units to show", hint="leave --units out")
    return SurpriseExplanation(surprises(model, text))
