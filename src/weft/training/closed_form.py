"""Training in closed form: the model follows from the counted data (``weft.types.Fits``), with no updates to make.

The same run folder as the trainer's, without checkpoints and learning curves. There is no middle to go on from: what
ends early leaves no run, or the unfinished one that was there, which begins again.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from weft.bundle import (
    CHECKPOINTS,
    LOG,
    VOCABULARY,
    WEIGHTS,
    alone_in,
    cut_log,
    module_tensors,
    remove_leftovers,
    write_json,
    write_tensors,
)
from weft.config import Recipe
from weft.devices import choose_device
from weft.errors import ConfigError
from weft.metrics import measure
from weft.training import card
from weft.training.beginning import Notes, begin, removed_on_error, work_folder
from weft.training.finishing import seen_from
from weft.training.listeners import Ended, Listener, Listeners, LogListener, Validated, Working
from weft.training.loop import sources, watched
from weft.training.outcome import FITTED, Outcome, Summary
from weft.training.progress import Best
from weft.training.surroundings import machine, repeatable
from weft.types import Data, Files, Fits, Score, Task

if TYPE_CHECKING:
    from torch import nn

GONE = "interrupted before the model was whole: nothing is kept, and the same command begins again"


def in_closed_form(task: Task) -> bool:
    """Whether the task's model follows from the data without training."""
    return hasattr(task, "fit")


def check_closed_form(task: Task, *, init: Path | None, time_limit: float | None) -> None:
    """Refuse what only makes sense step by step, where the task's model is in closed form.

    Raises:
        ConfigError: a run to start from, or a time limit.
    """
    if not in_closed_form(task):
        return
    if init is not None:
        raise ConfigError(
            f"--init {init}: a model of task {task.name!r} follows from its text alone and takes no weights",
            hint="leave --init out; --train may be given several files",
        )
    if time_limit is not None:
        raise ConfigError(
            f"a time limit cannot end a model of task {task.name!r} early: it is made in one go, whole or not at all",
            hint="leave --time-limit out",
        )


def fit_task(task: Fits, config: Recipe, files: Files, out: Path, *, resume: bool, told: Notes) -> Summary:
    """``train`` of a closed form.

    Args:
        task, config, files, out, resume: as for ``weft.training.train``.
        told: is told what happens, and keeps the notes.
    Raises:
        ConfigError, DataError, RunError, BackendError: as ``weft.training.train``; a folder made here is removed again.
    """
    device = choose_device(config.training.device)
    watched(task, config)
    fresh, done = begin(out, config, resume=resume, told=told)
    if done is not None:
        return Summary(out, done, tuple(told.notes))
    with alone_in(out), repeatable(config.training) as threads, removed_on_error(out, fresh):
        if not fresh:
            told.begins_again(out)
            remove_leftovers(out)
        try:
            outcome = _fit(task, config, files, out, told, machine(device, threads))
        except KeyboardInterrupt:
            told.on_note(GONE)
            raise
    return Summary(out, outcome, tuple(told.notes))


def _fit(task: Fits, config: Recipe, files: Files, out: Path, told: Notes, made: dict[str, Any]) -> Outcome:
    """Read, fit, measure and write; ``metrics.json`` last."""
    began = time.monotonic()

    def at(what: str) -> None:
        told.on_working(Working(out, task.name, what))

    at("reading the data")
    work = work_folder(out)
    data = task.prepare(files, config, work)
    fit = task.fit(data, config, work, at)
    for note in (*data.notes, *fit.notes):
        told.on_note(note)
    module = task.assemble(config, data.vocabulary, fit.arrays).eval()
    touches = task.finish(module, data.valid, data.vocabulary)
    at("measuring on the validation part")
    scores = _measure(task, config, module, data)
    write_json(out / VOCABULARY, data.vocabulary.to_json())
    write_tensors(out / WEIGHTS, module_tensors(module))
    outcome = Outcome(
        best=Best(0, 0, scores),
        finish=touches,
        steps=0,
        epochs=0,
        seconds=time.monotonic() - began,
        stopped=FITTED,
        watch=task.measures(config)[watched(task, config)],
        notes=tuple(told.notes),
        sources=sources(data),
        machine=made,
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        digest="",
        files=seen_from(out, files),
    )
    _log(out, told, outcome)
    card.write(out, task, config, outcome)
    outcome.write(out)
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    return outcome


def _measure(task: Task, config: Recipe, module: nn.Module, data: Data) -> tuple[Score, ...]:
    with torch.inference_mode():
        evidence = task.evidence(module, data.valid, data.vocabulary)
    return tuple(measure(name, evidence) for name in task.measures(config))


def _log(out: Path, told: Listener, outcome: Outcome) -> None:
    """A log of one validation and the end, which listeners hear as well."""
    cut_log(out / LOG, lambda _: False)
    everyone = Listeners(LogListener(out / LOG), told)
    scores, seconds = outcome.best.scores, outcome.seconds
    everyone.on_validation(Validated(0, 0, scores, outcome.watched, best=True, took=0.0, seconds=seconds))
    everyone.on_end(Ended(0, 0, outcome.stopped, seconds, scores, outcome.digest))
