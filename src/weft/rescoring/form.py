"""Case and punctuation of hypotheses, references and a run's text, brought together; where they differ it is an error.

A run reads every text in the form it was trained on (``data.lowercase``, ``data.punctuation``), so hypotheses need no
more where these were set. ``Form`` is for runs that were trained on text prepared otherwise.
"""

from __future__ import annotations

import operator
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

NO_CAPITALS, CAPITALS = 0.01, 0.03
"""Share of words with a capital: below the first a text is in lower case, from the second on in both cases. English
prose has 9 to 20 % (2 to 5 % of the letters), and of the 200 most frequent words or pieces of it 5 to 30 % have one."""

ENOUGH, ENOUGH_SYMBOLS = 30, 10
"""So many words, or frequent symbols, without a capital say that a text has none: where every tenth word has a capital,
30 words without one come by chance in one sample of 24."""

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


AS_IT_CAME = Form()


@dataclass(frozen=True)
class _Style:
    """What words, or a vocabulary's frequent symbols, look like.

    Attributes:
        n: how many have letters with case.
        lower, upper: shares of these with a lower-case letter, with a capital.
        marks: share of the texts, or symbols, with a mark of a sentence.
        enough: whether there are so many that a lack of capitals says something.
    """

    n: int
    lower: float
    upper: float
    marks: float
    enough: bool

    @property
    def case(self) -> str:
        """In words."""
        if self.lower < _SOME <= self.upper:
            return "upper case"
        if self.upper >= CAPITALS:
            return "both cases"
        return "lower case" if self.upper < NO_CAPITALS else "mostly lower case"

    def differs(self, other: _Style) -> bool:
        """Whether their cases surely do; of too few words without capitals, or with hardly any, nobody can say."""
        if not self.n or not other.n:
            return False
        cases = {self.case: self, other.case: other}
        if "upper case" in cases:
            return len(cases) == 2
        return cases.keys() == {"lower case", "both cases"} and cases["lower case"].enough


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
    read = [codec.clean(form.apply(text)) for text in _sample(texts)]
    unknown = _unknown_share(codec, read)
    share = f"{unknown:.0%}"
    told = f"run {name}: " + (f"{share} of the symbols in the hypotheses are unknown to it; " if share != "0%" else "")
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


def check_references(name: str, references: Sequence[str], texts: Sequence[str], form: Form) -> None:
    """Check that word errors can be counted: what was said is written like the hypotheses.

    Args:
        name: of the file, for the message.
        references: what was said; empty ones are passed over.
        texts: hypotheses as they arrive.
        form: what is done to both before errors are counted.
    Raises:
        ConfigError: they are in another case, or only one side has punctuation. The hint says what to give.
    """
    references = [text for text in references if text.split()]
    if not references or not texts:
        return
    said, found = (_style_of_texts([form.apply(text) for text in _sample(each)]) for each in (references, texts))
    if said.differs(found):
        raise ConfigError(
            f"{name}: references are in {said.case}, hypotheses in {found.case}, and equal words would count as errors",
            hint="give --case lower or --case upper, as the runs read it: word errors are then counted in that case",
        )
    if min(said.marks, found.marks) < _FEW and max(said.marks, found.marks) >= _SOME:
        with_marks, without = ("references", "hypotheses") if said.marks > found.marks else ("hypotheses", "references")
        raise ConfigError(
            f"{name}: {with_marks} have punctuation, {without} have none, and equal words would count as errors",
            hint="give --punctuation remove: word errors are then counted without punctuation",
        )


def _check_case(told: str, found: _Style, known: _Style, form: Form) -> None:
    if not found.differs(known):
        return
    said = f"{told}they arrive in {found.case}, the text it was trained on is in {known.case}"
    better = "train a run with --set data.lowercase=true, which lowers whatever it reads"
    if found.case == "upper case":
        raise ConfigError(said, hint=f"give --case lower, or {better}")
    if known.case == "upper case":
        raise ConfigError(said, hint="give --case upper")
    if form.case is None:
        mend = better if found.case == "lower case" else "give --case lower, which is what it reads"
        raise ConfigError(said, hint=f"{mend}, or give --case as-is to score them so")


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
    """Of the words that have case, the shares with either; of the texts, how many hold a mark of a sentence."""
    return _style([word for text in texts for word in text.split()], ENOUGH, marked=texts)


def _style_of(codec: Codec) -> _Style:
    """The same of the most frequent symbols."""
    frequent = _frequent(codec)
    return _style(frequent, ENOUGH_SYMBOLS, marked=frequent[: len(frequent) * 3 // 4])


def _style(words: Sequence[str], enough: int, *, marked: Sequence[str]) -> _Style:
    lower, upper = ([any(map(kind, word)) for word in words] for kind in (str.islower, str.isupper))
    n = sum(map(operator.or_, lower, upper))
    marks = sum(bool(_SENTENCE_MARKS.search(_without_numbers(text))) for text in marked)
    return _Style(n, sum(lower) / max(1, n), sum(upper) / max(1, n), marks / max(1, len(marked)), n >= enough)


def _frequent(codec: Codec) -> list[str]:
    """The most frequent symbols as text.

    A vocabulary that is kept whole ends in the symbols that never came, in their alphabetical order; they tell nothing.
    """
    first = 1 if codec.end_id is None else 2
    last = codec.size
    if codec.tokenizer.pieces():
        while last > first + 1 and codec.symbols[last - 2] < codec.symbols[last - 1]:
            last -= 1
    shown = [codec.decode([number]) for number in range(first, min(last, first + FREQUENT[2]))]
    return shown[: FREQUENT[2 if any(len(symbol) > 1 for symbol in shown) else 1]]


def _sample(texts: Sequence[str]) -> Sequence[str]:
    return texts[:: max(1, len(texts) // SAMPLE)]


def _without_numbers(text: str) -> str:
    return re.sub(r"\d[.,:]\d", "", text)


def _shown(texts: Sequence[str]) -> str:
    longest = max(texts, key=len, default="")
    return repr(longest[:60] + ("…" if len(longest) > 60 else ""))
