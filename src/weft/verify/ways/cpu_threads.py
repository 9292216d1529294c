"""With two CPU threads for each computation against one."""

from __future__ import annotations

import torch

from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._layouts import like_lengths
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """The batches of ``padded``."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        return subject.in_batches(texts, like_lengths(texts))
    finally:
        torch.set_num_threads(before)


ways = {"": Way(REORDERED, "the number of CPU threads changes the answer", answer, against="padded")}
