"""Measuring a language model that learns from the text on its way, and finding the settings for that on other text."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from torch import nn

from weft.config import Recipe
from weft.errors import ConfigError, DataError
from weft.metrics import measure
from weft.types import Adapts, DynamicEvaluation, LikelihoodEvidence, NeuralCache, Score, Task, Tuned, Vocabulary

LOWER_RATE = "the rate (--dynamic-rate) must be lower"


@dataclass(frozen=True)
class Variant:
    """Scores of a model that may learn from the text while it is measured, apart from the plain ones.

    Attributes:
        name: "in order" (nothing is learned: the text read once from its beginning to its end, which the others are to
            be held against), "dynamic", "cache", "dynamic+cache".
        settings: by name, what the scores depend on.
        scores: every metric of the task.
        diverged: gradient steps have made it worse than guessing, each symbol as likely as any other.
    """

    name: str
    settings: Mapping[str, Any]
    scores: tuple[Score, ...]
    diverged: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        scores = [score.to_json() for score in self.scores]
        return {"name": self.name, "settings": dict(self.settings), "scores": scores}


class Adaptable(Protocol):
    """What is measured; ``weft.model.Model`` is one."""

    config: Recipe
    task: Task
    vocabulary: Vocabulary
    module: nn.Module


def variants(
    model: Adaptable, files: Sequence[Path], dynamic: DynamicEvaluation | None, cache: NeuralCache | None
) -> tuple[Variant, ...]:
    """Measure a model with dynamic evaluation, a cache, or both; nothing where neither is asked for.

    Raises:
        ConfigError: the model's task cannot.
        DataError: the text comes from standard input, which comes only once.
    """
    if dynamic is None and cache is None:
        return ()
    task = _adapting(model.task)
    if Path("-") in files:
        raise DataError(
            "a text to learn from on the way is read more than once, and standard input ('-') comes only once",
            hint="write it to a file first",
        )
    with tempfile.TemporaryDirectory(prefix="weft-") as work:
        found = task.adapted(
            model.module, model.config, model.vocabulary, files, Path(work), dynamic=dynamic, cache=cache
        )
    guess = math.log(max(2, model.vocabulary.text.size))  # type: ignore[attr-defined]
    used = {"dynamic": dynamic and dynamic.settings(), "cache": cache and cache.settings()}
    measures = model.task.measures(model.config)
    return tuple(
        _variant(
            name,
            {part: settings for part, settings in used.items() if settings and part in name},
            evidence,
            measures,
            guess,
        )
        for name, evidence in found.items()
    )


def diverged(measured: Sequence[Variant]) -> tuple[str, ...]:
    """What to know of variants whose steps led nowhere, a sentence."""
    names = [variant.name for variant in measured if variant.diverged]
    if not names:
        return ()
    return (f"{' and '.join(names)}: the steps diverged, worse than guessing; {LOWER_RATE}",)


def _variant(
    name: str,
    settings: Mapping[str, Mapping[str, Any]],
    evidence: LikelihoodEvidence,
    measures: Sequence[str],
    guess: float,
) -> Variant:
    learns = "dynamic" in settings
    if learns and not np.isfinite(evidence.nats).all():
        raise DataError(f"{name}: the steps diverged, and its likelihoods are not numbers", hint=LOWER_RATE)
    signs = [f"{part}:{','.join(f'{key}={value}' for key, value in own.items())}" for part, own in settings.items()]
    scores = [measure(each, evidence) for each in measures]
    signed = [replace(score, signature="|".join(["in-order", *signs, score.signature])) for score in scores]
    return Variant(
        name, settings, tuple(signed), diverged=learns and bool(evidence.nats.sum() > guess * evidence.symbols.sum())
    )


def tune(
    model: Adaptable, files: Sequence[Path], dynamic: DynamicEvaluation | None, cache: NeuralCache | None
) -> Tuned:
    """The best settings on the beginning of files that are not those to measure on.

    Raises:
        ConfigError: the model's task cannot learn on its way, or neither way is asked for.
    """
    if dynamic is None and cache is None:
        raise ConfigError("tuning needs dynamic evaluation or a cache to tune", hint="ask for one of them, or both")
    task = _adapting(model.task)
    with tempfile.TemporaryDirectory(prefix="weft-") as work:
        return task.tuned(model.module, model.config, model.vocabulary, files, Path(work), dynamic=dynamic, cache=cache)


def _adapting(task: Task) -> Adapts:
    if not hasattr(task, "adapted"):
        raise ConfigError(
            f"a model of task {task.name!r} cannot learn from the text it is measured on",
            hint="dynamic evaluation and the neural cache need a run of task 'language-model'",
        )
    return cast(Adapts, task)
