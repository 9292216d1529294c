"""In batches of the longest beside the shortest texts: as much padding as can be."""

from __future__ import annotations

from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._layouts import unlike_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """The longest beside the shortest."""
    return subject.in_batches(texts, unlike_lengths(texts))


ways = {"": Way(REORDERED, "padding changes the answer", answer)}
