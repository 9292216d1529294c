"""The trainer: updates, validations and checkpoints in turn, so that any moment between two updates can be saved.

Whatever decides a number is in ``Progress``, in the checkpoint's tensors, or a pure function of the two; clocks decide
only when a checkpoint is written and when a time limit ends the session.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from weft.bundle import CHECKPOINTS, LOG, WEIGHTS, copy_tensors, module_tensors, sync_log, write_tensors
from weft.config import NetworkRecipe, Recipe
from weft.errors import ConfigError, DataError, RunError, nearest
from weft.metrics import measure
from weft.training import checkpoint, optimizers, schedules
from weft.training.averaging import Averaging
from weft.training.checkpoint import Checkpoint
from weft.training.listeners import Checkpointed, Listener, Stepped, Stopping, Validated
from weft.training.progress import Best, Progress
from weft.training.surroundings import Interrupt, read_streams, set_streams
from weft.types import Batch, Data, Score, Task, Trains

if TYPE_CHECKING:
    from torch import Tensor, nn

LOG_LINES = 50
"""Step lines of the log in one epoch, about."""


def watched(task: Task, config: Recipe) -> int:
    """The place in ``task.measures`` of the measure that decides what is best.

    Raises:
        ConfigError: ``training.watch`` is not a measure of the task.
    """
    name = config.training.watch
    measures = task.measures(config)
    if name and name not in measures:
        raise ConfigError(
            f"training.watch = {name!r} is no measure of task {task.name!r}{nearest(name, measures)}",
            hint=f"measures of this task: {', '.join(measures)}",
        )
    return measures.index(name) if name else 0


class Trainer:
    """Trains one module on one feed until the recipe, a person or the clock says stop.

    Args:
        task: gives loss and evidence.
        module: on ``device``, freshly built; ``restore`` puts a checkpoint into it.
        data: feeds and vocabulary.
        config: the recipe.
        run: the run folder, which exists.
        device: where ``module`` lies.
        machine: what ``surroundings.machine`` says, for the checkpoint.
        listener: is told of every update, validation and checkpoint.
        deadline: on the clock of ``time.monotonic``; None: no limit.
    Raises:
        ConfigError: an unknown measure to watch.
        DataError: the training feed holds no batch.
    """

    def __init__(
        self,
        *,
        task: Trains,
        module: nn.Module,
        data: Data,
        config: NetworkRecipe,
        run: Path,
        device: torch.device,
        machine: dict[str, Any],
        listener: Listener,
        deadline: float | None = None,
    ) -> None:
        self.task, self.module, self.data, self.config = task, module, data, config
        self.device, self.machine = device, machine
        self.progress = Progress()
        self.best: dict[str, Tensor] = {}
        self._carried: dict[str, Tensor] | None = None
        self._optimizer = optimizers.make(module, config.training)
        self.averaging = Averaging(module, config.training)
        self._watched = watched(task, config)
        self.listener, self.interrupt = listener, Interrupt()
        self._run, self._deadline = run, deadline
        self._batches, self._batches_epoch = data.train.epoch(0), 0
        self.steps_per_epoch = len(self._batches)
        if not self.steps_per_epoch:
            raise DataError("the training part holds no batch: there is nothing to train on")
        self._log_every = max(1, self.steps_per_epoch // LOG_LINES)
        self._started = self._saved = time.monotonic()
        self._seconds_before = 0.0
        self._paused = self._validation_took = 0.0
        self._session_steps = self._session_tokens = 0

    @property
    def watch(self) -> str:
        """The measure that decides what is best."""
        return self.task.measures(self.config)[self._watched]

    @property
    def parameters(self) -> int:
        """Numbers that are trained."""
        return sum(parameter.numel() for parameter in optimizers.trained(self.module).values())

    @property
    def total_steps(self) -> int:
        """Updates of the whole training if nothing stops it early; where epochs differ, those to come count alike."""
        at, recipe = self.progress, self.config.training
        left = recipe.epochs - at.epoch
        steps = at.step - at.batch + (len(self._epoch()) + (left - 1) * self.steps_per_epoch if left > 0 else 0)
        return min(steps, recipe.max_steps or steps)

    def run(self) -> str:
        """Train until something says stop, and write a last checkpoint.

        Returns:
            "patience", "epochs" or "steps" when the recipe is done; "interrupt" or "time" when it could go on.
        Raises:
            RunError: the loss or the gradient is not finite, or a file cannot be written.
        """
        self.module.train()
        while not (why := self._reason()):
            self._update()
            if self._validation_due():
                self._validate()
            if time.monotonic() - self._saved >= self.config.training.checkpoint_seconds:
                self.save()
        self.listener.on_stopping(Stopping(self.progress.step, why))
        self.save()
        return why

    def measure(self) -> tuple[Score, ...]:
        """Score the module as it is on the validation part; training's random streams do not notice."""
        streams = read_streams(self.device)
        self.module.eval()
        with torch.no_grad():
            evidence = self.task.evidence(self.module, self.data.valid, self.data.vocabulary)
        self.module.train()
        set_streams(streams, self.device)
        return tuple(measure(name, evidence) for name in self.task.measures(self.config))

    def improves(self, scores: Sequence[Score]) -> bool:
        """Whether scores (the task's order) are better than the best validation so far."""
        best = self.progress.best
        return best is None or better(scores[self._watched], best.scores[self._watched])

    def snapshot(self) -> Checkpoint:
        """This moment as a checkpoint (it shares memory with the module)."""
        memory, values = optimizers.flatten(self._optimizer, self.module)
        self.progress.seconds, self.progress.averaged = self.seconds, self.averaging.count
        return Checkpoint(
            progress=self.progress,
            model=module_tensors(self.module),
            best=self.best,
            average=self.averaging.tensors(),
            memory=memory,
            values=values,
            carried=self._carried,
            streams=read_streams(self.device),
            recipe=self.config.model_dump(mode="json", exclude_none=True),
            sources=sources(self.data),
            machine=self.machine,
        )

    def restore(self, saved: Checkpoint, where: Path) -> None:
        """Go back to the moment of a checkpoint.

        Raises:
            RunError: its tensors do not fit the recipe's network.
        """
        copy_tensors(self.module, saved.model, where)
        optimizers.restore(self._optimizer, self.module, saved.memory, saved.values, where)
        self.averaging.restore(saved.average, saved.progress.averaged, where)
        self.progress = saved.progress
        self.best = dict(saved.best)
        self._carried = None
        if saved.carried is not None:
            self._carried = {name: tensor.to(self.device) for name, tensor in saved.carried.items()}
        self._seconds_before = saved.progress.seconds
        set_streams(dict(saved.streams), self.device)

    def save(self) -> None:
        """Write the checkpoint; and the model, as long as no validation has chosen one."""
        begun = time.monotonic()
        path = self._run / CHECKPOINTS / checkpoint.LAST
        sync_log(self._run / LOG)
        checkpoint.write(path, self.snapshot())
        if self.progress.best is None:
            with self.averaging.applied():
                self._write_model()
        self._saved = time.monotonic()
        self._paused += self._saved - begun
        self.listener.on_checkpoint(Checkpointed(self.progress.step, path, self._saved - begun))

    @property
    def seconds(self) -> float:
        """Time spent in the loop, all sessions together."""
        return self._seconds_before + time.monotonic() - self._started

    def _reason(self) -> str:
        at, recipe = self.progress, self.config.training
        if recipe.patience and at.stale >= recipe.patience:
            return "patience"
        if at.epoch >= recipe.epochs:
            return "epochs"
        if recipe.max_steps and at.step >= recipe.max_steps:
            return "steps"
        if self.interrupt.asked:
            return "interrupt"
        if self._deadline is not None and time.monotonic() + self._validation_took >= self._deadline:
            return "time"
        return ""

    def _update(self) -> None:
        at, recipe = self.progress, self.config.training
        batch = self._epoch()[at.batch].to(self.device)
        factor = schedules.factor(
            recipe, step=at.step, epoch=at.epoch, total_steps=self.total_steps, reductions=at.reductions
        )
        rate = recipe.lr * factor * batch.rate
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=recipe.autocast):
            loss = self.task.loss(self.module, batch, self._carried)
        total = float(loss.total.detach())
        self._check_finite("loss", total, rate)
        mean = loss.total / max(1, loss.count)
        norm = self._descend(mean if loss.penalty is None else mean + loss.penalty, rate) if loss.count else 0.0
        self._carried = loss.state and {name: tensor.detach() for name, tensor in loss.state.items()}
        at.window_total += total
        at.window_count += loss.count
        self._advance(batch, total / max(1, loss.count), rate, norm)

    def _descend(self, loss: Tensor, rate: float) -> float:
        """Back-propagate a loss, clip, update; the gradient's norm before clipping."""
        recipe = self.config.training
        loss.backward()  # type: ignore[no-untyped-call]
        parameters = list(optimizers.trained(self.module).values())
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        whole = torch.nn.utils.get_total_norm(gradients)
        norm = float(whole)
        self._check_finite("gradient's norm", norm, rate)
        if recipe.clip_norm:
            torch.nn.utils.clip_grads_with_norm_(parameters, recipe.clip_norm, whole)
        if recipe.clip_value:
            torch.nn.utils.clip_grad_value_(parameters, recipe.clip_value)
        self._optimizer.step()
        self.averaging.update()
        return norm

    def _check_finite(self, what: str, value: float, rate: float) -> None:
        if value - value == 0.0:
            return
        kept = "the best model so far is kept" if self.progress.best else "no model was validated before"
        raise RunError(
            f"training stopped at update {self.progress.step + 1}: the {what} is {value} at learning rate {rate:g}; "
            f"{kept}",
            hint="try a smaller training.lr, training.clip_norm = 1, some training.warmup_steps, or autocast = false",
        )

    def _advance(self, batch: Batch, loss: float, rate: float, norm: float) -> None:
        """Count the update, move to the next batch, tell the listener."""
        at, epoch, place, batches = self.progress, self.progress.epoch, self.progress.batch, len(self._epoch())
        at.step += 1
        at.batch += 1
        at.tokens += batch.tokens
        self._session_steps += 1
        self._session_tokens += batch.tokens
        if at.batch >= batches:
            at.epoch, at.batch, self._carried = epoch + 1, 0, None
        closes = at.step % self._log_every == 0 or at.batch == 0
        running = at.window_total / max(1, at.window_count)
        if closes:
            at.window_total, at.window_count = 0.0, 0
        now = time.monotonic()
        self.listener.on_step(
            Stepped(
                step=at.step,
                total_steps=self.total_steps,
                epoch=epoch,
                batch=place,
                batches=batches,
                loss=loss,
                running=running,
                lr=rate,
                gradient_norm=norm,
                tokens=batch.tokens,
                tokens_per_second=self._session_tokens / max(1e-9, now - self._started - self._paused),
                seconds=self.seconds,
                seconds_left=self._seconds_left(now),
                watched=at.best.scores[self._watched] if at.best else None,
                log=closes,
            )
        )

    def _seconds_left(self, now: float) -> float:
        left = (self.total_steps - self.progress.step) * (now - self._started) / self._session_steps
        return max(0.0, left if self._deadline is None else min(left, self._deadline - now))

    def _validation_due(self) -> bool:
        at, recipe = self.progress, self.config.training
        if at.epoch >= recipe.epochs or (recipe.max_steps and at.step >= recipe.max_steps):
            return True
        return at.step % recipe.validate_every == 0 if recipe.validate_every else at.batch == 0

    def _validate(self) -> None:
        at, begun = self.progress, time.monotonic()
        epoch = at.epoch if at.batch else at.epoch - 1
        with self.averaging.applied():
            scores = self.measure()
            improved = self._judge(scores)
            if improved:
                at.best = Best(at.step, epoch, scores)
                self.best = {name: tensor.to("cpu", copy=True) for name, tensor in module_tensors(self.module).items()}
                self._write_model()
        score = scores[self._watched]
        at.watched.append(score.value)
        if self.averaging.validated(at.watched, higher_is_better=score.higher_is_better):
            at.stale = 0
        self._validation_took = time.monotonic() - begun
        self._paused += self._validation_took
        self.listener.on_validation(
            Validated(
                step=at.step,
                epoch=epoch,
                scores=scores,
                watched=score,
                best=improved,
                took=self._validation_took,
                seconds=self.seconds,
                averaged=self.averaging.count,
            )
        )

    def _judge(self, scores: Sequence[Score]) -> bool:
        """Count validations without a new best; whether this is one."""
        at = self.progress
        improved = self.improves(scores)
        at.stale = 0 if improved else at.stale + 1
        at.waiting = 0 if improved else at.waiting + 1
        if at.waiting > self.config.training.schedule_patience:
            at.waiting, at.reductions = 0, at.reductions + 1
        return improved

    def _epoch(self) -> Sequence[Batch]:
        """The batches of the epoch that stands next."""
        if self._batches_epoch != self.progress.epoch:
            self._batches, self._batches_epoch = self.data.train.epoch(self.progress.epoch), self.progress.epoch
        return self._batches

    def _write_model(self) -> None:
        metadata = {"step": self.progress.step, "epoch": self.progress.epoch}
        write_tensors(self._run / WEIGHTS, module_tensors(self.module), metadata)


def sources(data: Data) -> tuple[tuple[str, str], ...]:
    """(name, sha256) of every file that was read; no folders: a run says nothing of the machine it was made on."""
    return tuple((Path(name).name, digest) for name, digest in data.sources.items())


def better(score: Score, than: Score) -> bool:
    """Whether a score beats another of the same measure; one that is not a number beats nothing."""
    if than.value != than.value:
        return score.value == score.value
    return score.value > than.value if score.higher_is_better else score.value < than.value
