"""A text as the symbols that a network reads, and how they are shown to a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from weft.data.codec import Codec
from weft.errors import DataError

VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥"}


@dataclass(frozen=True)
class Symbol:
    """A symbol as it stands in the text.

    Attributes:
        text: what is read; a text cut into bytes shows a character at its last byte.
        before: white space that the tokenizer puts between this symbol and the one before it.
        known: whether it is in the run's vocabulary; else the network read the unknown symbol.
        logp: log p in nats that a language model gave this symbol; None for classifiers and before the first.
    """

    text: str
    before: str
    known: bool
    logp: float | None = None


def cut(codec: Codec, text: str, longest: int | None = None) -> tuple[list[Symbol], np.ndarray]:
    """The symbols of a well-formed text, up to ``longest`` of them, and their numbers [S]."""
    ids = codec.encode(text)[:longest]
    pieces = codec.tokenizer.split(codec.clean(text))[:longest]
    joiner = codec.tokenizer.joiner()
    symbols = []
    for piece, number in zip(pieces, ids, strict=True):
        shown = joiner.feed(piece)
        before = shown.removesuffix(piece) if shown.endswith(piece) else ""
        symbols.append(Symbol(shown.removeprefix(before) or "…", before, bool(number != codec.unknown_id)))
    return symbols, ids


def no_symbol(text: str) -> DataError:
    """The error for a text that holds none."""
    return DataError(f"the text holds no symbol: {text!r:.60}", hint="give a text with --text, or - for stdin")


def visible(text: str) -> str:
    """A text that takes its place on a line: white space and control characters shown, an accent put on a circle."""
    if text in VISIBLE:
        return VISIBLE[text]
    written = "".join(
        VISIBLE.get(character)
        or (character if character.isprintable() else character.encode("unicode_escape").decode("ascii"))
        for character in text
    )
    return written if cell_len(written) else f"◌{written}"


def one_line(text: str, longest: int) -> str:
    """The beginning of a text on one line, its spaces as they are."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return " ".join(visible(part) if part else "" for part in cut.split(" "))
