"""The two ways back from symbols to text: pieces of text with a gap between them, and bytes."""

from __future__ import annotations

import codecs
from collections.abc import Callable


class TextJoiner:
    """Symbols that are text.

    Args:
        gap: what stands between two neighbouring symbols.
    """

    def __init__(self, gap: Callable[[str, str], str]) -> None:
        self._gap = gap
        self._before = ""

    def feed(self, symbol: str) -> str:
        """The symbol with the gap before it."""
        gap = self._gap(self._before, symbol) if self._before else ""
        self._before = symbol
        return gap + symbol

    def finish(self) -> str:
        """Nothing is ever held back."""
        self._before = ""
        return ""


class ByteJoiner:
    """Symbols that are bytes of UTF-8: a character is shown when its last byte has come; what is no UTF-8 is U+FFFD.

    Args:
        to_bytes: the bytes of a symbol.
    """

    def __init__(self, to_bytes: Callable[[str], bytes]) -> None:
        self._to_bytes = to_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, symbol: str) -> str:
        """The characters completed by the symbol."""
        return self._decoder.decode(self._to_bytes(symbol))

    def finish(self) -> str:
        """U+FFFD when a character was begun and never completed."""
        return self._decoder.decode(b"", final=True)
