"""Each text among seven others cut or repeated to its length: no padding, only company."""

from __future__ import annotations

import numpy as np
import torch

from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._subject import Subject

OTHERS = 7


def answer(subject: Subject, texts: Texts) -> Answers:
    """Each text at a place drawn at random in a batch of its own."""
    draw = subject.draw(texts)
    answers: Answers = []
    for text in texts:
        batch = [np.resize(texts[other], len(text)) for other in draw.integers(len(texts), size=OTHERS)]
        place = int(draw.integers(OTHERS + 1))
        batch.insert(place, text)
        lengths = torch.full((len(batch),), len(text))
        y, _ = subject.piece(torch.from_numpy(np.stack(batch)), lengths, None)
        answers += subject.decided(y[place : place + 1], lengths[:1])
    return answers


ways = {"": Way(REORDERED, "the texts beside a text change its answer", answer)}
