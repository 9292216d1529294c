"""Who is told what happens during training: the log, TensorBoard, a progress bar, a test.

A listener derives from ``Listener`` and overrides what it wants to hear. Listeners look on: nothing they do may reach
the numbers of training. They are called in the training thread and should return quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.bundle import append_log
from weft.errors import ConfigError
from weft.types import Score


@dataclass(frozen=True)
class Begun:
    """Training starts or goes on.

    Attributes:
        run: the run folder; task, watch: names of the task and of the measure that decides what is best.
        step: updates done before (0 for a fresh run); resumed: whether it goes on from a checkpoint.
        total_steps, epochs, steps_per_epoch: what the recipe asks for.
        parameters: numbers that are trained; tied ones count once.
        device, threads: where it computes.
        time_limit: seconds for this session, or None.
    """

    run: Path
    task: str
    watch: str
    step: int
    resumed: bool
    total_steps: int
    epochs: int
    steps_per_epoch: int
    parameters: int
    device: str
    threads: int
    time_limit: float | None


@dataclass(frozen=True)
class Stepped:
    """One update is done.

    Attributes:
        step: updates done, of ``total_steps``; epoch (from 0), batch (from 0) of ``batches``: where this one was.
        loss: of this update, nats per thing predicted; running: the mean since the last step line of the log.
        lr: learning rate of this update; gradient_norm: before clipping.
        tokens: real tokens of this update; tokens_per_second: of this session, without validation.
        seconds: training time so far, all sessions; seconds_left: until the recipe's or the time limit's end.
        watched: the last score of the watched measure, or None.
        log: whether this update closes a window of the log.
    """

    step: int
    total_steps: int
    epoch: int
    batch: int
    batches: int
    loss: float
    running: float
    lr: float
    gradient_norm: float
    tokens: int
    tokens_per_second: float
    seconds: float
    seconds_left: float
    watched: Score | None
    log: bool


@dataclass(frozen=True)
class Validated:
    """The validation part was measured after ``step`` updates; ``best``: it is the best so far on ``watched``.

    ``averaged``: how many weights there are in the mean that ``training.averaging`` takes; 0: there is none yet.
    """

    step: int
    epoch: int
    scores: tuple[Score, ...]
    watched: Score
    best: bool
    took: float
    seconds: float
    averaged: int = 0


@dataclass(frozen=True)
class Checkpointed:
    """A checkpoint is on the disk; ``took``: seconds to write it."""

    step: int
    path: Path
    took: float


@dataclass(frozen=True)
class Working:
    """A closed form is at work on ``run``, a model of ``task``; ``what`` it is at now, in words."""

    run: Path
    task: str
    what: str


@dataclass(frozen=True)
class Stopping:
    """The loop is over, for the reason that ``Ended`` explains; the last checkpoint and the run's files come next."""

    step: int
    stopped: str


@dataclass(frozen=True)
class Ended:
    """Training stopped: "epochs", "steps", "patience" or "fitted" (finished), "interrupt" or "time" (``--resume`` goes
    on)."""

    step: int
    epoch: int
    stopped: str
    seconds: float
    scores: tuple[Score, ...]
    digest: str


class Listener:
    """Hears everything, does nothing. ``on_note`` gets whole sentences for a person."""

    def on_begin(self, event: Begun) -> None:
        """Before the first update of this session."""

    def on_step(self, event: Stepped) -> None:
        """After every update."""

    def on_validation(self, event: Validated) -> None:
        """After every validation."""

    def on_checkpoint(self, event: Checkpointed) -> None:
        """After every checkpoint."""

    def on_working(self, event: Working) -> None:
        """At every part of a closed form, which has no updates."""

    def on_note(self, note: str) -> None:
        """Something a person should know: odd data, another machine than before, what --init took."""

    def on_stopping(self, event: Stopping) -> None:
        """After the last update of this session, before the run is made whole."""

    def on_end(self, event: Ended) -> None:
        """After the last file of the run is written."""


class Listeners(Listener):
    """Passes everything on to several, in their order."""

    def __init__(self, *listeners: Listener) -> None:
        self._all = listeners

    def on_begin(self, event: Begun) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_begin(event)

    def on_step(self, event: Stepped) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_step(event)

    def on_validation(self, event: Validated) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_validation(event)

    def on_checkpoint(self, event: Checkpointed) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_checkpoint(event)

    def on_working(self, event: Working) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_working(event)

    def on_note(self, note: str) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_note(note)

    def on_stopping(self, event: Stopping) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_stopping(event)

    def on_end(self, event: Ended) -> None:
        """To everyone."""
        for listener in self._all:
            listener.on_end(event)


class LogListener(Listener):
    """Writes ``log.jsonl``: kinds ``step`` (at most about 50 an epoch), ``validation`` and ``end``.

    All but ``seconds``, ``took`` and ``tokens_per_second`` is the same however often the run was stopped.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_step(self, event: Stepped) -> None:
        """A line when a window closes: the mean loss of the window, nats per thing predicted."""
        if event.log:
            self._write(
                "step",
                step=event.step,
                epoch=event.epoch,
                loss=event.running,
                lr=event.lr,
                gradient_norm=event.gradient_norm,
                tokens_per_second=event.tokens_per_second,
                seconds=event.seconds,
            )

    def on_validation(self, event: Validated) -> None:
        """A line a validation, with every score."""
        scores = [score.to_json() for score in event.scores]
        watched = event.watched.name
        self._write(
            "validation",
            step=event.step,
            epoch=event.epoch,
            scores=scores,
            watched=watched,
            best=event.best,
            averaged=event.averaged,
            took=event.took,
            seconds=event.seconds,
        )

    def on_end(self, event: Ended) -> None:
        """Why it stopped, and the digest of everything a checkpoint would hold."""
        self._write(
            "end",
            step=event.step,
            epoch=event.epoch,
            stopped=event.stopped,
            digest=event.digest,
            seconds=event.seconds,
        )

    def _write(self, kind: str, **values: Any) -> None:
        append_log(self._path, {"kind": kind, **values})


class TensorBoardListener(Listener):
    """Writes TensorBoard event files into ``folder``; needs the package ``tensorboard``.

    Raises:
        ConfigError: the package is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ConfigError(
                f"writing TensorBoard files to {folder} needs the package tensorboard, which is not installed",
                hint="pip install tensorboard",
            ) from error
        self._writer: Any = SummaryWriter(str(folder))

    def on_step(self, event: Stepped) -> None:
        """Loss, learning rate and speed where the log has a line."""
        if event.log:
            self._writer.add_scalar("train/loss", event.running, event.step)
            self._writer.add_scalar("train/lr", event.lr, event.step)
            self._writer.add_scalar("train/tokens_per_second", event.tokens_per_second, event.step)

    def on_validation(self, event: Validated) -> None:
        """Every score."""
        for score in event.scores:
            self._writer.add_scalar(f"valid/{score.name}", score.value, event.step)

    def on_end(self, event: Ended) -> None:
        """Close the files."""
        self._writer.close()
