"""The cells of all layers by name, and whether the options given are the cell's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from weft.catalog import CELLS
from weft.types import Cell


def stacked_cells(
    name: str, input_size: int, hidden_sizes: Sequence[int], directions: int, options: Mapping[str, Any]
) -> list[Cell]:
    """One cell a hidden size; from the second on their input is the output of all ``directions`` of the layer below.

    Raises:
        ConfigError: an unknown cell or option, or a value that the option does not take.
        ShapeError: a size below 1.
    """
    make = CELLS.load(name).make
    CELLS.check_options(name, options)
    cells: list[Cell] = []
    for hidden_size in hidden_sizes:
        cells.append(make(input_size, hidden_size, **options))
        input_size = cells[-1].spec.output_size * directions
    return cells
