"""Training inside a benchmark: a person's Ctrl-C ends the training well, and must end the benchmark with it."""

from __future__ import annotations

from typing import Any

from weft import api, bundle
from weft.model import Model


def train_or_stop(recipe: str, **options: Any) -> Model:
    """``weft.train``.

    Raises:
        KeyboardInterrupt: the training was interrupted; a number measured on it would be no result.
    """
    model = api.train(recipe, **options)
    assert model.run is not None
    if bundle.read_metrics(model.run)["stopped"] == "interrupt":
        raise KeyboardInterrupt
    return model
