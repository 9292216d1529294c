"""The run folder of a model that came from elsewhere: as if trained, without measures and without data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from weft.bundle import CHECKPOINTS, VOCABULARY, WEIGHTS, create, module_tensors, write_json, write_tensors, writing
from weft.config import Recipe, dump
from weft.data.corpus import fingerprint
from weft.training import card
from weft.training.beginning import removed_on_error
from weft.training.outcome import IMPORTED, Outcome, Summary
from weft.training.progress import Best
from weft.training.surroundings import machine

if TYPE_CHECKING:
    from torch import nn

    from weft.types import Task, Vocabulary


def write(
    out: Path,
    *,
    task: Task,
    config: Recipe,
    vocabulary: Vocabulary,
    module: nn.Module,
    files: Sequence[Path],
    notes: Sequence[str],
    began: float,
) -> Summary:
    """Write the run.

    Args:
        out: an absent or empty folder.
        task, config, vocabulary, module: what the run consists of.
        files: what it was made from; they are named in the card with their sha256.
        notes: sentences a person should know.
        began: when, on the clock of ``time.monotonic``.
    Raises:
        RunError: the folder is in the way or cannot be written; nothing half-written stays.
    """
    outcome = Outcome(
        best=Best(0, 0, ()),
        finish={},
        steps=0,
        epochs=0,
        seconds=time.monotonic() - began,
        stopped=IMPORTED,
        watch=task.measures(config)[0],
        notes=tuple(notes),
        sources=tuple((Path(path).name, digest) for path, digest in fingerprint(files).items()),
        machine=machine(torch.device("cpu"), torch.get_num_threads()),
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        digest="",
        files={"train": (), "valid": ()},
    )
    create(out, dump(config))
    with removed_on_error(out, fresh=True):
        write_json(out / VOCABULARY, vocabulary.to_json())
        write_tensors(out / WEIGHTS, module_tensors(module))
        card.write(out, task, config, outcome)
        outcome.write(out)
        with writing(out):
            (out / CHECKPOINTS).rmdir()
    return Summary(out, outcome, tuple(notes))
