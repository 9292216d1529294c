"""Random search: seeded draws from a recipe's ``[search]`` ranges, each trial a run of its own."""

from __future__ import annotations

import math
import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.bundle import CHECKPOINTS, write_json, writing
from weft.catalog import TASKS
from weft.config import Recipe, validate
from weft.errors import BackendError, ConfigError, DataError, RunError, WeftError
from weft.training.closed_form import check_closed_form
from weft.training.listeners import Listener
from weft.training.loop import better
from weft.training.outcome import Summary
from weft.training.run import train
from weft.types import Files, Score

TABLE = "trials.json"
BEST = "best"


@dataclass(frozen=True)
class Trial:
    """One draw: its number (from 1), the values drawn by key, and its watched score or the error that ended it."""

    number: int
    settings: Mapping[str, Any]
    score: Score | None = None
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``trials.json``."""
        return {**vars(self), "settings": dict(self.settings), "score": self.score and self.score.to_json()}


@dataclass(frozen=True)
class Search:
    """A finished search: the best trial's run (a copy in ``OUT/best``) and all trials, best first, failed ones last."""

    run: Path
    trials: tuple[Trial, ...]


def random_search(
    config: Recipe,
    files: Files,
    out: Path,
    *,
    trials: int,
    resume: bool = False,
    init: Path | None = None,
    time_limit: float | None = None,
    listener: Listener | None = None,
    train_one: Callable[..., Summary] = train,
) -> Search:
    """Train ``trials`` draws from ``config.search`` into ``out/trial-01``...; the best one is copied to ``out/best``.

    Trial k draws the same values however many trials there are, and trains with the recipe's own seed. A trial that
    fails is written down with its error, and the rest goes on; Ctrl-C or the time limit ends the search with what
    there is.

    Args:
        config: the recipe, with ranges.
        files, init, listener: as for ``train``.
        out: absent or empty; with ``resume``, a search that was stopped (finished trials are kept as they are).
        time_limit: seconds for the whole search.
        train_one: what trains a trial.
    Raises:
        DataError, BackendError: the files or the device cannot be used by any trial.
        ConfigError: no trials, no ranges, or an impossible one; or an option that the task does not take.
        RunError: ``out`` is in the way, or every trial failed.
    """
    _check_ranges(config, trials)
    check_closed_form(TASKS.load(config.task, "task").task, init=init, time_limit=time_limit)
    _make_folder(out, resume)
    listener = listener or Listener()
    end = None if time_limit is None else time.monotonic() + time_limit
    done: list[Trial] = []
    for number in range(1, trials + 1):
        settings = draw(config, number)
        told = ", ".join(f"{key} = {value}" for key, value in settings.items())
        listener.on_note(f"trial {number} of {trials}: {told}")
        left = None if end is None else max(0.0, end - time.monotonic())
        options = {"resume": resume, "init": init, "time_limit": left, "listener": listener}
        trial, stopped = _attempt(train_one, number, settings, config, files, out / _name(number), options)
        done.append(trial)
        if trial.error:
            listener.on_note(f"trial {number} failed: {trial.error}")
        ranked = rank(done)
        write_json(out / TABLE, [each.to_json() for each in ranked])
        if stopped in ("interrupt", "time"):
            break
    if ranked[0].score is None:
        raise RunError(f"all {len(done)} trials in {out} failed; the first: {done[0].error}", hint=f"see {out / TABLE}")
    return Search(_keep_best(out, ranked[0]), tuple(ranked))


def _attempt(
    train_one: Callable[..., Summary],
    number: int,
    settings: Mapping[str, Any],
    config: Recipe,
    files: Files,
    place: Path,
    options: Mapping[str, Any],
) -> tuple[Trial, str]:
    """Train one trial; what came out, and why it stopped. What is wrong with the files is wrong for every trial."""
    try:
        outcome = train_one(_with(config, settings), files, place, **options).outcome
    except (DataError, BackendError):
        raise
    except WeftError as error:
        return Trial(number, settings, error=str(error)), ""
    return Trial(number, settings, score=outcome.watched), outcome.stopped


def draw(config: Recipe, number: int) -> dict[str, Any]:
    """The values of trial ``number`` by key: a pure function of the recipe's ranges, its seed and the number."""
    stream = random.Random(f"{config.training.seed}/{number}")
    drawn: dict[str, Any] = {}
    for key, span in sorted(config.search.items()):
        if span.choices:
            drawn[key] = stream.choice(span.choices)
            continue
        assert span.low is not None
        assert span.high is not None
        if span.log:
            value = math.exp(stream.uniform(math.log(span.low), math.log(span.high)))
        else:
            value = stream.uniform(span.low, span.high)
        drawn[key] = round(value) if isinstance(_value_at(config, key), int) else float(f"{value:.6g}")
    return drawn


def rank(trials: Sequence[Trial]) -> list[Trial]:
    """Best first, equals in their order, failed ones last."""
    ranked: list[Trial] = []
    for trial in trials:
        score = trial.score
        place = len(ranked)
        if score is not None:
            beaten = (k for k, other in enumerate(ranked) if other.score is None or better(score, other.score))
            place = next(beaten, len(ranked))
        ranked.insert(place, trial)
    return ranked


def _check_ranges(config: Recipe, trials: int) -> None:
    if trials < 1:
        raise ConfigError(f"a search needs at least 1 trial, got {trials}")
    if not config.search:
        raise ConfigError(
            "the recipe names no ranges to search", hint='add e.g. [search."training.lr"] with low, high and log = true'
        )
    for key, span in config.search.items():
        interval = span.low is not None and span.high is not None
        if bool(span.choices) == interval or (span.low is None) != (span.high is None):
            raise ConfigError(f"search range of {key}: give either choices, or low and high; got {span!r}")
        if interval and not (span.low < span.high and (span.low > 0 or not span.log)):  # type: ignore[operator]
            raise ConfigError(
                f"search range of {key}: needs low < high, and low > 0 with log = true; got {span.low} and {span.high}"
            )


def _make_folder(out: Path, resume: bool) -> None:
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        held = sorted(path.name for path in out.iterdir())
    if held and not (resume and (TABLE in held or _name(1) in held)):
        raise RunError(
            f"{out} is not empty (it holds {held[0]}); a search needs a folder of its own; nothing was changed",
            hint="choose another --out, or go on with a stopped search by --resume",
        )


def _keep_best(out: Path, trial: Trial) -> Path:
    """Copy the best trial's run to ``out/best`` (without its checkpoints), in one rename."""
    best, temporary = out / BEST, out / f".{BEST}.tmp"
    with writing(best):
        for old in (temporary, best):
            if old.exists():
                shutil.rmtree(old)
        shutil.copytree(out / _name(trial.number), temporary, ignore=shutil.ignore_patterns(CHECKPOINTS, ".*.tmp"))
        temporary.rename(best)
    return best


def _name(number: int) -> str:
    return f"trial-{number:02d}"


def _value_at(config: Recipe, key: str) -> Any:
    place: Any = config
    for part in key.split("."):
        place = getattr(place, part)
    return None if isinstance(place, bool) else place


def _with(config: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with the drawn values in place, without ranges.

    Raises:
        ConfigError: a drawn value is not allowed there.
    """
    document = config.model_dump(mode="json", exclude_none=True) | {"search": {}}
    for key, value in settings.items():
        *parents, last = key.split(".")
        place = document
        for parent in parents:
            place = place[parent]
        place[last] = value
    return validate(type(config), document, where="the drawn recipe")
