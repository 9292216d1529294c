"""Where a run begins: a new folder, or one that was begun before; taken back when nothing can come of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import tomlkit

from weft.bundle import (
    CARD,
    CHECKPOINTS,
    LOG,
    METRICS,
    RECIPE,
    VOCABULARY,
    WEIGHTS,
    create,
    is_run,
    read_recipe,
    remove_leftovers,
    writing,
)
from weft.config import Recipe, dump
from weft.errors import DataError, RunError
from weft.training.listeners import Listener, Listeners
from weft.training.outcome import Outcome
from weft.types import Files

WORK = "work"
FREE = ("about", "search", "training.checkpoint_seconds", "training.threads", "training.device")
"""Keys that a resumed run may change: they decide no number, or are compared as what the machine is."""


class Notes(Listeners):
    """Keeps the notes that pass, for the metrics and the card."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener)
        self.notes: list[str] = []

    def on_note(self, note: str) -> None:
        """Keep it, pass it on."""
        self.notes.append(note)
        super().on_note(note)

    def begins_again(self, out: Path) -> None:
        """Say, for now only, that a run which was begun has nothing to go on from."""
        super().on_note(f"{out} holds no checkpoint yet; training begins at the start")


def check_files(files: Files) -> None:
    """Refuse files that cannot be read twice.

    Raises:
        DataError: one of them is standard input.
    """
    if Path("-") in (*files.train, *files.valid):
        raise DataError(
            "training reads its files more than once, and standard input ('-') comes only once",
            hint="write it to a file first",
        )


def begin(out: Path, config: Recipe, *, resume: bool, told: Listener) -> tuple[bool, Outcome | None]:
    """Make the run folder, or check the one that is there.

    Args:
        out: absent or empty; with ``resume`` it may hold a run of the same recipe.
        config: the recipe.
        told: hears when there is nothing to resume.
    Returns:
        whether the folder was made here, and how the run ended if it has been finished before.
    Raises:
        RunError: the folder is in the way or of another recipe, or cannot be written.
    """
    if not (resume and is_run(out)):
        create(out, dump(config))
        return True, None
    _check_recipe(out, config)
    done = _finished(out)
    if done is not None:
        how = f"{done.stopped}, {done.steps} updates" if done.steps else done.stopped
        told.on_note(f"{out} has finished training ({how}); there is nothing to resume")
    return False, done


def work_folder(out: Path) -> Path:
    """Where token files lie while the run is being made.

    Raises:
        RunError: it cannot be written.
    """
    work = out / CHECKPOINTS / WORK
    with writing(work):
        work.mkdir(parents=True, exist_ok=True)
    return work


@contextmanager
def removed_on_error(out: Path, fresh: bool) -> Iterator[None]:
    """Take back a run that was just made when its data or network turns out to be impossible."""
    try:
        yield
    except BaseException:
        if fresh:
            # The recipe last: as long as it stands, what is left of a kill in between is a run's and can be resumed.
            shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
            for name in (LOG, METRICS, CARD, WEIGHTS, VOCABULARY, RECIPE):
                (out / name).unlink(missing_ok=True)
            with suppress(OSError):
                out.rmdir()
        raise


def _finished(out: Path) -> Outcome | None:
    """How the run in ``out`` ended, if it is done; what a kill at the very end left behind is removed."""
    if not (out / METRICS).is_file():
        return None
    outcome = Outcome.read(out)
    if not outcome.finished:
        return None
    remove_leftovers(out)
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    return outcome


def _check_recipe(out: Path, config: Recipe) -> None:
    """Refuse to go on with another recipe; keys that an older version did not know stand at their defaults.

    Raises:
        RunError: a key that decides numbers differs; the message names every such key.
    """
    then, now = (_keys(tomlkit.parse(dump(recipe)).unwrap()) for recipe in (read_recipe(out), config))
    other = [
        f"{key} was {then.get(key)!r} and is {now.get(key)!r} now"
        for key in sorted(then.keys() | now.keys())
        if then.get(key) != now.get(key) and not key.startswith(FREE)
    ]
    if other:
        raise RunError(
            f"{out} was begun with another recipe: {'; '.join(other)}",
            hint="resume with the same recipe and settings, or train into another --out (--init takes its weights)",
        )


def _keys(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values as flat ones: {"training.lr": 0.1}."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        flat |= _keys(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return flat
