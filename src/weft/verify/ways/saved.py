"""Saved to a run folder, loaded again, and run like padded."""

from __future__ import annotations

from weft.verify._contract import SAME, Answers, Texts, Way
from weft.verify._layouts import like_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """The batches of ``padded``, by the network that came back."""
    return subject.in_batches(texts, like_lengths(texts), module=subject.reloaded)


ways = {"": Way(SAME, "something that decides the answer is not saved", answer, against="padded")}
