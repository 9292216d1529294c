"""Training inside a benchmark: a Ctrl-C that ends the training well must end the benchmark too; and its speed."""

from __future__ import annotations

from typing import Any

from weft import api, bundle
from weft.config import Recipe
from weft.model import Model
from weft.training import Listener, Stepped


def train_or_stop(recipe: str | Recipe, **options: Any) -> Model:
    """``weft.train``.

    Raises:
        KeyboardInterrupt: the training was interrupted; a number measured on it would be no result.
    """
    model = api.train(recipe, **options)
    assert model.run is not None
    if bundle.read_metrics(model.run)["stopped"] == "interrupt":
        raise KeyboardInterrupt
    return model


class Speed(Listener):
    """Remembers the last speed that training told: tokens/s since it began, validation and checkpoints not counted."""

    tokens_per_second = 0.0

    def on_step(self, event: Stepped) -> None:
        """Remember."""
        self.tokens_per_second = event.tokens_per_second
