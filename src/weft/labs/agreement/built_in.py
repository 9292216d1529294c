"""What is measured without any data: pairs made on the spot, and sentences of the same words to train on.

A model never trains on the subject of a pair, unless that is a noun alone. Up to six nouns stand between subject and
verb in the pairs, up to three in training: what is right with four or more is right beyond what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from weft.bundle import write_text, writing
from weft.labs.agreement.grammar import ASIDE, Grammar, Subject, form
from weft.labs.agreement.pairs import Pair, PairSet
from weft.labs.agreement.supervision import write_examples
from weft.labs.agreement.verbs import opposite

NAME = "built-in"
MOST_BETWEEN, MOST_IN_TRAINING = 6, 3
DECK = tuple(
    Pair(good, bad, prefix=prefix, attractors=0, distance=distance)
    for prefix, good, bad, distance in (
        ("My dog", "chases", "chase", 1),
        ("My dogs", "chase", "chases", 1),
        ("My dog, whom I adopted in 2009,", "chases", "chase", 6),
        ("My dogs, whom I adopted in 2009,", "chase", "chases", 6),
    )
)
"""The smallest example: a pair next to its subject, and with words between."""


@dataclass(frozen=True)
class Size:
    """How much is made.

    Attributes:
        pairs: of each number of nouns between, of the subject's number and of the other.
        sentences: to train language models on; a twentieth as many to validate on.
        subjects: to train number prediction on; a tenth as many to validate on.
    """

    pairs: int = 100
    sentences: int = 12_000
    subjects: int = 3_000


DEFAULT, FULL = Size(), Size(pairs=400, sentences=40_000, subjects=12_000)


def pairs(size: Size, seed: int) -> PairSet:
    """The pairs: nouns between are all of the other number than the subject's, or all of its own."""
    grammar = Grammar(seed)
    made = list(DECK)
    for count in range(MOST_BETWEEN + 1):
        for other in (False, True) if count else (False,):
            made += [_pair(grammar, _subject(grammar, count, other=other)) for _ in range(size.pairs)]
    made += [_pair(grammar, grammar.subject(grammar.number(), (), ASIDE)) for _ in range(size.pairs)]
    return PairSet(NAME, tuple(made))


def write_training(folder: Path, known: PairSet, size: Size, seed: int) -> None:
    """Write ``train.txt`` and ``valid.txt``, a sentence a line; ``subjects.tsv`` and ``held-out.tsv`` with numbers.

    Raises:
        RunError: the folder cannot be written.
    """
    grammar = Grammar(seed + 1)
    subjects = _others(grammar, {_as_drawn(str(pair.prefix)) for pair in known.pairs})
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("valid", size.sentences // 20), ("train", size.sentences)):
        lines = (grammar.sentence(next(subjects)) for _ in range(count))
        write_text(folder / f"{name}.txt", "".join(f"{line}\n" for line in lines))
    for name, count in (("held-out", size.subjects // 10), ("subjects", size.subjects)):
        drawn = (next(subjects) for _ in range(count))
        write_examples(folder / f"{name}.tsv", ((subject.text, subject.number) for subject in drawn))


def _subject(grammar: Grammar, count: int, *, other: bool) -> Subject:
    number = grammar.number()
    return grammar.subject(number, (opposite(number) if other else number,) * count, grammar.modifier())


def _pair(grammar: Grammar, subject: Subject) -> Pair:
    forms = grammar.verb()
    good, bad = form(forms, subject.number), form(forms, opposite(subject.number))
    return Pair(
        good,
        bad,
        prefix=subject.text,
        attractors=subject.attractors,
        distance=subject.distance,
        group=subject.modifier or "noun alone",
    )


def _as_drawn(prefix: str) -> str:
    """A prefix as the grammar writes it: in lower case, a space before each comma."""
    return " ".join(prefix.lower().replace(",", " , ").split())


def _others(grammar: Grammar, kept_out: set[str]) -> Iterator[Subject]:
    """Subjects without end; one with a modifier is none of ``kept_out``."""
    while True:
        subject = grammar.any_subject(MOST_IN_TRAINING)
        if not subject.modifier or subject.text not in kept_out:
            yield subject
