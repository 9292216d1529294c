"""The models that the lab trains itself, each a job of its own on one thread; a stopped training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.api import train_or_stop

NETWORK = {
    "task": "language-model",
    "data": {"tokenizer": "word", "lowercase": True, "window": 30},
    "embedding": {"size": 64},
    "encoder": {"hidden": 64},
    "training": {"lr": 0.01, "schedule": "cosine", "clip_norm": 1.0, "batch_size": 16, "epochs": 12},
}
"""A small recurrent language model of words."""
NUMBER_PREDICTION = "linzen2016"


@dataclass(frozen=True)
class Job:
    """A model to train.

    Attributes:
        name: what its column is called.
        recipe: nested plain values, or the name of a built-in recipe.
        settings: laid over the recipe.
        train, valid: the files of both parts.
        out: the run folder.
        seed: of the training.
    """

    name: str
    recipe: dict[str, Any] | str
    settings: tuple[str, ...]
    train: Path
    valid: Path
    out: Path
    seed: int


def train(job: Job) -> str:
    """Train, or go on where training stopped; the job's name, for progress.

    Raises:
        RunError: the folder holds a run of something else.
        KeyboardInterrupt: it was stopped.
    """
    settings = [*job.settings, "training.threads=1"]
    files = {"train": job.train, "valid": job.valid}
    train_or_stop(job.recipe, **files, out=job.out, settings=settings, seed=job.seed, resume=True)
    return job.name


def language_models(cells: Sequence[str], folder: Path, seed: int, settings: Sequence[str] = ()) -> list[Job]:
    """A network for each cell, and a trigram, on ``train.txt`` and ``valid.txt`` of a folder, where their runs go."""
    train, valid = folder / "train.txt", folder / "valid.txt"
    words = [each for each in settings if each.startswith("data.")]
    jobs = [
        Job(cell, NETWORK, (f'encoder.cell="{cell}"', *settings), train, valid, folder / cell, seed) for cell in cells
    ]
    return [*jobs, Job("trigram", "trigram", ("data.lowercase=true", *words), train, valid, folder / "trigram", seed)]


def number_prediction(folder: Path, seeds: Sequence[int]) -> list[Job]:
    """The recipe of number prediction on ``subjects.tsv``, once for each seed; ``held-out.tsv`` chooses the epoch."""
    train, valid = folder / "subjects.tsv", folder / "held-out.tsv"
    return [Job(f"seed {seed}", NUMBER_PREDICTION, (), train, valid, folder / f"number-{seed}", seed) for seed in seeds]
