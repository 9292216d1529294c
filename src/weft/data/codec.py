"""Text to numbers and back: a tokenizer and the vocabulary frozen from the training part.

Number 0 is always the unknown symbol ``<unk>``; with an end of line (language models) number 1 is that; the others
follow by falling count, then by symbol, so the same text always gives the same numbers. Imports no torch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from weft.catalog import TOKENIZERS
from weft.config import SymbolData
from weft.data.text_form import Punctuation, clean_text
from weft.data.tokenizers._contract import Tokenizer, grouped
from weft.errors import ConfigError, DataError, RunError, WeftError

UNKNOWN = "<unk>"
LEARN_CHARACTERS = 20_000_000
"""The first so many characters of the training part teach ``bpe`` and ``unigram`` their pieces."""


class Codec:
    """A tokenizer with its frozen vocabulary.

    Args:
        tokenizer: splits and joins.
        symbols: by number; the first is ``<unk>``, the second the tokenizer's end-of-line symbol when ``end``.
        end: whether there is an end-of-line symbol.
        lowercase: whether text is lowercased first.
        punctuation: "remove": text loses its punctuation first, as ``remove_punctuation`` says.

    Attributes:
        symbols: every symbol by its number.
        unknown_id: 0.
        end_id: number of the end-of-line symbol, or None.
        dtype: the smallest of uint8, uint16 and uint32 that holds every number.
    """

    unknown_id = 0

    def __init__(
        self,
        tokenizer: Tokenizer,
        symbols: Sequence[str],
        *,
        end: bool,
        lowercase: bool = False,
        punctuation: Punctuation = "keep",
    ) -> None:
        self.tokenizer = tokenizer
        self.symbols = tuple(symbols)
        self.end_id = 1 if end else None
        self.lowercase = lowercase
        self.punctuation = punctuation
        self.dtype = np.dtype(np.min_scalar_type(len(self.symbols) - 1))
        self._number = tokenizer.numberer(self._in_text(), self.dtype)

    @classmethod
    def learn(cls, texts: Iterable[str], config: SymbolData, *, end: bool) -> Codec:
        """Freeze the vocabulary of the training part: one pass, in memory that does not grow with the texts.

        ``bpe`` and ``unigram`` read no further than the first ``LEARN_CHARACTERS`` characters.

        Raises:
            DataError: the texts hold no symbol.
            ConfigError: ``data.max_symbols`` or ``data.min_count`` leaves none.
        """
        tokenizer: Tokenizer = TOKENIZERS.load(config.tokenizer).make(config)
        clean: Iterator[str] = (
            clean_text(text, lowercase=config.lowercase, punctuation=config.punctuation) for text in texts
        )
        if tokenizer.learns:
            sample = list(_first(clean, LEARN_CHARACTERS))
            if any(sample):
                tokenizer.learn(sample)
            clean = iter(sample)
        counts = tokenizer.count(clean)
        if not counts:
            raise DataError(
                f"no symbol to learn a vocabulary from: every training text is empty (tokenizer {config.tokenizer!r})",
                hint="look at the text column with `weft data check FILE`",
            )
        reserved = [UNKNOWN, tokenizer.end] if end else [UNKNOWN]
        kept = tokenizer.pieces() or _frequent(counts, config, room=config.max_symbols - len(reserved))
        order = sorted(set(kept) - set(reserved), key=lambda symbol: (-counts[symbol], symbol))
        form: dict[str, Any] = {"lowercase": config.lowercase, "punctuation": config.punctuation}
        return cls(tokenizer, reserved + order, end=end, **form)

    @classmethod
    def of(cls, symbols: Sequence[str], config: SymbolData) -> Codec:
        """A codec of symbols that are known beforehand: the unknown one, the end of line, the others.

        Args:
            symbols: by number; the first two may be spelled in any way.
            config: tokenizer and case.
        Raises:
            ConfigError: the tokenizer must learn its pieces from text.
            DataError: the symbols are not those of the tokenizer.
        """
        tokenizer: Tokenizer = TOKENIZERS.load(config.tokenizer).make(config)
        if tokenizer.learns:
            raise ConfigError(
                f"data.tokenizer = {tokenizer.name!r} learns its pieces from text, and there is none",
                hint="take whitespace, word, char or byte",
            )
        others = symbols[2:]
        missing = sorted(set(tokenizer.pieces()) - set(others))
        if missing:
            raise DataError(
                f"{len(missing)} symbols of tokenizer {tokenizer.name!r} are missing, the first is {missing[0]!r}",
                hint="set data.tokenizer to the one that cut the text the symbols come from",
            )
        taken = {UNKNOWN, tokenizer.end} & set(others)
        if taken:
            raise DataError(f"the symbol {taken.pop()!r} has a meaning of its own with tokenizer {tokenizer.name!r}")
        form: dict[str, Any] = {"lowercase": config.lowercase, "punctuation": config.punctuation}
        return cls(tokenizer, [UNKNOWN, tokenizer.end, *others], end=True, **form)

    @property
    def size(self) -> int:
        """How many symbols, the unknown included."""
        return len(self.symbols)

    def __len__(self) -> int:
        return len(self.symbols)

    def clean(self, text: str) -> str:
        """The text in the form that is cut into symbols: well-formed, in lower case, without punctuation."""
        return clean_text(text, lowercase=self.lowercase, punctuation=self.punctuation)

    def encode(self, text: str) -> np.ndarray:
        """The numbers of a text's symbols, ``dtype`` [N]; no end of line is added."""
        return self._number([self.clean(text)], None)

    def encode_lines(self, texts: Iterable[str], *, end: bool) -> Iterator[np.ndarray]:
        """The numbers of many texts as one stream, in arrays of about a million symbols.

        Args:
            texts: lines without their line breaks.
            end: put the end-of-line symbol after each.
        """
        assert not end or self.end_id is not None, "this codec has no end-of-line symbol"
        for group in grouped(map(self.clean, texts)):
            yield self._number(group, self.end_id if end else None)

    def decode(self, ids: Iterable[int], instead: Mapping[int, str] | None = None) -> str:
        """The text of numbered symbols; unknown is shown as ``<unk>``, an end of line as a line break.

        Args:
            instead: symbols to show at some places in place of the numbered ones.
        """
        streamer, other = self.streamer(), instead or {}
        pieces = [streamer.feed(int(number), other.get(place, "")) for place, number in enumerate(ids)]
        return "".join(pieces) + streamer.finish()

    def unknown_in(self, text: str) -> list[str]:
        """The symbols of a text that are not in the vocabulary, in their order."""
        symbols = self.tokenizer.split(self.clean(text))
        return [symbol for symbol, number in zip(symbols, self.encode(text), strict=True) if number == self.unknown_id]

    def spelling(self, text: str) -> float:
        """Nats that the unknown symbols of a text take to be spelled out: each of their characters, and an end, as
        likely as any other that the vocabulary is written with."""
        ids = self.encode(text)
        if not (ids == self.unknown_id).any():
            return 0.0
        return sum(len(symbol) + 1 for symbol in self.unknown_in(text)) * self._a_character

    @cached_property
    def _a_character(self) -> float:
        """Nats of one character among those that the symbols are written with, and one for all others."""
        return math.log(len(set("".join(self.symbols))) + 1)

    def streamer(self) -> Streamer:
        """Shows symbols as they are generated."""
        return Streamer(self)

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``vocabulary.json``."""
        return {
            "tokenizer": self.tokenizer.to_json(),
            "lowercase": self.lowercase,
            "punctuation": self.punctuation,
            "end": self.end_id is not None,
            "symbols": list(self.symbols),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Codec:
        """Read back what ``to_json`` gave.

        Raises:
            RunError: a part is missing, of another kind, or does not fit the others.
        """
        try:
            kept, end, lowercase, symbols = (values[key] for key in ("tokenizer", "end", "lowercase", "symbols"))
            punctuation = values.get("punctuation", "keep")
            tokenizer: Tokenizer = TOKENIZERS.load(kept["name"]).from_json(kept)
        except RunError:
            raise
        except (KeyError, TypeError, AttributeError, WeftError) as error:
            raise _damaged(f"{type(error).__name__}: {error}") from error
        if not isinstance(end, bool) or not isinstance(lowercase, bool):
            raise _damaged(f"end and lowercase must be true or false, got {end!r} and {lowercase!r}")
        if punctuation not in ("keep", "remove"):
            raise _damaged(f"punctuation must be keep or remove, got {punctuation!r}")
        _check_symbols(symbols, [UNKNOWN, tokenizer.end] if end else [UNKNOWN], tokenizer.pieces())
        return cls(tokenizer, symbols, end=end, lowercase=lowercase, punctuation=punctuation)

    def _in_text(self) -> dict[str, int]:
        """Numbers by symbol, less what a text cannot mean: a written ``<unk>`` or ``<eol>`` is not the symbol."""
        ids = {symbol: number for number, symbol in enumerate(self.symbols)}
        del ids[UNKNOWN]
        if self.end_id is not None and self.tokenizer.end != "\n":
            del ids[self.tokenizer.end]
        return ids


class Streamer:
    """Turns numbers into text one at a time: spaces between words, whole characters from bytes, line breaks.

    Args:
        codec: whose numbers come.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._joiner = codec.tokenizer.joiner()

    def feed(self, number: int, instead: str = "") -> str:
        """What can be shown now; may be empty (half a character). ``instead``: a symbol to show for this one."""
        if number != self._codec.end_id:
            return self._joiner.feed(instead or self._codec.symbols[number])
        return self.finish() + "\n"

    def finish(self) -> str:
        """What was held back; afterwards a new line begins."""
        held = self._joiner.finish()
        self._joiner = self._codec.tokenizer.joiner()
        return held


