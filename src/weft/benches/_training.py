"""Training inside a benchmark, and its speed."""

from __future__ import annotations

from weft.api import train_or_stop
from weft.training import Listener, Stepped

__all__ = ["Speed", "train_or_stop"]


class Speed(Listener):
    """Remembers the last speed that training told: tokens/s since it began, validation and checkpoints not counted."""

    tokens_per_second = 0.0

    def on_step(self, event: Stepped) -> None:
        """Remember."""
        self.tokens_per_second = event.tokens_per_second
