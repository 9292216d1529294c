"""What a tokenizer is: text to symbols and back. One file of this folder is one tokenizer.

A module has ``make(config: SymbolData) -> Tokenizer`` and ``from_json(values) -> Tokenizer``. Vocabulary, lowercasing
and lone surrogates are the ``Codec``'s business (``codec.py``); a tokenizer only knows where symbols begin and end, and
may bring a faster way to count or number them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, ClassVar, Protocol

import numpy as np

GROUP = 1_000_000
"""Characters handled at once: large enough for numpy to pay, small enough for memory to stay flat."""

Numberer = Callable[[Sequence[str], int | None], np.ndarray]
"""(texts, end) -> the numbers of all their symbols in one array, ``end`` after each text unless it is None."""


class Joiner(Protocol):
    """Puts symbols back together one at a time, as they are generated."""

    def feed(self, symbol: str) -> str:
        """What can be shown now that ``symbol`` has come; may be empty."""

    def finish(self) -> str:
        """What was still held back at the end of the line."""


class Tokenizer(ABC):
    """Splits text into symbols. ``split`` and ``joiner`` are all that a new one needs."""

    name: ClassVar[str]
    end: ClassVar[str] = "<eol>"
    """The end-of-line symbol of a language model; "\\n" where the line break itself is a symbol."""

    learns: ClassVar[bool] = False
    """Whether ``learn`` must see the training part before anything is counted."""

    keeps_text: ClassVar[bool] = True
    """Whether splitting and joining gives a text back exactly, white space included."""

    def learn(self, texts: Iterable[str]) -> None:
        """Learn the pieces from a part of the training texts (the codec gives at most ``LEARN_CHARACTERS``)."""
        assert not self.learns, f"{self.name} must say how it learns from {texts!r}"

    def pieces(self) -> tuple[str, ...]:
        """Every symbol that can come, where that is known before counting; else nothing.

        Such a vocabulary is kept whole, whatever the counts, so that no text has an unknown symbol.
        """
        return ()

    @abstractmethod
    def split(self, text: str) -> list[str]:
        """The symbols of a text."""

    @abstractmethod
    def joiner(self) -> Joiner:
        """A fresh joiner, for one line."""

    def join(self, symbols: Sequence[str]) -> str:
        """The text of a line of symbols."""
        joiner = self.joiner()
        return "".join([joiner.feed(symbol) for symbol in symbols]) + joiner.finish()

    def walk(self, text: str) -> Iterable[str]:
        """The symbols of a text; lazily when it is so long that a list of them would be heavy."""
        return self.split(text)

    def count(self, texts: Iterable[str]) -> Counter[str]:
        """How often each symbol comes."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(self.walk(text))
        return counts

    def numberer(self, ids: Mapping[str, int], dtype: np.dtype) -> Numberer:
        """A function that numbers texts; a symbol that is not in ``ids`` is 0."""

        def number(texts: Sequence[str], end: int | None) -> np.ndarray:
            return np.fromiter(chain.from_iterable(_walk_ids(self, ids, texts, end)), dtype=dtype)

        return number

    def to_json(self) -> dict[str, Any]:
        """Plain values; the module's ``from_json`` reads them back."""
        return {"name": self.name}


def _walk_ids(
    tokenizer: Tokenizer, ids: Mapping[str, int], texts: Sequence[str], end: int | None
) -> Iterator[Iterable[int]]:
    for text in texts:
        yield map(ids.get, tokenizer.walk(text), repeat(0))
        if end is not None:
            yield (end,)


def grouped(texts: Iterable[str], characters: int = GROUP) -> Iterator[list[str]]:
    """Lists of neighbouring texts that hold about so many characters (one long text is a group of its own)."""
    group: list[str] = []
    held = 0
    for text in texts:
        group.append(text)
        held += len(text) + 1
        if held >= characters:
            yield group
            group, held = [], 0
    if group:
        yield group


def well_formed(text: str) -> str:
    r"""The text with lone surrogates (from a JSON escape such as ``"\ud800"``) replaced by U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
