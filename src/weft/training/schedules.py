"""Learning-rate schedules: the factor on the start rate as a pure function of where training stands.

Nothing here remembers anything, so a resumed run needs only its step, its epoch and its count of plateau reductions.
"""

from __future__ import annotations

import math

from weft.config import Training


def factor(config: Training, *, step: int, epoch: int, total_steps: int, reductions: int) -> float:
    """What the start rate is multiplied by for one update.

    Args:
        config: schedule, its numbers, and ``warmup_steps``.
        step: updates done before this one.
        epoch: whole epochs done before this one.
        total_steps: updates of the whole training (cosine reaches 0 after the last).
        reductions: times the watched measure stood still for too long (plateau).
    """
    warmup = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    match config.schedule:
        case "constant":
            return warmup
        case "step":
            return warmup * config.schedule_factor ** _count(config, epoch)
        case "halving":
            return float(warmup * 0.5 ** _count(config, epoch))
        case "plateau":
            return warmup * config.schedule_factor**reductions
        case "cosine":
            done = max(0, step - config.warmup_steps) / max(1, total_steps - config.warmup_steps)
            return warmup * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))


def _count(config: Training, epoch: int) -> int:
    """Reductions before epoch ``epoch`` (from 0): the first after ``schedule_after`` epochs (0: after
    ``schedule_every``), the others every ``schedule_every``."""
    first = config.schedule_after or config.schedule_every
    return 0 if epoch < first else 1 + (epoch - first) // config.schedule_every
