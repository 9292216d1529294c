"""The batches of like length, each padded by 50 places more."""

from __future__ import annotations

from weft.data.batching import pad
from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._layouts import like_lengths
from weft.verify._subject import Subject, longer

MORE = 50


def answer(subject: Subject, texts: Texts) -> Answers:
    """No text reaches the end of its batch."""

    def run(batch: Texts) -> Answers:
        ids, lengths = pad(batch)
        return subject.read(longer(ids, MORE), lengths)

    return subject.by_batch(texts, like_lengths(texts), run)


ways = {"": Way(REORDERED, "the amount of padding changes the answer", answer)}
