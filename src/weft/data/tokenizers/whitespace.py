"""Symbols between white space, for text that is already tokenized (Penn Treebank, SST, WikiText).

Joining puts one space between symbols: runs of white space are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from weft.config import SymbolData
from weft.data.tokenizers._contract import GROUP, Tokenizer
from weft.data.tokenizers._joining import TextJoiner

BETWEEN = re.compile(r"\S+")


class Whitespace(Tokenizer):
    """What stands between Unicode white space."""

    name = "whitespace"
    keeps_text = False

    def split(self, text: str) -> list[str]:
        """What stands between white space."""
        return text.split()

    def walk(self, text: str) -> Iterable[str]:
        """The same, lazily for a long text."""
        return text.split() if len(text) < GROUP else (match.group() for match in BETWEEN.finditer(text))

    def joiner(self) -> TextJoiner:
        """One space between symbols."""
        return TextJoiner(lambda _before, _after: " ")


def make(_config: SymbolData) -> Whitespace:
    """The tokenizer of a recipe."""
    return Whitespace()


def from_json(_values: Mapping[str, Any]) -> Whitespace:
    """The tokenizer of a run."""
    return Whitespace()
