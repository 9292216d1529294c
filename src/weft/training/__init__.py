"""Training: from a recipe and files to a run that survives a crash."""

from weft.training.listeners import (
    Begun,
    Checkpointed,
    Ended,
    Listener,
    Listeners,
    Stepped,
    Stopping,
    Validated,
    Working,
)
from weft.training.outcome import Outcome, Summary
from weft.training.run import train, train_task
from weft.training.trials import Trial, random_search

__all__ = [
    "Begun",
    "Checkpointed",
    "Ended",
    "Listener",
    "Listeners",
    "Outcome",
    "Stepped",
    "Stopping",
    "Summary",
    "Trial",
    "Validated",
    "Working",
    "random_search",
    "train",
    "train_task",
]
