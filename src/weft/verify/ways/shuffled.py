"""In batches drawn at random, in random order."""

from __future__ import annotations

from weft.verify import _layouts
from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """Any text beside any."""
    return subject.in_batches(texts, _layouts.shuffled(texts, subject.draw(texts)))


ways = {"": Way(REORDERED, "the order of the texts changes the answer", answer)}
