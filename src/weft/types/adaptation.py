"""Ways in which a language model may learn from a text while it is measured on it, and tasks that can.

Either way a symbol is scored before anything is learned from it. The numbers are reported apart from the plain ones:
a model that learns on its way is another model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from weft.errors import ConfigError
from weft.types.data import Vocabulary
from weft.types.measures import LikelihoodEvidence

if TYPE_CHECKING:
    from torch import nn

    from weft.config import Recipe


RATE, RATE_BY_SIZE = 0.2, 1e-4
"""Learning rates where none is given: of plain steps, and of steps divided by the size of the gradients."""
LARGEST_RATE = 1e38
"""More does not go into a float32."""


@dataclass(frozen=True)
class DynamicEvaluation:
    """Gradient steps on every piece of the text after it has been scored (B. Krause, E. Kahembwe, I. Murray and
    S. Renals, "Dynamic Evaluation of Neural Sequence Models", ICML 2018).

    Attributes:
        rate: learning rate, on the mean surprise over a whole segment. None becomes ``RATE``, or ``RATE_BY_SIZE`` with
            statistics.
        decay: share of the way back to the trained weights that every step goes.
        segment: symbols between two steps.
        statistics: text to measure the size of each weight's gradient on; steps are then divided by it (the paper's RMS
            rule). None: plain gradient descent.
    Raises:
        ConfigError: a number out of its range.
    """

    rate: float | None = None
    decay: float = 0.003
    segment: int = 20
    statistics: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.rate is None:
            object.__setattr__(self, "rate", RATE_BY_SIZE if self.statistics else RATE)
        assert self.rate is not None
        _check("dynamic evaluation: rate must be a number from 0 to 1e38", self.rate, 0.0 <= self.rate <= LARGEST_RATE)
        _check("dynamic evaluation: decay must be between 0 and 1", self.decay, 0.0 <= self.decay <= 1.0)
        _check("dynamic evaluation: segment must be at least 1", self.segment, self.segment >= 1)

    def settings(self) -> dict[str, Any]:
        """What the numbers depend on, as plain values."""
        rule = "rms" if self.statistics else "sgd"
        return {"rule": rule, "rate": self.rate, "decay": self.decay, "segment": self.segment}


@dataclass(frozen=True)
class NeuralCache:
    """A share of the probability for the symbols that followed states like this one (E. Grave, A. Joulin and N.
    Usunier, "Improving Neural Language Models with a Continuous Cache", ICLR 2017).

    Attributes:
        size: symbols that are remembered.
        theta: how much the likeness of two states counts: exp(theta * h_t . h_i).
        weight: the cache's share, linear interpolation.
    Raises:
        ConfigError: a number out of its range.
    """

    size: int = 2000
    theta: float = 0.8
    weight: float = 0.1

    def __post_init__(self) -> None:
        _check("neural cache: size must be at least 1", self.size, self.size >= 1)
        _check("neural cache: theta must be a number of at least 0", self.theta, 0.0 <= self.theta < math.inf)
        _check("neural cache: weight must be at least 0 and less than 1", self.weight, 0.0 <= self.weight < 1.0)

    def settings(self) -> dict[str, Any]:
        """What the numbers depend on, as plain values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Trial:
    """A setting that was tried on a text: what, with which values, and nats a symbol."""

    name: str
    settings: Mapping[str, Any]
    nats: float


@dataclass(frozen=True)
class Tuned:
    """The best settings that were found, and all that were tried, in their order."""

    dynamic: DynamicEvaluation | None
    cache: NeuralCache | None
    trials: tuple[Trial, ...]
    symbols: int
    """Of the text, on which they were tried."""


class Adapts(Protocol):
    """A task whose networks can learn from the text that they are measured on. The network itself stays as it is."""

    def adapted(
        self,
        module: nn.Module,
        config: Recipe,
        vocabulary: Vocabulary,
        files: Sequence[Path],
        work: Path,
        *,
        dynamic: DynamicEvaluation | None,
        cache: NeuralCache | None,
    ) -> dict[str, LikelihoodEvidence]:
        """Evidence on files read symbol by symbol in their order, by name: "in order" (nothing is learned), "dynamic",
        "cache", "dynamic+cache", as far as asked for."""

    def tuned(
        self,
        module: nn.Module,
        config: Recipe,
        vocabulary: Vocabulary,
        files: Sequence[Path],
        work: Path,
        *,
        dynamic: DynamicEvaluation | None,
        cache: NeuralCache | None,
    ) -> Tuned:
        """The best of a small grid around the given settings on the beginning of files."""


def _check(sentence: str, value: float, holds: bool) -> None:
    if not holds:
        raise ConfigError(f"{sentence}, got {value}")
