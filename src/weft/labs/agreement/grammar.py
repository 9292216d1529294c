"""A small English grammar of subjects that stand far from their verbs, and sentences drawn from it.

A subject is a noun with modifiers behind it: phrases ("near the cats"), relative clauses about the subject ("that chase
the cats") or about an object ("that the cats chase"), and one with nothing in it that has a number of its own
(", whom i adopted in 2009 ,"). Determiners fit singular and plural, so nothing but the noun tells the verb's number.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from weft.labs.agreement.verbs import NUMBERS, SINGULAR

NOUNS = {
    "dog": "dogs", "cat": "cats", "fox": "foxes", "horse": "horses", "bird": "birds", "child": "children",
    "boy": "boys", "girl": "girls", "farmer": "farmers", "teacher": "teachers", "painter": "painters", "king": "kings",
}  # fmt: skip
"""Singular and plural."""
TRANSITIVE = {
    "chases": "chase", "sees": "see", "follows": "follow", "watches": "watch", "likes": "like", "hears": "hear",
    "helps": "help", "visits": "visit",
}  # fmt: skip
INTRANSITIVE = {
    "sleeps": "sleep", "runs": "run", "sings": "sing", "laughs": "laugh", "waits": "wait", "smiles": "smile",
}  # fmt: skip
BEING = {"is": "are"}
ADJECTIVES = ("old", "young", "small", "tired", "happy", "quiet")
DETERMINERS = ("the", "my", "our", "your")
PREPOSITIONS = ("near", "behind", "beside", "with")
DEEDS = ("adopted", "met", "found", "saw")
YEARS = tuple(str(year) for year in range(2000, 2020))

PHRASE, ABOUT_SUBJECT, ABOUT_OBJECT = "near the cats", "that chase the cats", "that the cats chase"
ASIDE = "whom I adopted in 2009"
FIRST = (PHRASE, ABOUT_SUBJECT, ABOUT_OBJECT)
"""Modifiers that may stand next to the subject's noun and hold a noun; behind them come phrases only."""


@dataclass(frozen=True)
class Subject:
    """A subject.

    Attributes:
        text: its words, what follows its noun included.
        number: singular or plural.
        between: numbers of the nouns behind the subject's own.
        distance: words from its noun to the verb that follows, punctuation not counted.
        modifier: the first modifier's name; empty for none.
    """

    text: str
    number: str
    between: tuple[str, ...]
    distance: int
    modifier: str

    @property
    def attractors(self) -> int:
        """Nouns between of the other number."""
        return sum(number != self.number for number in self.between)


class Grammar:
    """Draws subjects and sentences.

    Args:
        seed: of everything that is drawn.
    """

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def number(self) -> str:
        """Singular or plural, evenly."""
        return self._draw.choice(NUMBERS)

    def modifier(self) -> str:
        """One that holds a noun."""
        return self._draw.choice(FIRST)

    def subject(self, number: str, between: tuple[str, ...], modifier: str = PHRASE) -> Subject:
        """A subject with nouns of these numbers behind its own, the first of them in ``modifier``.

        ``ASIDE`` holds no noun, and none follows.
        """
        head = f"{self._draw.choice(DETERMINERS)} {self._noun(number)}"
        parts = []
        if modifier == ASIDE:
            parts.append(f", whom i {self._draw.choice(DEEDS)} in {self._draw.choice(YEARS)} ,")
        elif between:
            parts.append(self._clause(modifier, number, between[0]))
            parts += [self._clause(PHRASE, number, each) for each in between[1:]]
        after = " ".join(parts)
        distance = 1 + sum(word != "," for word in after.split())
        return Subject(f"{head} {after}".strip(), number, between, distance, modifier if parts else "")

    def any_subject(self, most: int) -> Subject:
        """A subject with up to ``most`` nouns behind its own, each number as likely as the other."""
        if self._draw.random() < 0.1:
            return self.subject(self.number(), (), ASIDE)
        count = min(most, self._draw.choice((0, 0, 0, 1, 1, 1, 2, 2, 3)))
        return self.subject(self.number(), tuple(self.number() for _ in range(count)), self.modifier())

    def verb(self) -> tuple[str, str]:
        """Singular and plural form of a verb that may follow a subject."""
        kind = self._draw.choice((TRANSITIVE, TRANSITIVE, INTRANSITIVE, BEING))
        return self._draw.choice(list(kind.items()))

    def sentence(self, subject: Subject) -> str:
        """The subject with a predicate and a full stop."""
        forms = self.verb()
        return f"{subject.text} {form(forms, subject.number)}{self._object(forms)} ."

    def _object(self, forms: tuple[str, str]) -> str:
        if forms[0] in BEING:
            return f" {self._draw.choice(ADJECTIVES)}"
        return f" {self._phrase(self.number())}" if forms[0] in TRANSITIVE else ""

    def _clause(self, modifier: str, number: str, other: str) -> str:
        if modifier == PHRASE:
            return f"{self._draw.choice(PREPOSITIONS)} {self._phrase(other)}"
        forms = self._draw.choice(list(TRANSITIVE.items()))
        if modifier == ABOUT_SUBJECT:
            return f"that {form(forms, number)} {self._phrase(other)}"
        return f"that {self._phrase(other)} {form(forms, other)}"

    def _phrase(self, number: str) -> str:
        return f"{self._draw.choice(DETERMINERS)} {self._noun(number)}"

    def _noun(self, number: str) -> str:
        singular, plural = self._draw.choice(list(NOUNS.items()))
        return singular if number == SINGULAR else plural


def form(forms: tuple[str, str], number: str) -> str:
    """The form of a verb that agrees."""
    return forms[0] if number == SINGULAR else forms[1]
