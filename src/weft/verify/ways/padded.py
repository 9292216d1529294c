"""In batches of like length, as predict and score run: a little padding."""

from __future__ import annotations

from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._layouts import like_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """Neighbours in length together."""
    return subject.in_batches(texts, like_lengths(texts))


ways = {"": Way(REORDERED, "a batch changes the answer", answer)}
