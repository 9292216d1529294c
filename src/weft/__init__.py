"""Weft: recurrent networks for text, trained from your own files and trustworthy through a crash.

``weft.train`` and ``weft.load`` are the doors; ``weft.errors`` holds what can go wrong. Nothing heavy is imported
before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from weft.version import VERSION as __version__

if TYPE_CHECKING:
    from weft.api import train
    from weft.model import Evaluation, Model, load
    from weft.types import DynamicEvaluation, NeuralCache

_HOMES = {
    "train": "weft.api",
    "load": "weft.model",
    "Model": "weft.model",
    "Evaluation": "weft.model",
    "DynamicEvaluation": "weft.types",
    "NeuralCache": "weft.types",
}

__all__ = ["DynamicEvaluation", "Evaluation", "Model", "NeuralCache", "__version__", "load", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'weft' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
