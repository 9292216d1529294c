"""The same batches twice in a row from different random seeds."""

from __future__ import annotations

import torch

from weft.verify._contract import SAME, Answers, Texts, Way
from weft.verify._layouts import like_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """From another seed."""
    torch.manual_seed(subject.seed + 1)
    return subject.in_batches(texts, like_lengths(texts))


def base(subject: Subject, texts: Texts) -> Answers:
    """From the certificate's seed."""
    torch.manual_seed(subject.seed)
    return subject.in_batches(texts, like_lengths(texts))


ways = {"": Way(SAME, "the answer is drawn at random", answer, base=base)}
