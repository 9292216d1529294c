"""Symbol by symbol, many texts side by side, the state carried and its rows taken out as texts end."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from torch import Tensor

from weft.nn import select_rows
from weft.types import Network, Reader
from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._subject import Subject


def answer(subject: Subject, texts: Texts) -> Answers:
    """``begin`` once, ``step`` for every symbol."""
    return read_on(subject, cast(Network, subject.module), texts)


def read_on(subject: Subject, reader: Reader, texts: Texts) -> Answers:
    """The texts' answers by ``begin`` and ``step`` of ``reader``."""
    said: list[list[Tensor]] = [[] for _ in texts]
    going = list(range(len(texts)))
    with torch.inference_mode():
        state = reader.begin(len(texts))
        for step in range(max(map(len, texts))):
            on = [place for place, text in enumerate(going) if step < len(texts[text])]
            if len(on) < len(going):
                state, going = select_rows(state, on), [going[place] for place in on]
            ids = torch.from_numpy(np.array([texts[text][step] for text in going]))
            y, state = reader.step(ids, state)
            for text, row in zip(going, y, strict=True):
                said[text].append(row.unsqueeze(0) if subject.in_step else row)
    return subject.pieced(said)


ways = {"": Way(REORDERED, "reading symbol by symbol gives another answer than reading at once", answer)}
