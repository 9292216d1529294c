"""Named tensors in safetensors files, and how they get into a module and out of it.

A file carries one metadata entry, ``weft``, with plain values as JSON (one entry, because the format does not fix the
order of several, and equal tensors shall give equal bytes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from weft.bundle.files import write_bytes
from weft.errors import RunError

if TYPE_CHECKING:
    from torch import Tensor, nn

_SHOWN = 5


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any] | None = None) -> None:
    """Replace the file at ``path`` (atomic, see ``files``); ``metadata`` takes plain values.

    Raises:
        RunError: the disk is full, the folder is read-only or the write failed; the old file is as it was.
    """
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(whole, {"weft": json.dumps(dict(metadata or {}))}))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of a file by name, on the CPU, in memory of its own.

    Raises:
        RunError: the file is missing, cut short or no safetensors file.
    """
    _check_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


def read_metadata(path: Path) -> dict[str, Any]:
    """The plain values that ``write_tensors`` put beside the tensors (empty in a file from elsewhere).

    Raises:
        RunError: the file is missing, cut short or no safetensors file.
    """
    _check_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            values = json.loads((file.metadata() or {}).get("weft", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(values, dict):
        raise _damaged(path, f"metadata holds {type(values).__name__}, not named values")
    return values


def module_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and saved buffers by name; one that is held twice (tied weights) under its first name only."""
    found: dict[int, tuple[str, Tensor]] = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        found.setdefault(id(tensor), (name, tensor.detach()))
    return dict(found.values())


def load_module(module: nn.Module, path: Path) -> None:
    """Read the file at ``path`` into a module; see ``read_tensors`` and ``copy_tensors`` for the errors."""
    copy_tensors(module, read_tensors(path), path)


def copy_tensors(module: nn.Module, tensors: Mapping[str, Tensor], where: Path | str) -> None:
    """Copy ``tensors`` into a module of exactly these names, sizes and kinds.

    Args:
        module: where the values go, on whatever device it lies.
        tensors: as ``module_tensors`` gave them.
        where: what they come from, for the message.
    Raises:
        RunError: tensors are missing, left over, or of another size or kind; the module is untouched.
    """
    own = module_tensors(module)
    problems = [f"{name} is missing" for name in own.keys() - tensors.keys()]
    problems += [f"{name} does not belong there" for name in tensors.keys() - own.keys()]
    for name in own.keys() & tensors.keys():
        needed, found = own[name], tensors[name]
        if needed.shape != found.shape:
            problems.append(f"{name} is {_sizes(found)}, the recipe needs {_sizes(needed)}")
        elif needed.dtype != found.dtype:
            problems.append(f"{name} is {found.dtype}, the recipe needs {needed.dtype}")
    if problems:
        shown = "; ".join(sorted(problems)[:_SHOWN])
        rest = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise RunError(f"{where}: the weights do not fit the run's recipe: {shown}{rest}")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(tensors[name])


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise RunError(
            f"{path}: no such file",
            hint="a run has weights from its first checkpoint on; go on with `weft train ... --resume`",
        )


def _damaged(path: Path, reason: object) -> RunError:
    return RunError(
        f"{path}: damaged or not a safetensors file ({path.stat().st_size} bytes): {reason}",
        hint="restore the file from a copy, or train again",
    )


def _sizes(tensor: Tensor) -> str:
    return "x".join(str(size) for size in tensor.shape) or "a single number"
