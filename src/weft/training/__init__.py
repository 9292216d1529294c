"""Training: from a recipe and files to a run that survives a crash."""

from weft.training.listeners import Begun, Checkpointed, Ended, Listener, Listeners, Stepped, Stopping, Validated
from weft.training.outcome import Outcome
from weft.training.run import Summary, train, train_task
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
    "random_search",
    "train",
    "train_task",
]
