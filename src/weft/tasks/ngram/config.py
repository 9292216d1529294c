"""What the recipe of an n-gram model may say: the next symbol from the few before it, by counts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from weft.config import Fitting, Recipe, Section, TextData

LONGEST = 20


class Counting(Fitting):
    """An n-gram model has no updates, so no rates, batches or epochs; and it runs on the CPU."""

    device: Literal["auto", "cpu"] = "auto"


class NGrams(Section):
    """What is counted."""

    order: int = Field(3, ge=1, le=LONGEST, description="symbols of the longest n-grams: 3 predicts from the last two")
    prune: list[int] = Field(
        [], description="n-grams seen at most so often are left out, by order; the last number goes on for higher ones"
    )


class Config(Recipe):
    """Recipe of task ``ngram``."""

    task: Literal["ngram"] = "ngram"
    data: TextData = TextData()
    model: NGrams = NGrams()
    training: Counting = Counting()

    @model_validator(mode="after")
    def _prunes_in_order(self) -> Config:
        prune, order = self.model.prune, self.model.order
        if len(prune) > order:
            raise ValueError(f"model.prune has {len(prune)} numbers, but model.order is {order}")
        if prune and (prune[0] != 0 or prune != sorted(prune)):
            raise ValueError(f"model.prune must begin with 0 (single symbols stay) and never fall, got {prune}")
        return self
