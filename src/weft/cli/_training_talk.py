"""What a person sees while a network trains: a bar on a terminal, plain lines otherwise; both on standard error."""

from __future__ import annotations

import sys
import time
from typing import Any

from weft.cli._console import counted, duration, say, shown, talk_console
from weft.training.listeners import Begun, Ended, Listener, Stepped, Stopping, Validated, Working

EVERY = 10.0
"""Seconds between two plain lines about updates."""

REDRAW = 0.1
"""Seconds between two looks of the bar at the numbers."""


class PlainTalk(Listener):
    """A line for the start, every validation, at most one in ten seconds between them, and every note."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def on_begin(self, event: Begun) -> None:
        """What is trained, where, how long."""
        self.talk(_opening(event))

    def on_step(self, event: Stepped) -> None:
        """How it goes, from time to time."""
        if time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self.talk(f"step {event.step}/{event.total_steps}, epoch {event.epoch + 1}, {_state(event)}")

    def on_validation(self, event: Validated) -> None:
        """Every score, and whether this is the best so far; that of a closed form is in the closing table."""
        if not event.step:
            return
        scores = ", ".join(f"{score.name} {shown(score.value)}" for score in event.scores)
        mean = f", mean of {counted(event.averaged, 'update')}" if event.averaged > 1 else ""
        self.talk(f"step {event.step}, epoch {event.epoch + 1}: {scores}{' (best)' if event.best else ''}{mean}")
        if event.averaged == 1:
            self.talk("averaging of the weights begins here")

    def on_working(self, event: Working) -> None:
        """What a closed form is at."""
        self.talk(f"{event.run}: {event.task}, {event.what}")

    def on_note(self, note: str) -> None:
        """What a person should know."""
        self.talk(f"note: {note}")

    def on_stopping(self, event: Stopping) -> None:
        """What is going on while the last files are written."""
        if event.stopped in ("interrupt", "time"):
            self.talk(f"stopping after update {event.step}; the run is being made whole")

    def talk(self, line: str) -> None:
        """One line."""
        say(line)


class BarTalk(PlainTalk):
    """The same lines above a bar with loss, measure, tokens a second and time left."""

    def __init__(self) -> None:
        super().__init__()
        self._console = talk_console()
        self._bar: Any = None
        self._task: Any = None

    def on_begin(self, event: Begun) -> None:
        """Put the bar up."""
        super().on_begin(event)
        self.close()
        self._bar = _bar(self._console)
        self._task = self._bar.add_task("", total=event.total_steps, completed=event.step, state="")
        self._bar.start()

    def on_step(self, event: Stepped) -> None:
        """Move the bar, a few times a second."""
        if time.monotonic() - self._last >= REDRAW or event.step == event.total_steps:
            self._last = time.monotonic()
            self._bar.update(
                self._task, completed=event.step, description=f"epoch {event.epoch + 1}", state=_state(event)
            )

    def on_end(self, event: Ended) -> None:
        """Take the bar down; its last state stays on the screen."""
        self.close()

    def talk(self, line: str) -> None:
        """One line above the bar."""
        self._console.print(line, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Take the bar down, also when an error ends training."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def training_talk() -> PlainTalk:
    """The bar where standard error is a terminal, else plain lines."""
    return BarTalk() if sys.stderr.isatty() else PlainTalk()


def _opening(event: Begun) -> str:
    line = f"{event.run}: {event.task}, {shown(event.parameters)} parameters, {event.device}, "
    line += f"{counted(event.threads, 'thread')}; "
    line += f"at most {counted(event.epochs, 'epoch')} of {counted(event.steps_per_epoch, 'update')}"
    if event.time_limit is not None:
        line += f", {duration(event.time_limit)}"
    return line + (f"; goes on after step {shown(event.step)}" if event.resumed else "")


def _state(event: Stepped) -> str:
    measure = f", {event.watched.name} {shown(event.watched.value)}" if event.watched else ""
    speed = f"{shown(round(event.tokens_per_second))} tokens/s"
    return f"loss {event.running:.4f}{measure}, {speed}, {duration(event.seconds_left)} left"


def _bar(console: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        console=console,
        expand=True,
        auto_refresh=True,
        refresh_per_second=8,
    )
