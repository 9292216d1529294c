"""Which words are nouns, and of which number, and three answers that look at nouns only: shortcuts, no grammar.

The agreement sentences are not tagged. A word that a treebank has is a noun if most of its tags there are noun tags,
plural if most of those are; a word it does not have is judged by its ending. How often that is right is measured where
the data tells: without attractors the last noun must have the verb's number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.labs.agreement.pairs import Pair, Slice
from weft.labs.agreement.verbs import NUMBERS, PLURAL, SINGULAR, opposite

NOUN_TAGS = {"NN": SINGULAR, "NNP": SINGULAR, "NNS": PLURAL, "NNPS": PLURAL}
"""The Penn Treebank's."""
NO_PLURAL = ("ss", "us", "is", "'s")
NO_NOUN = ("ly", "ed", "ing", "al", "ic", "ous", "ive", "able", "ary", "less", "ful")
"""Endings of words in -s that are no plurals, and of words that are seldom nouns."""

Nouns = Callable[[str], str | None]
"""A word's number; None: it is no noun."""


def learn_nouns(path: Path) -> Nouns:
    """Read a treebank in CoNLL-U with the Penn Treebank's tags in column ``xpos``.

    Raises:
        DataError: it cannot be read.
    """
    records = read_records([path], {"words": "form", "tags": "xpos"}, problems=Problems())
    known = nouns_of((word, tag) for record in records for word, tag in _rows(record.values))
    return lambda word: known[word] if word in known else by_ending(word)


def nouns_of(tagged: Iterable[tuple[str, str]]) -> Mapping[str, str | None]:
    """The number of each word of a tagged text; None where most of its tags are no nouns'."""
    counts: dict[str, Counter[str | None]] = {}
    for word, tag in tagged:
        counts.setdefault(word.lower(), Counter())[NOUN_TAGS.get(tag)] += 1
    return {word: _number(count) for word, count in counts.items()}


def by_ending(word: str) -> str | None:
    """What the ending of a word says."""
    if not word[:1].isalpha() or word.endswith(NO_NOUN):
        return None
    return PLURAL if word.endswith("s") and not word.endswith(NO_PLURAL) else SINGULAR


def noun_numbers(prefix: str, nouns: Nouns) -> list[str]:
    """The numbers of the nouns of a text, in order."""
    return [number for word in prefix.split() if (number := nouns(word))]


def shortcuts(pairs: Sequence[Pair], nouns: Nouns, usual: str) -> dict[str, np.ndarray]:
    """Which pairs each shortcut answers rightly, bool [N]. Without a noun, or on a tie, they say what is ``usual``."""
    numbers = [noun_numbers(str(pair.prefix), nouns) for pair in pairs]
    wanted = [pair.number for pair in pairs]
    answers = {
        "last noun": [own[-1] if own else usual for own in numbers],
        "opposite of the last noun": [opposite(own[-1]) if own else usual for own in numbers],
        "majority of nouns": [_majority(own, usual) for own in numbers],
        f"always {usual}": [usual] * len(pairs),
    }
    return {name: np.array([a == b for a, b in zip(own, wanted, strict=True)]) for name, own in answers.items()}


def balanced(pairs: Sequence[Pair], nouns: Nouns) -> Slice:
    """A part in which the last noun's number says nothing of the verb's: as many pairs of each of the four kinds."""
    cells: dict[tuple[str, str], list[int]] = {(verb, noun): [] for verb in NUMBERS for noun in NUMBERS}
    for place, pair in enumerate(pairs):
        numbers = noun_numbers(str(pair.prefix), nouns)
        if numbers and pair.number:
            cells[pair.number, numbers[-1]].append(place)
    least = min(len(places) for places in cells.values())
    return "last noun balanced", np.sort([place for places in cells.values() for place in places[:least]]).astype(int)


def reliability(pairs: Sequence[Pair], nouns: Nouns) -> str:
    """How far the nouns found can be trusted, in a sentence."""
    last = [(pair, numbers[-1]) for pair in pairs if (numbers := noun_numbers(str(pair.prefix), nouns))]
    plain = [number == pair.number for pair, number in last if pair.attractors == 0]
    drawn = [number != pair.number for pair, number in last if pair.attractors]
    return (
        f"nouns are found with the words of a treebank, others by their ending: the last one found has the verb's"
        f" number in {_percent(plain)} of the sentences without attractors and the other number in {_percent(drawn)} of"
        f" those with some; {len(pairs) - len(last)} of {len(pairs)} have none"
    )


def _rows(values: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, str]]:
    return zip(values["words"], values["tags"], strict=True)


def _number(count: Counter[str | None]) -> str | None:
    nouns = count[SINGULAR] + count[PLURAL]
    if 2 * nouns <= count.total():
        return None
    return PLURAL if 2 * count[PLURAL] > nouns else SINGULAR


def _majority(numbers: Sequence[str], usual: str) -> str:
    plural = 2 * numbers.count(PLURAL)
    if plural == len(numbers):
        return usual
    return PLURAL if plural > len(numbers) else SINGULAR


def _percent(hits: Sequence[bool]) -> str:
    return f"{np.mean(hits):.1%}" if hits else "none"
