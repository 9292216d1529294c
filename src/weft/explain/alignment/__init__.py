"""Alignment: which words of the source a translator looked at while it wrote each word of its answer.

The weights are the attention of the best output that the run's search finds (D. Bahdanau, K. Cho and Y. Bengio, ICLR
2015, section 5.2.1), added up from symbols to words. They are what the decoder saw, which need not be what a person
would link.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from weft.alignment.attended import Alignment
from weft.errors import ConfigError, DataError
from weft.explain.alignment import page, picture, terminal
from weft.types import Aligns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from weft.explain._contract import Line
    from weft.model import Model

__all__ = ["AlignmentExplanation", "explain", "refuse"]


@dataclass(frozen=True)
class AlignmentExplanation:
    """A text, its answer and what was looked at, and how they show themselves.

    Attributes:
        source: the text.
        answer: as ``predict`` gives it.
        alignment: between the words of the two, or between their symbols for a model of characters.
    """

    source: str
    answer: dict[str, Any]
    alignment: Alignment

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        entropy = [round(value, 4) for value in self.alignment.entropy.tolist()]
        found = {"alignment": self.alignment.to_json(), "entropy_bits": entropy}
        return {"kind": "alignment", "text": self.source, **self.answer, **found}

    def lines(self, width: int, shades: str) -> Iterator[Line]:
        """A column a source word, a row a word of the answer."""
        return terminal.lines(self.alignment, self.answer, width=width, shades=shades)

    def picture(self) -> Figure:
        """The same as a heat map."""
        return picture.draw(self.alignment, self.answer)

    def page(self) -> str:
        """Both texts: what the word under the pointer looked at, or was looked at by, and the heat map."""
        return page.build(self.alignment, self.answer)


def refuse(model: Model) -> str:
    """Why a run cannot be explained so; "" when it can."""
    if not hasattr(model.task, "align"):
        return f"a model of task {model.task.name!r} writes no answer that could be aligned with its text"
    return cast(Aligns, model.task).refuse_alignment(model.module)


def explain(model: Model, text: str, *, units: Sequence[int] = ()) -> AlignmentExplanation:
    """What a translator looked at.

    Args:
        model: a run of a translator with attention.
        text: what to translate.
        units: none; there are none to choose from.
    Raises:
        ConfigError: the run is no translator or has no attention, or units were given.
        DataError: the text holds no symbol, or nothing was written for it.
    """
    reason = refuse(model)
    if reason:
        raise ConfigError(f"there is no alignment to explain: {reason}")
    if units:
        raise ConfigError("an alignment is of the whole model, it has no units to show", hint="leave --units out")
    [(answer, alignment)] = model.align([text])
    if alignment is None:
        raise DataError(f"the text holds no symbol: {text!r:.60}", hint="give a text with --text, or - for stdin")
    if not alignment.target:
        raise DataError(
            "the model writes nothing for this text, so there is nothing to align", hint="give another text"
        )
    return AlignmentExplanation(text, answer, alignment)
