"""Each text alone, by the loop kernel, in float32 against the reference's float64: what float32 loses."""

from __future__ import annotations

from weft.verify._contract import OTHER_PRECISION, Answers, Texts, Way
from weft.verify._subject import REFERENCE, Subject, kernel


def answer(subject: Subject, texts: Texts) -> Answers:
    """The reference in the run's own precision."""
    with kernel(subject.module, REFERENCE):
        return subject.alone(texts)


ways = {"": Way(OTHER_PRECISION, "float32 is too coarse for this network", answer)}
