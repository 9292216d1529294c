"""The ragged batches with other symbols standing in the padding."""

from __future__ import annotations

import torch

from weft.data.batching import pad
from weft.verify._contract import SAME, Answers, Texts, Way
from weft.verify._layouts import unlike_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """Padding holds symbols drawn at random."""
    draw = subject.draw(texts)

    def run(batch: Texts) -> Answers:
        ids, lengths = pad(batch)
        drawn = torch.from_numpy(draw.integers(subject.symbols, size=ids.shape))
        real = torch.arange(ids.shape[1]) < lengths.unsqueeze(1)
        return subject.read(torch.where(real, ids, drawn), lengths)

    return subject.by_batch(texts, unlike_lengths(texts), run)


ways = {"": Way(SAME, "what stands in the padding changes the answer", answer, against="ragged")}
