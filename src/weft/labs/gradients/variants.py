"""Every cell of the folder ``cells``; one with a choice of activation counts once for each."""

from __future__ import annotations

import inspect
from typing import cast

from weft.catalog import CELLS
from weft.types import Cell


def names() -> list[str]:
    """``elman-tanh``, ``lstm``...; a new cell is listed by itself."""
    found = []
    for name in CELLS.names():
        choices = _activations(name)
        found += [f"{name}-{choice}" for choice in choices] if choices else [name]
    return found


def make(variant: str, input_size: int, hidden_size: int) -> Cell:
    """The cell behind one of ``names``."""
    name, _, choice = variant.rpartition("-")
    if name in CELLS.names() and choice in _activations(name):
        return cast("Cell", CELLS.load(name).make(input_size, hidden_size, activation=choice))
    return cast("Cell", CELLS.load(variant).make(input_size, hidden_size))


def _activations(name: str) -> tuple[str, ...]:
    module = CELLS.load(name)
    return tuple(module.ACTIVATIONS) if "activation" in inspect.signature(module.make).parameters else ()
