"""Each text alone, twice from the same random seed, the second time in reverse order: another call came before."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from weft.data.batching import pad
from weft.verify._contract import SAME, Answers, Texts, Way
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """From the last to the first."""
    return _in_order(subject, texts, range(len(texts) - 1, -1, -1))


def base(subject: Subject, texts: Texts) -> Answers:
    """From the first to the last."""
    return _in_order(subject, texts, range(len(texts)))


def _in_order(subject: Subject, texts: Texts, order: Iterable[int]) -> Answers:
    """Alone, because what a call left behind may not fit a batch; seeded anew for each text."""
    found = {}
    for place in order:
        torch.manual_seed(subject.seed + place)
        found[place] = subject.read(*pad([texts[place]]))[0]
    return [found[place] for place in range(len(texts))]


ways = {"": Way(SAME, "a call leaves something behind that changes the next one", answer, base=base)}
