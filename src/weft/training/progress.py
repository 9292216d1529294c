"""Where training stands: all numbers that a checkpoint carries beside its tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from weft.types import Score


@dataclass(frozen=True)
class Best:
    """The best validation so far: after which update, in which epoch (from 0), with which scores (the task's order)."""

    step: int
    epoch: int
    scores: tuple[Score, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, as in ``metrics.json``."""
        return {"step": self.step, "epoch": self.epoch, "scores": [score.to_json() for score in self.scores]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Best:
        """Read back what ``to_json`` gave; a number that a file could not hold is none, and worse than any other."""
        return cls(values["step"], values["epoch"], tuple(Score(**_numbered(score)) for score in values["scores"]))


def _numbered(score: Mapping[str, Any]) -> dict[str, Any]:
    return {key: math.nan if value is None else value for key, value in score.items()}


@dataclass
class Progress:
    """The trainer's place.

    Attributes:
        step: updates done.
        epoch, batch: the next batch to take: its epoch (from 0) and its place inside it.
        tokens: real tokens seen.
        seconds: time spent, all sessions together, validation included.
        best: the best validation so far.
        stale: validations since the best one.
        waiting: validations since the best one or the last plateau reduction.
        reductions: plateau reductions made.
        watched: values of the watched measure in all validations.
        averaged: how many weights the mean is made of (``training.averaging``); 0: there is none.
        window_total, window_count: loss in nats and what it sums over, since the last step line of the log.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best: Best | None = None
    stale: int = 0
    waiting: int = 0
    reductions: int = 0
    watched: list[float] = field(default_factory=list)
    averaged: int = 0
    window_total: float = 0.0
    window_count: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values; every float survives exactly."""
        return {**asdict(self), "best": self.best and self.best.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Progress:
        """Read back what ``to_json`` gave."""
        best = values["best"]
        return cls(**{**values, "best": best and Best.from_json(best)})
