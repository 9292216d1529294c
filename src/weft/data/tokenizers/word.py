"""Words and numbers of any script, every other character a symbol of its own.

A word is a run of Unicode letters, marks, digits and ``_``; an apostrophe or hyphen inside it stays ("don't",
"well-known"), and so does a point, comma or colon between two digits ("3.14", "1,000", "10:30"). An emoji keeps its
modifiers. Scripts written without spaces (Chinese, Japanese, Thai) are not cut into words: use ``char`` or ``bpe``.
Joining sets punctuation as English does; white space is not kept, but what is joined splits into the same symbols
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import regex

from weft.config import SymbolData
from weft.data.tokenizers._contract import GROUP, Tokenizer
from weft.data.tokenizers._joining import TextJoiner

SYMBOL = regex.compile(
    r"""
    [\p{L}\p{M}\p{N}_]+ (?: (?: ['’‐-] | (?<=\p{N})[.,:](?=\p{N}) ) [\p{L}\p{M}\p{N}_]+ )*  # a word or a number
    | \p{Regional_Indicator}{2}                                                             # a flag
    | \S (?: [\p{M}\p{EMod}] | \u200d\S )*                                                  # anything else, alone
    """,
    regex.VERBOSE,
)
CLOSING = frozenset(".,;:!?)]}%…”»")
OPENING = frozenset("([{“«¿¡")


class Word(Tokenizer):
    """Words, numbers and single other characters."""

    name = "word"
    keeps_text = False

    def split(self, text: str) -> list[str]:
        """Words, numbers and single other characters."""
        symbols: list[str] = SYMBOL.findall(text)
        return symbols

    def walk(self, text: str) -> Iterable[str]:
        """The same, lazily for a long text."""
        return self.split(text) if len(text) < GROUP else (match.group() for match in SYMBOL.finditer(text))

    def joiner(self) -> TextJoiner:
        """A space between symbols, none before closing and after opening punctuation."""
        return TextJoiner(_gap)


def make(_config: SymbolData) -> Word:
    """The tokenizer of a recipe."""
    return Word()


def from_json(_values: Mapping[str, Any]) -> Word:
    """The tokenizer of a run."""
    return Word()


def _gap(before: str, after: str) -> str:
    return "" if after in CLOSING or (before in OPENING and after[0].isalnum()) else " "
