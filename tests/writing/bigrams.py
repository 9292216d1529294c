"""A decoder that says which symbol follows which in some lines: exact, and without a network."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from weft.config import TextData
from weft.data.codec import Codec
from weft.types import State, Step
from weft.writing import Author


class Bigrams:
    """p of the next symbol after the last one, counted in lines; the state is everything that was read.

    Attributes:
        read: the texts that rows were begun from, in their order: one symbol row each time one row becomes several.
    """

    def __init__(self, codec: Codec, lines: list[str]) -> None:
        counts = torch.full((codec.size, codec.size), 0.0, dtype=torch.float64)
        for line in lines:
            ids = [codec.end_id, *codec.encode(line).tolist(), codec.end_id]
            for before, after in pairwise(ids):
                counts[before, after] += 1
        counts[counts.sum(dim=1) == 0, codec.end_id] = 1
        self.logp = (counts / counts.sum(dim=1, keepdim=True)).log()
        self.read: list[list[int]] = []

    def start(self, n: int) -> State:
        return {"read": torch.zeros(n, 0, dtype=torch.int64)}

    def step(self, state: State, ids: Tensor) -> Step:
        return Step(self.logp[ids], {"read": torch.cat([state["read"], ids[:, None]], dim=1)})

    def select(self, state: State, rows: Tensor) -> State:
        if len(state["read"]) == 1:
            self.read.append(state["read"][0].tolist())
        return {"read": state["read"][rows]}


def author(lines: list[str], *, tokenizer: str = "word") -> tuple[Author, Bigrams, Codec]:
    """An author over bigrams of lines."""
    data = TextData(tokenizer=tokenizer)
    codec = Codec.learn(lines, data, end=True)
    decoder = Bigrams(codec, lines)
    return Author(decoder, codec, data, torch.device("cpu")), decoder, codec
