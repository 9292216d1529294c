"""The form text is brought into before it is cut into symbols: its case, and whether its punctuation stays."""

from __future__ import annotations

from typing import Literal

import regex

from weft.data.tokenizers._contract import well_formed

Punctuation = Literal["keep", "remove"]

_INSIDE = r"(?<=[\p{L}\p{M}])['’](?=\p{L}) | (?<=\p{N})[.,:](?=\p{N})"
_REMOVED = regex.compile(rf"(?: {_INSIDE} ) (*SKIP)(*FAIL) | [\p{{P}}\p{{S}}]+", regex.VERBOSE)


def clean_text(text: str, *, lowercase: bool, punctuation: Punctuation) -> str:
    """The text as a codec reads it; what is clean already stays as it is."""
    text = well_formed(text)
    if lowercase:
        text = text.lower()
    return remove_punctuation(text) if punctuation == "remove" else text


def remove_punctuation(text: str) -> str:
    """The text with a space for every run of punctuation and symbols (Unicode P and S), as transcripts of speech are.

    An apostrophe between two letters stays and is written ``'`` ("don't"), and so does a point, comma or colon between
    two digits ("3.14", "1,000", "10:30"). A hyphen becomes a space. White space becomes single spaces, none at the
    ends.
    """
    return " ".join(_REMOVED.sub(" ", text).replace("’", "'").split())
