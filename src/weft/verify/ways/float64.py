"""All numbers in float64, by the loop kernel, without padding: what float32 loses."""

from __future__ import annotations

from weft.verify._contract import OTHER_PRECISION, Answers, Texts, Way
from weft.verify._layouts import equal_lengths
from weft.verify._subject import REFERENCE, Subject, kernel


def answer(subject: Subject, texts: Texts) -> Answers:
    """Texts of equal length together."""
    with kernel(subject.wide, REFERENCE):
        return subject.in_batches(texts, equal_lengths(texts), module=subject.wide)


ways = {"": Way(OTHER_PRECISION, "float32 is too coarse for this network", answer)}
