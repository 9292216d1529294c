"""What came out of a training: the content of ``metrics.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weft.bundle import METRICS, read_metrics, write_json
from weft.errors import RunError
from weft.training.progress import Best
from weft.types import Score

FORMAT = 1
FITTED, IMPORTED = "fitted", "imported"
FINISHED = ("epochs", "steps", "patience", FITTED, IMPORTED)


@dataclass(frozen=True)
class Outcome:
    """The end of a training session.

    Attributes:
        best: where the weights of ``model.safetensors`` were taken, and their scores.
        finish: what the task measured in its last touches (calibration), by name.
        steps, epochs: updates and whole epochs done; seconds: spent, all sessions together.
        stopped: "epochs", "steps", "patience", "interrupt" or "time"; "fitted" in closed form, "imported" from a file
            of another program. Those two have no steps and no epochs, and what was imported no scores.
        watch: the measure that decided what is best.
        notes: sentences a person should know.
        sources: (file name, sha256) of the data.
        files: paths of the data by part ("train", "valid") as seen from the run folder, so that it can be found again;
            empty in runs of before these were kept.
        machine: device, threads, versions.
        parameters: numbers trained, fitted or imported.
        digest: sha256 over everything the last checkpoint holds; "" where there was none.
    """

    best: Best
    finish: Mapping[str, Any]
    steps: int
    epochs: int
    seconds: float
    stopped: str
    watch: str
    notes: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    machine: Mapping[str, Any]
    parameters: int
    digest: str
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether the recipe is done; otherwise ``--resume`` goes on."""
        return self.stopped in FINISHED

    @property
    def watched(self) -> Score:
        """The score that decided what is best."""
        return next(score for score in self.best.scores if score.name == self.watch)

    def write(self, run: Path) -> None:
        """Write ``metrics.json``, the last file of a run.

        Raises:
            RunError: the file cannot be written.
        """
        write_json(run / METRICS, {"format": FORMAT, **vars(self), "best": self.best.to_json()})

    @classmethod
    def read(cls, run: Path) -> Outcome:
        """Read ``metrics.json`` back.

        Raises:
            RunError: missing, damaged, or without what it must hold.
        """
        values = read_metrics(run)
        try:
            values.setdefault("files", {})
            rest = {name: values[name] for name in cls.__dataclass_fields__}
            best = Best.from_json(values["best"])
            sources = tuple((name, digest) for name, digest in values["sources"])
            return cls(**{**rest, "best": best, "notes": tuple(values["notes"]), "sources": sources})
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{run / METRICS}: damaged: {type(error).__name__} {error} while reading it") from error


@dataclass(frozen=True)
class Summary:
    """What ``train`` hands back: the run folder, how the training ended, and sentences a person should know."""

    run: Path
    outcome: Outcome
    notes: tuple[str, ...] = ()
