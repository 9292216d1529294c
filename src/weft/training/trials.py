"""Random search: seeded draws from a recipe's ``[search]`` ranges, each trial a run of its own."""

from __future__ import annotations

import math
import random
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.bundle import CHECKPOINTS, is_run, write_json, writing
from weft.config import Range, Recipe
from weft.errors import ConfigError, RunError, WeftError
from weft.training.listeners import Listener
from weft.training.loop import better
from weft.training.run import Summary, train
from weft.types import Files, Score

TABLE = "trials.json"
BEST = "best"


@dataclass(frozen=True)
class Trial:
    """One draw: its number (from 1), the values drawn by key, and its watched score or the error that ended it."""

    number: int
    settings: Mapping[str, Any]
    score: Score | None = None
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``trials.json``."""
        return {**vars(self), "settings": dict(self.settings), "score": self.score and self.score.to_json()}
