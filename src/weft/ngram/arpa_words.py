r"""Words as an ARPA file can hold them: blanks separate words there, and three words have a meaning of their own.

A word that is empty, holds white space, control characters or a backslash, or is spelled like ``<s>``, ``</s>`` or
``<unk>``, is written with backslashes: ``\e`` is the empty word, ``\\`` a backslash, ``\x20`` and ``\u3000`` are
characters by their number. A file with such a word says so in a comment before ``\data\``, which KenLM skips; in a file
without that comment every word is what it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from weft.errors import DataError

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
UNKNOWN_TOO = "<UNK>"
"""How some programs spell the unknown word; KenLM reads it as one, so do we."""
MARK = r"# words escaped as by weft: \e is the empty word, \\ a backslash, \x20 and \u3000 are characters"

_TAKEN = {BEGIN, END, UNKNOWN, UNKNOWN_TOO}
_FOREIGN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ufeff\u200b\u2028\u2029\\]")
_ESCAPED = re.compile(r"\\(?:\\|x[0-9a-f]{2}|u[0-9a-f]{4})")


def escape(word: str) -> str:
    """The word as it stands in the file."""
    if word in _TAKEN:
        return _by_number(word[0]) + word[1:]
    return _FOREIGN.sub(lambda found: _by_number(found[0]), word) if word else r"\e"


def unescape(word: str) -> str:
    """The word that ``escape`` wrote so."""
    return "" if word == r"\e" else _ESCAPED.sub(_meant, word)


def spelled(words: Sequence[str], end_id: int, unknown_id: int) -> tuple[list[str], bool]:
    """Words as they stand in a file, and whether one of them is escaped; the two special ones go by their number.

    Raises:
        DataError: a word comes twice.
    """
    found = [escape(word) for word in words]
    found[end_id], found[unknown_id] = END, UNKNOWN
    seen: set[str] = set()
    for number, word in enumerate(found):
        if word in seen:
            raise DataError(f"the word {words[number]!r} comes twice, an ARPA file needs words that differ")
        seen.add(word)
    kept = [word for number, word in enumerate(words) if number not in (end_id, unknown_id)]
    return found, any(escape(word) != word for word in kept)


def _by_number(character: str) -> str:
    if character == "\\":
        return r"\\"
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"


def _meant(found: re.Match[str]) -> str:
    return "\\" if found[0] == r"\\" else chr(int(found[0][2:], 16))
