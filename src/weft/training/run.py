"""``train``: from a recipe and files to a finished run, or on from where a run stopped.

The order on disk: ``recipe.toml`` first (it makes the folder a run), ``vocabulary.json``, checkpoints and
``model.safetensors`` while training, then the model with its last touches, pictures and card, and ``metrics.json``
last: a run whose ``metrics.json`` says it finished is complete. The checkpoints are deleted then: nothing needs them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch

from weft.bundle import (
    CHECKPOINTS,
    LOG,
    METRICS,
    VOCABULARY,
    alone_in,
    cut_log,
    read_vocabulary,
    remove_leftovers,
    write_json,
)
from weft.catalog import TASKS
from weft.config import Encoder, NetworkRecipe, Recipe
from weft.devices import choose_device
from weft.errors import RunError
from weft.nn import Recurrent
from weft.training import checkpoint, finishing, optimizers
from weft.training.beginning import Notes, begin, check_files, removed_on_error, work_folder
from weft.training.checkpoint import Checkpoint
from weft.training.closed_form import check_closed_form, fit_task, in_closed_form
from weft.training.listeners import Begun, Listener, Listeners, LogListener
from weft.training.loop import Trainer, sources, watched
from weft.training.outcome import Summary
from weft.training.surroundings import machine, repeatable
from weft.training.warm_start import WarmStart
from weft.types import Data, Files, Fits, Task, Trains, Vocabulary

if TYPE_CHECKING:
    from torch import nn


def train(
    config: Recipe,
    files: Files,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    time_limit: float | None = None,
    listener: Listener | None = None,
) -> Summary:
    """Train a recipe's task on files into the run folder ``out``.

    Ctrl-C, SIGTERM and the time limit finish the current update and leave a usable run that ``resume`` goes on with. A
    model in closed form (``weft.types.Fits``) is whole or not there: Ctrl-C leaves nothing, ``resume`` begins again.

    Args:
        config: the resolved recipe.
        files: training and validation part.
        out: absent or empty; with ``resume`` it may hold a run of the same recipe and data.
        resume: go on, bit for bit as if never stopped (same machine, threads and versions).
        init: a run whose weights are taken where name and size agree; of no effect once there is a checkpoint.
        time_limit: seconds for this call, reading the data included.
        listener: is told what happens.
    Raises:
        ConfigError, DataError: recipe, files or an option are wrong; a folder made for the run is removed again.
        RunError: the folder is in the way, damaged, full, of another recipe or data, or another process trains there;
            or training diverged.
        BackendError: the device of the recipe is not here.
    """
    task: Task = TASKS.load(config.task, "task").task
    options: dict[str, Any] = {"resume": resume, "init": init, "time_limit": time_limit, "listener": listener}
    return train_task(task, config, files, out, **options)


def train_task(
    task: Task,
    config: Recipe,
    files: Files,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    time_limit: float | None = None,
    listener: Listener | None = None,
) -> Summary:
    """``train`` for a task object of the caller's."""
    check_files(files)
    told = Notes(listener or Listener())
    check_closed_form(task, init=init, time_limit=time_limit)
    if in_closed_form(task):
        return fit_task(cast(Fits, task), config, files, out, resume=resume, told=told)
    network = cast(Trains, task), cast(NetworkRecipe, config)
    return _train_network(*network, files, out, resume=resume, init=init, time_limit=time_limit, told=told)


def _train_network(
    task: Trains,
    config: NetworkRecipe,
    files: Files,
    out: Path,
    *,
    resume: bool,
    init: Path | None,
    time_limit: float | None,
    told: Notes,
) -> Summary:
    """Step by step, by the trainer."""
    deadline = None if time_limit is None else time.monotonic() + time_limit
    device = choose_device(config.training.device)
    watched(task, config)
    _check_encoder(config)
    start = WarmStart.read(init) if init is not None and not (resume and _has_begun(out)) else None
    fresh, done = begin(out, config, resume=resume, told=told)
    if done is not None:
        return Summary(out, done, tuple(told.notes))
    with alone_in(out), repeatable(config.training) as threads:
        saved = _last_checkpoint(out)
        if saved is None and not fresh:
            told.begins_again(out)
        with removed_on_error(out, fresh):
            data, module = _prepare(task, config, files, out, start, saved is not None, told)
            trainer = Trainer(
                task=task,
                module=module.to(device),
                data=data,
                config=config,
                run=out,
                device=device,
                machine=machine(device, threads),
                listener=Listeners(LogListener(out / LOG), told),
                deadline=deadline,
            )
            _go_on(trainer, saved, out, told)
        told.on_begin(_begun(trainer, out, saved is not None, time_limit))
        if start is not None:
            trainer.save()  # from here on the run goes on by itself, whatever becomes of the other one
        with trainer.interrupt:
            outcome = finishing.finish(trainer, trainer.run(), out, told.notes, files)
    return Summary(out, outcome, tuple(told.notes))


