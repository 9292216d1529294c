"""A checkpoint: one safetensors file that holds all a run needs to go on bit for bit.

    model/NAME        weights and buffers as training has them (not the best ones, not calibrated)
    best/NAME         the best weights so far (absent while nothing was validated)
    average/NAME      the mean of the weights (absent while there is none)
    optimizer/NAME/KEY
    state/NAME        what truncated back-propagation carries to the next batch
    random/NAME       torch's random streams, uint8

and, as metadata, ``Progress``, the recipe, the data's fingerprints and what the machine was. One file, so that no crash
can tear a set apart; a run's ``model.safetensors`` follows from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from weft.bundle import read_metadata, read_tensors, write_tensors
from weft.errors import RunError
from weft.training.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
LAST = "last.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """Everything of a moment between two updates.

    Attributes:
        progress: where training stands.
        model, best, average, carried, streams: tensors by name; best, average and carried may be absent.
        memory, values: the optimizer's, as ``optimizers.flatten`` gives them.
        recipe: plain nested values.
        sources: (name, sha256) of every file that was read.
        machine: what ``surroundings.machine`` says.
    """

    progress: Progress
    model: Mapping[str, Tensor]
    memory: Mapping[str, Tensor]
    values: Mapping[str, Any]
    streams: Mapping[str, Tensor]
    recipe: Mapping[str, Any]
    sources: tuple[tuple[str, str], ...]
    machine: Mapping[str, Any]
    best: Mapping[str, Tensor] = field(default_factory=dict)
    average: Mapping[str, Tensor] = field(default_factory=dict)
    carried: Mapping[str, Tensor] | None = None

    def tensors(self) -> dict[str, Tensor]:
        """All tensors under the names of the file."""
        groups = {
            "model": self.model,
            "best": self.best,
            "average": self.average,
            "optimizer": self.memory,
            "state": self.carried or {},
            "random": self.streams,
        }
        return {f"{group}/{name}": tensor for group, held in groups.items() for name, tensor in held.items()}

    def digest(self) -> str:
        """sha256 over names, kinds, sizes and bytes of all tensors: two runs that agree here agree in every bit."""
        sums = hashlib.sha256()
        for name, tensor in sorted(self.tensors().items()):
            whole = tensor.detach().cpu().contiguous()
            sums.update(f"{name}|{whole.dtype}|{tuple(whole.shape)}|".encode())
            sums.update(whole.flatten().view(torch.uint8).numpy().data if whole.numel() else b"")
        return sums.hexdigest()


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint at ``path`` in one go.

    Raises:
        RunError: the disk is full or the folder cannot be written; the old checkpoint is whole.
    """
    metadata = {
        "format": FORMAT,
        "progress": checkpoint.progress.to_json(),
        "carried": checkpoint.carried is not None,
        "optimizer": dict(checkpoint.values),
        "recipe": dict(checkpoint.recipe),
        "sources": [list(source) for source in checkpoint.sources],
        "machine": dict(checkpoint.machine),
    }
    write_tensors(path, checkpoint.tensors(), metadata)


def read(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        RunError: missing, damaged, foreign, or written in a newer format.
    """
    tensors, metadata = read_tensors(path), read_metadata(path)
    found = metadata.get("format")
    if isinstance(found, int) and found > FORMAT:
        raise RunError(f"{path} was written by a newer Weft: format {found}, this one reads up to {FORMAT}")
    groups: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        group, _, rest = name.partition("/")
        groups.setdefault(group, {})[rest] = tensor
    try:
        return Checkpoint(
            progress=Progress.from_json(metadata["progress"]),
            model=groups["model"],
            memory=groups.get("optimizer", {}),
            values=metadata["optimizer"],
            streams=groups["random"],
            recipe=metadata["recipe"],
            sources=tuple((name, digest) for name, digest in metadata["sources"]),
            machine=metadata["machine"],
            best=groups.get("best", {}),
            average=groups.get("average", {}),
            carried=groups.get("state", {}) if metadata["carried"] else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path}: not a checkpoint of a run: {type(error).__name__} {error} while reading it") from error
