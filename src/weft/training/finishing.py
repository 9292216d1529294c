"""The end of a session: the best weights, the task's last touches, scores, pictures, card; ``metrics.json`` last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from weft.bundle import (
    CHECKPOINTS,
    CURVES,
    LOG,
    WEIGHTS,
    copy_tensors,
    module_tensors,
    read_log,
    write_tensors,
)
from weft.data.aligned import each_part
from weft.training import card, curves
from weft.training.listeners import Ended
from weft.training.loop import Trainer, sources
from weft.training.outcome import FINISHED, Outcome
from weft.training.progress import Best
from weft.types import Files


def finish(trainer: Trainer, stopped: str, run: Path, notes: Sequence[str], files: Files) -> Outcome:
    """Make the run whole; delete its checkpoints when nothing is left to train.

    Args:
        trainer: after ``run``; its module holds the best weights, touched, when this returns.
        stopped: what ``Trainer.run`` returned.
        run: the run folder.
        notes: sentences for the metrics and the card.
        files: what was trained on.
    Raises:
        RunError: a file cannot be written; the last checkpoint is whole.
    """
    at, module, data = trainer.progress, trainer.module, trainer.data
    digest = trainer.snapshot().digest()
    trainer.averaging.settle()
    best = at.best
    if best is None or (stopped not in FINISHED and best.step != at.step):
        # Stopped between two validations: these weights are scored for the person who stopped; training, which may go
        # on from its checkpoint, does not notice.
        now = Best(at.step, at.epoch, trainer.measure())
        best = now if trainer.improves(now.scores) else best
    if best is at.best:
        copy_tensors(module, trainer.best, run / WEIGHTS)
    assert best is not None
    module.eval()
    touches = trainer.task.finish(module, data.valid, data.vocabulary)
    if touches:
        # The scores that travel with the run are those of the weights it ships.
        best = replace(best, scores=trainer.measure())
        module.eval()
    outcome = Outcome(
        best=best,
        finish=touches,
        steps=at.step,
        epochs=at.epoch,
        seconds=trainer.seconds,
        stopped=stopped,
        watch=trainer.watch,
        notes=tuple(notes),
        sources=sources(data),
        machine=trainer.machine,
        parameters=trainer.parameters,
        digest=digest,
        files=seen_from(run, files),
    )
    write_tensors(run / WEIGHTS, module_tensors(module), {"step": best.step, "epoch": best.epoch})
    curves.draw(run / CURVES, read_log(run / LOG), title=run.name)
    card.write(run, trainer.task, trainer.config, outcome)
    trainer.listener.on_end(Ended(at.step, at.epoch, stopped, outcome.seconds, best.scores, digest))
    outcome.write(run)
    if outcome.finished:
        shutil.rmtree(run / CHECKPOINTS, ignore_errors=True)
    return outcome


def seen_from(run: Path, files: Files) -> dict[str, tuple[str, ...]]:
    """The paths of the data by part, as seen from the run folder."""
    return {part: tuple(_name_from(run, path) for path in paths) for part, paths in vars(files).items()}


def _name_from(run: Path, path: Path) -> str:
    return each_part(path, lambda part: _seen_from(run, part))


def _seen_from(run: Path, path: Path) -> str:
    """The way from the run folder to a file: it holds when both are moved together, and tells little of the machine."""
    try:
        return os.path.relpath(path.resolve(), run.resolve())
    except ValueError:  # another drive of Windows
        return str(path.resolve())