def _has_begun(out: Path) -> bool:
    """Whether the run in ``out`` has weights of its own to go on from."""
    return (out / CHECKPOINTS / checkpoint.LAST).exists() or (out / METRICS).is_file()


def _last_checkpoint(out: Path) -> Checkpoint | None:
    """The checkpoint to go on from; what a killed write left behind is removed."""
    remove_leftovers(out)
    remove_leftovers(out / CHECKPOINTS)
    path = out / CHECKPOINTS / checkpoint.LAST
    return checkpoint.read(path) if path.exists() else None


def _prepare(
    task: Trains, config: NetworkRecipe, files: Files, out: Path, start: WarmStart | None, resumed: bool, told: Listener
) -> tuple[Data, nn.Module]:
    """Read the data and build the network; a run without a checkpoint begins with another's weights if asked."""
    work = work_folder(out)
    if resumed:
        vocabulary: Vocabulary | None = task.vocabulary_from_json(read_vocabulary(out))
    else:
        vocabulary = task.adopt(start.vocabulary) if start is not None else None
    data = task.prepare(files, config, work, vocabulary)
    for note in data.notes:
        told.on_note(note)
    module = task.build(config, data.vocabulary, {})
    if not resumed:
        if config.training.init_range:
            _draw_uniform(module, config.training.init_range)
        if start is not None:
            told.on_note(start.give(module))
        write_json(out / VOCABULARY, data.vocabulary.to_json())
    return data, module


def _draw_uniform(module: nn.Module, reach: float) -> None:
    """All trained parameters anew, uniform on ± ``reach``, biases and learned starts too."""
    with torch.no_grad():
        for parameter in optimizers.trained(module).values():
            parameter.uniform_(-reach, reach)


def _go_on(trainer: Trainer, saved: Checkpoint | None, out: Path, told: Listener) -> None:
    """Put a checkpoint back and cut the log to it; without one, begin with an empty log."""
    if saved is None:
        cut_log(out / LOG, lambda _: False)
        return
    where = out / CHECKPOINTS / checkpoint.LAST
    _check_sources(sources(trainer.data), saved.sources, out)
    for name, before in saved.machine.items():
        now = trainer.machine.get(name)
        if now != before:
            told.on_note(
                f"{name} was {before} before the stop and is {now} now: the result may differ in its last bits"
            )
    trainer.restore(saved, where)
    cut_log(out / LOG, lambda line: line.get("kind") != "end" and line.get("step", 0) <= saved.progress.step)


def _begun(trainer: Trainer, out: Path, resumed: bool, time_limit: float | None) -> Begun:
    return Begun(
        run=out,
        task=trainer.task.name,
        watch=trainer.watch,
        step=trainer.progress.step,
        resumed=resumed,
        total_steps=trainer.total_steps,
        epochs=trainer.config.training.epochs,
        steps_per_epoch=trainer.steps_per_epoch,
        parameters=trainer.parameters,
        device=str(trainer.machine["device"]),
        threads=trainer.machine["threads"],
        time_limit=time_limit,
    )


def _check_encoder(config: Recipe) -> None:
    """Build the recurrence of a recipe without memory, before data is read or a folder made: is it refused?"""
    encoder = getattr(config, "encoder", None)
    if isinstance(encoder, Encoder):
        with torch.device("meta"):
            Recurrent.of(encoder, 1).chosen_kernel(torch.empty(1, 1, 1))


def _check_sources(now: tuple[tuple[str, str], ...], then: tuple[tuple[str, str], ...], out: Path) -> None:
    """Refuse to go on with other data; the files may have moved.

    Raises:
        RunError: a file's content, or the number of files, is not what training began with.
    """
    if len(now) != len(then):
        raise RunError(f"{out} was begun with {len(then)} data files ({_names(then)}), got {len(now)} ({_names(now)})")
    for (name, digest), (old_name, old_digest) in zip(now, then, strict=True):
        if digest != old_digest:
            raise RunError(
                f"{out} was begun with other data: {old_name} had sha256 {old_digest[:12]}, {name} has {digest[:12]}",
                hint="resume with the same files, or train into another --out",
            )


def _names(files: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(name for name, _ in files) or "none"
