"""What a model says of pairs: by how much it prefers the good one, in nats; above 0 it is right.

A language model compares log p of the prefix with either word, which is log p(good | prefix) - log p(bad | prefix), or
of two whole sentences. A classifier of numbers compares the probability of the verb's number with that of the other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weft.errors import DataError
from weft.labs.agreement.pairs import Pair, PairSet
from weft.model import Model

WORDS, CHARACTERS = ("word", "whitespace"), ("char", "byte")
"""Tokenizers whose symbols are words, and those of characters; the others' symbols are pieces of words."""
AT_ONCE = 2000
"""Texts scored between two words of progress."""
LOOKED_AT = 200
"""Pairs whose words are looked up before any is scored."""
MOST_UNKNOWN = 0.5
CASE_UNKNOWN = 0.05
"""Shares of symbols unknown: above the first nothing is measured; above the second a wrong case is looked for."""
NAMED = 2
"""Words that a message names."""
STRANGE = "does not know the words in which they differ"
EQUAL = 1e-9
"""Log probabilities relatively closer than this are equal: the sums were made in another order."""

LEAST = 1e-300
"""A probability of 0 counts as this."""


@dataclass(frozen=True)
class Verdict:
    """What a model said of N pairs.

    Attributes:
        margins: float64 [N], by how much the good one is preferred, in nats; NaN: not comparable, since a word in which
            the two differ is unknown to the model, or there is nothing it could say.
        blurred: bool [N], a word that both have is unknown to the model.
        why_not: why pairs are not comparable to it: what "it" does not know or do.
    """

    margins: np.ndarray
    blurred: np.ndarray
    why_not: str = STRANGE


@dataclass(frozen=True)
class _Texts:
    """What is scored for a pair: two texts, whether their line ends there, and the words in which they differ."""

    good: str
    bad: str
    end: bool
    words: tuple[str, ...]


def compared(model: Model, pairs: Sequence[Pair], progress: Callable[[str], None]) -> Verdict:
    """What a language model says of pairs."""
    tokenizer = model.config.data.tokenizer  # type: ignore[attr-defined]
    texts = [_texts(pair, tokenizer) for pair in pairs]
    scores: dict[tuple[str, bool], dict[str, Any]] = {}
    for end in (False, True):
        wanted = {text for each in texts if each.end is end for text in (each.good, each.bad)}
        words = set() if end else {word for each in texts for word in each.words}
        scores |= {(text, end): row for text, row in _scored(model, wanted | words, end, progress).items()}
    margins, blurred = np.full(len(pairs), np.nan), np.zeros(len(pairs), dtype=bool)
    for place, each in enumerate(texts):
        good, bad = scores[each.good, each.end], scores[each.bad, each.end]
        if not any(scores[word, False]["unknown"] for word in each.words):
            margins[place] = _margin(good["logp"], bad["logp"])
            blurred[place] = good["unknown"] + bad["unknown"] > 0
    return Verdict(margins, blurred)


def predicted(model: Model, pairs: Sequence[Pair]) -> Verdict:
    """What a classifier of numbers says of pairs with a prefix; nothing of whole sentences."""
    places = [place for place, pair in enumerate(pairs) if pair.prefix and pair.number]
    margins = np.full(len(pairs), np.nan)
    answers = model.predict([str(pairs[place].prefix) for place in places], alternatives=2)
    for place, answer in zip(places, answers, strict=True):
        p = {each["label"]: max(each["probability"], LEAST) for each in answer["alternatives"]}
        right = p.pop(str(pairs[place].number))
        margins[place] = math.log(right) - math.log(sum(p.values()))
    return Verdict(margins, np.zeros(len(pairs), dtype=bool))


def check_words(model: Model, name: str, pairs: PairSet) -> None:
    """See that a language model knows the words of pairs, as they are written.

    Raises:
        DataError: it does not know most of them, or it knows them in lower case only.
    """
    step = max(1, len(pairs.pairs) // LOOKED_AT)
    texts = [
        pair.sentences()[0] if pair.prefix is None else f"{pair.prefix} {pair.good}" for pair in pairs.pairs[::step]
    ]
    unknown = _unknown(model, texts)
    small = _unknown(model, [text.lower() for text in texts])
    if unknown > CASE_UNKNOWN and small < unknown / 2:
        raise DataError(
            f"{pairs.name}: {unknown:.0%} of the words are unknown to {name}, and {small:.0%} in lower case:"
            " it was trained on text in lower case and takes words as they are written",
            hint="train it with data.lowercase = true, which lowers what it reads as well, or measure other pairs",
        )
    if unknown > MOST_UNKNOWN:
        raise DataError(
            f"{pairs.name}: {unknown:.0%} of the words are unknown to {name}, so it cannot be measured on these pairs",
            hint="measure a model trained on text of this kind, cut into words and in the case of the pairs",
        )


def strange_words(model: Model, pairs: Sequence[Pair]) -> str:
    """The first words that a language model does not know, of those in which pairs differ: ``zorbs, zorb, …``."""
    tokenizer = model.config.data.tokenizer  # type: ignore[attr-defined]
    words = list(dict.fromkeys(word for pair in pairs for word in _texts(pair, tokenizer).words))
    rows = model.score(words, end=False)
    strange = [word.strip() for word, row in zip(words, rows, strict=True) if row["unknown"]]
    return ", ".join(strange[:NAMED]) + (", …" if len(strange) > NAMED else "")


def _texts(pair: Pair, tokenizer: str) -> _Texts:
    """A word is compared up to its end: to a model of characters 'chase' is also the beginning of 'chases'."""
    if pair.prefix is None:
        return _Texts(pair.good, pair.bad, end=True, words=_differing(pair))
    good, bad = (f"{pair.prefix} {word}".strip() for word in (pair.good, pair.bad))
    if tokenizer in WORDS:
        return _Texts(good, bad, end=False, words=(pair.good, pair.bad))
    if tokenizer in CHARACTERS:
        return _Texts(f"{good} ", f"{bad} ", end=False, words=(f"{pair.good} ", f"{pair.bad} "))
    return _Texts(*pair.sentences(), end=True, words=(pair.good, pair.bad))


def _differing(pair: Pair) -> tuple[str, ...]:
    """The words that one of two sentences has and the other has not, or less often."""
    good, bad = Counter(pair.good.split()), Counter(pair.bad.split())
    return tuple(sorted((good - bad) + (bad - good)))


def _scored(model: Model, texts: set[str], end: bool, progress: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """The score of each text; texts of like length are run together."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    rows: list[dict[str, Any]] = []
    for start in range(0, len(ordered), AT_ONCE):
        rows += model.score(ordered[start : start + AT_ONCE], end=end)
        if len(ordered) > AT_ONCE:
            progress(f"{len(rows):,} of {len(ordered):,} texts scored")
    return dict(zip(ordered, rows, strict=True))


def _margin(good: float, bad: float) -> float:
    return 0.0 if math.isclose(good, bad, rel_tol=EQUAL) else good - bad


def _unknown(model: Model, texts: Sequence[str]) -> float:
    """The share of symbols that the model does not know."""
    rows = model.score(texts, end=False)
    unknown, symbols = (sum(int(row[key]) for row in rows) for key in ("unknown", "symbols"))
    return unknown / max(1, symbols)
