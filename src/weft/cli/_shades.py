"""An explanation in the terminal: shaded by characters, on a terminal also colored."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from weft.cli._console import write

if TYPE_CHECKING:
    from weft.explain import Explanation, Line

SHADES = "▁▂▃▄▅▆▇█"
PLAIN_SHADES = "0123456789"
COLD, MIDDLE, WARM = (70, 110, 220), (128, 128, 128), (235, 130, 30)


def show_explanation(explanation: Explanation) -> None:
    """Write its lines to standard output."""
    width = shutil.get_terminal_size().columns
    shades = SHADES if _can_write(SHADES) else PLAIN_SHADES
    if not _on_terminal():
        for line in explanation.lines(width, shades):
            written = "".join(text for text, _ in line).rstrip()
            write(written if _can_write(written) else written.encode("ascii", "replace").decode("ascii"))
        return
    from rich.console import Console

    console = Console(highlight=False, emoji=False, markup=False)
    for line in explanation.lines(width, shades):
        console.print(_colored(line), soft_wrap=True)


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _can_write(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _colored(line: Line) -> object:
    from rich.text import Text as RichText

    return RichText.assemble(*((text, "" if share is None else _color(share)) for text, share in line))


def _color(share: float) -> str:
    """From cold over gray to warm; the shade says the same without color."""
    (begin, end), part = ((COLD, MIDDLE), 2 * share) if share < 0.5 else ((MIDDLE, WARM), 2 * share - 1)
    red, green, blue = (round(low + (high - low) * part) for low, high in zip(begin, end, strict=True))
    return f"rgb({red},{green},{blue})"
