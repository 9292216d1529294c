"""Every cell of the folder in all its variants, with random weights that tell each gate from the others."""

from typing import Any

import pytest
import torch
from torch import Tensor

from weft.catalog import CELLS
from weft.types import Cell, Kernel, Params, State

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "elman": [{"activation": "sigmoid"}, {"activation": "relu"}],
    "gru": [{"reset": "before"}, {"reset": "before", "bias": False}],
    "lstm": [{"projection": 3}, {"peepholes": True, "projection": 3, "cell_clip": 0.3, "projection_clip": 0.1}],
    "mingru": [{"positive": False}],
    "minlstm": [{"positive": False}],
    "mrnn": [{"form": "released", "factors": 3, "bias": True}],
}
"""Settings of the options that change what a cell computes; every cell also runs as it is and without its biases."""


def variants() -> list[tuple[str, dict[str, Any]]]:
    """Every name of the folder: as it is, with the other bias, and with the settings above."""
    return [
        (name, options)
        for name in CELLS.names()
        for options in ({}, {"bias": not CELLS.options(name)["bias"]}, *OPTIONS.get(name, []))
    ]


VARIANTS = variants()
IDS = ["-".join([name, *(f"{key}={value}" for key, value in options.items())]) for name, options in VARIANTS]


def make_cell(variant: tuple[str, dict[str, Any]], input_size: int = 5, hidden_size: int = 7) -> Cell:
    name, options = variant
    cell: Cell = CELLS.load(name).make(input_size, hidden_size, **options)
    return cell


TWINS = [pytest.param(each, id=name) for each, name in zip(VARIANTS, IDS, strict=True) if make_cell(each).spec.twin]
"""Those that torch has too; the others are compared by hand."""


def random_params(cell: Cell, dtype: torch.dtype = torch.float64, seed: int = 1) -> Params:
    """Leaves that ask for gradients, normal with deviation 0.4: no two rows alike."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: (0.4 * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype).requires_grad_()
        for name, shape in cell.spec.params.items()
    }


def random_state(cell: Cell, rows: int, dtype: torch.dtype = torch.float64, seed: int = 2) -> State:
    generator = torch.Generator().manual_seed(seed)
    return {
        name: (0.5 * torch.randn(rows, size, generator=generator, dtype=torch.float64)).to(dtype).requires_grad_()
        for name, size in cell.spec.states.items()
    }


def random_input(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 3) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def weighted_sum(y: Tensor, state: State) -> Tensor:
    """A number whose gradient differs for every element of the outputs and the final state."""
    total = (y * random_input(*y.shape, dtype=y.dtype, seed=4)).sum()
    for place, value in enumerate(state.values()):
        total = total + (value * random_input(*value.shape, dtype=value.dtype, seed=5 + place)).sum()
    return total


def everything(kernel: Kernel, cell: Cell, x: Tensor, lengths: list[int], start_seed: int = 2) -> dict[str, Tensor]:
    """Outputs, final states and every gradient of a run, by name."""
    x = x.clone().requires_grad_()
    params = random_params(cell, x.dtype)
    start = random_state(cell, len(x), x.dtype, start_seed)
    y, after = kernel.run(cell, params, x, torch.tensor(lengths), start)
    weighted_sum(y, after).backward()  # type: ignore[no-untyped-call]
    found = {"y": y, **{f"final {name}": value for name, value in after.items()}, "dx": x.grad}
    found |= {f"d{name}": value.grad for name, value in params.items()}
    found |= {f"d start {name}": value.grad for name, value in start.items()}
    return {name: value.detach() for name, value in found.items() if value is not None}
