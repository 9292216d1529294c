"""What every kind of explanation can do: lines for a terminal, a picture, a page, plain values."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from weft.bundle import write_bytes, write_text
from weft.errors import ConfigError, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".pdf", ".png", ".svg")
PAGE = ".html"
ENDINGS = (PAGE, *PICTURES)
"""Of files that ``write_file`` writes."""

Line = list[tuple[str, float | None]]
"""A line of a terminal: pieces of text, each with the share from 0 to 1 that may color it, or None for plain text."""


class Explanation(Protocol):
    """What a kind's ``explain`` gives back."""

    def to_json(self) -> dict[str, Any]:
        """Plain values: everything the explanation knows."""

    def lines(self, width: int, shades: str) -> Iterator[Line]:
        """The explanation in lines of at most ``width`` columns; ``shades`` are its characters from low to high."""

    def picture(self) -> Figure:
        """A figure, ready to be saved; matplotlib is imported here and nowhere else."""

    def page(self) -> str:
        """One HTML file that needs nothing from a network."""


def check_ending(path: Path) -> None:
    """Check that ``write_file`` knows the ending of ``path``, before anything is computed.

    Raises:
        ConfigError: it is none of ``ENDINGS``.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(
            f"{path}: unknown ending {path.suffix!r}{nearest(ending, ENDINGS)}", hint=f"known: {', '.join(ENDINGS)}"
        )


def write_file(explanation: Explanation, path: Path) -> None:
    """Write a page or a picture, by the ending of ``path``; a file that is there is replaced, whole or not at all.

    Raises:
        ConfigError: an unknown ending.
        RunError: the file cannot be written.
    """
    check_ending(path)
    if path.suffix.lower() == PAGE:
        write_text(path, explanation.page())
        return
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # A symbol in a script that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        explanation.picture().savefig(picture, format=path.suffix.lower().removeprefix("."), dpi=120)
    write_bytes(path, picture.getvalue())
