"""Case and punctuation of hypotheses and of a run's text, brought together; where they do not meet it is an error.

A run reads every text in the form it was trained on (``data.lowercase``, ``data.punctuation``), so hypotheses need no
more where these were set. ``Form`` is for runs that were trained on text prepared otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from weft.data.codec import Codec
from weft.data.text_form import remove_punctuation
from weft.errors import ConfigError

Case = Literal["lower", "upper", "as-is"]
Marks = Literal["keep", "remove"]

SAMPLE = 2000
"""Texts that are looked at."""

UNKNOWN_BOUND = 0.5
"""Share of symbols unknown to a run above which its scores mean nothing."""

FREQUENT = {1: 40, 2: 200}
"""How many of a vocabulary's symbols, the most frequent first, tell its form: of single characters, of longer ones.
Where text has punctuation it is among the first three quarters of these; what comes later may be of numbers only."""

_SENTENCE_MARKS = re.compile(r"[.,;:!?]")
_FEW, _SOME = 0.05, 0.1


@dataclass(frozen=True)
class Form:
    """What is done to hypotheses before a run reads them; None leaves a text alone and asks that it fits.

    Attributes:
        case: "lower", "upper", or "as-is": leave it, and ask no more than that the run knows the symbols.
        punctuation: "remove", or "keep": leave it, and do not ask whether the run's text had any.
    """

    case: Case | None = None
    punctuation: Marks | None = None

    def apply(self, text: str) -> str:
        """The text in this form."""
        if self.punctuation == "remove":
            text = remove_punctuation(text)
        return {"lower": text.lower(), "upper": text.upper()}.get(self.case or "", text)


@dataclass(frozen=True)
class _Style:
    """What a text, or a vocabulary's frequent symbols, look like: shares of what has lower and upper case and marks."""

    lower: float
    upper: float
    marks: float

    @property
    def case(self) -> str:
        """In words."""
        if self.lower < _SOME <= self.upper:
            return "upper case"
        return "lower case" if self.upper < _FEW else "both cases"


def check_form(name: str, codec: Codec, texts: Sequence[str], form: Form) -> None:
    """Check that a run was trained on text like this.

    Args:
        name: the run's, for the message.
        texts: hypotheses as they arrive.
        form: what is done to them.
    Raises:
        ConfigError: they are in another case than the run's text, have punctuation where it has none or none where it
            has, or most of their symbols are unknown to the run. The message says what arrived and what to give.
    """
    read = [codec.clean(form.apply(text)) for text in texts[:: max(1, len(texts) // SAMPLE)]]
    unknown = _unknown_share(codec, read)
    told = f"run {name}: {unknown:.0%} of the symbols in the hypotheses are unknown to it; "
    found, known = _style_of_texts(read), _style_of(codec)
    if not codec.lowercase:
        _check_case(told, found, known, form)
    if codec.punctuation == "keep" and form.punctuation is None:
        _check_marks(told, found, known)
    if unknown > UNKNOWN_BOUND:
        raise ConfigError(
            f"{told}they look like {_shown(read)}",
            hint="take a run that was trained on text in their language and form, or prepare them like its text",
        )


def _check_case(told: str, found: _Style, known: _Style, form: Form) -> None:
    if not found.lower + found.upper or not known.lower + known.upper:
        return
    said = f"{told}they arrive in {found.case}, the text it was trained on is in {known.case}"
    better = "train a run with --set data.lowercase=true, which lowers whatever it reads"
    if found.lower < _FEW and known.lower >= _SOME:
        raise ConfigError(said, hint=f"give --case lower, or {better}")
    if found.upper < _FEW and known.case == "upper case":
        raise ConfigError(said, hint="give --case upper")
    if found.upper < _FEW and known.upper >= _FEW and form.case is None:
        raise ConfigError(said, hint=f"{better}, or give --case as-is to score them so")


def _check_marks(told: str, found: _Style, known: _Style) -> None:
    if found.marks >= _SOME and not known.marks:
        raise ConfigError(
            f"{told}they arrive with punctuation, the text it was trained on has none",
            hint="give --punctuation remove",
        )
    if found.marks < _FEW and known.marks:
        raise ConfigError(
            f"{told}they arrive without punctuation, the text it was trained on has it",
            hint="train a run with --set data.punctuation=remove, or give --punctuation keep to score them so",
        )


def _unknown_share(codec: Codec, texts: Sequence[str]) -> float:
    numbered = [codec.encode(text) for text in texts]
    symbols = sum(len(row) for row in numbered)
    return sum(int((row == codec.unknown_id).sum()) for row in numbered) / max(1, symbols)


def _style_of_texts(texts: Sequence[str]) -> _Style:
    """Of the letters that have case, the shares of either; of the texts, how many hold a mark of a sentence."""
    joined = "".join(texts)
    lower, upper = sum(map(str.islower, joined)), sum(map(str.isupper, joined))
    marked = sum(bool(_SENTENCE_MARKS.search(_without_numbers(text))) for text in texts)
    letters = max(1, lower + upper)
    return _Style(lower / letters, upper / letters, marked / max(1, len(texts)))


def _style_of(codec: Codec) -> _Style:
    """Of the most frequent symbols, the shares with a lower-case letter, with an upper-case letter, with a mark."""
    frequent = _frequent(codec)
    counts = [
        sum(any(map(str.islower, symbol)) for symbol in frequent),
        sum(any(map(str.isupper, symbol)) for symbol in frequent),
        sum(bool(_SENTENCE_MARKS.search(_without_numbers(symbol))) for symbol in frequent[: len(frequent) * 3 // 4]),
    ]
    return _Style(*(count / max(1, len(frequent)) for count in counts))


def _frequent(codec: Codec) -> list[str]:
    """The most frequent symbols as text; of learned pieces an eighth at most: those that never came stand last."""
    first = 1 if codec.end_id is None else 2
    size = codec.size // 8 if codec.tokenizer.pieces() else codec.size
    shown = [codec.decode([number]) for number in range(first, min(size, first + FREQUENT[2]))]
    return shown[: FREQUENT[2 if any(len(symbol) > 1 for symbol in shown) else 1]]


def _without_numbers(text: str) -> str:
    return re.sub(r"\d[.,:]\d", "", text)


def _shown(texts: Sequence[str]) -> str:
    longest = max(texts, key=len, default="")
    return repr(longest[:60] + ("…" if len(longest) > 60 else ""))