def _frequent(counts: Counter[str], config: SymbolData, *, room: int) -> list[str]:
    """Symbols seen often enough, the most frequent ones when there is no room for all."""
    often = [symbol for symbol, count in counts.items() if count >= config.min_count]
    if not often:
        raise ConfigError(
            f"data.min_count = {config.min_count} leaves no symbol: the most frequent is "
            f"{counts.most_common(1)[0][0]!r}, seen {counts.most_common(1)[0][1]} times",
            hint="give a smaller data.min_count",
        )
    if not config.max_symbols:
        return often
    if room < 1:
        raise ConfigError(
            f"data.max_symbols = {config.max_symbols} leaves no room beside the unknown and end-of-line symbols",
            hint="give at least 3, or 0 for no limit",
        )
    return sorted(often, key=lambda symbol: (-counts[symbol], symbol))[:room]


def _check_symbols(symbols: Any, reserved: list[str], pieces: Sequence[str]) -> None:
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise _damaged(f"symbols must be a list of texts, got {str(symbols)[:60]!r}")
    if symbols[: len(reserved)] != reserved:
        raise _damaged(f"the first symbols must be {reserved}, got {symbols[: len(reserved)]}")
    if len(set(symbols)) != len(symbols):
        raise _damaged(f"symbol {Counter(symbols).most_common(1)[0][0]!r} comes twice")
    missing = sorted(set(pieces) - set(symbols))
    if missing:
        raise _damaged(f"{len(missing)} pieces of the tokenizer are no symbols, the first is {missing[0]!r}")


def _first(texts: Iterable[str], characters: int) -> Iterator[str]:
    for text in texts:
        yield text[:characters]
        characters -= len(text)
        if characters <= 0:
            return


def _damaged(what: str) -> RunError:
    return RunError(f"vocabulary.json is damaged: {what}", hint="take the file from a backup, or train again")
