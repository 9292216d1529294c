"""Texts that end a text. They are looked for in what is written, so they may lie across symbols."""

from __future__ import annotations

from collections.abc import Sequence

from weft.errors import ConfigError


class StopCut:
    """Lets text through up to the first stop text, however it is cut into pieces.

    The first is the one that is complete first, character by character; of several that end together the longest. What
    may still become a stop text is held back until it does or cannot.

    Args:
        stops: texts of one character or more.
        shown: whether the stop text itself is let through.
    Raises:
        ConfigError: an empty stop text, or one text where a list is expected.
    """

    def __init__(self, stops: Sequence[str], *, shown: bool = False) -> None:
        if isinstance(stops, str):
            raise ConfigError(f"expected a list of stop texts, got a single str {stops[:40]!r}", hint="write [text]")
        if not all(stops):
            raise ConfigError("a stop text must hold at least one character, got ''")
        self._stops = tuple(stops)
        self._shown = shown
        self._held = ""
        self.ended = False

    def feed(self, piece: str) -> str:
        """What can be shown now that ``piece`` has come; nothing after the end."""
        if self.ended or not piece:
            return ""
        text = self._held + piece
        found = [(text.find(stop) + len(stop), text.find(stop)) for stop in self._stops if stop in text]
        if found:
            self.ended, self._held = True, ""
            end, start = min(found)
            return text[: end if self._shown else start]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def finish(self) -> str:
        """What was held back when nothing more comes."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of the text that a stop text may begin with."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
