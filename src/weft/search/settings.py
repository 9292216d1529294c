"""How symbols are chosen, drawn or searched for: every setting once, with what it may be. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from weft.errors import ConfigError, nearest


@dataclass(frozen=True)
class Sampling:
    """Settings of a draw; they act in the order repetition, temperature, top_k, top_p, typical.

    Attributes:
        temperature: 0 always takes the most probable symbol; below 1 sharpens, above 1 flattens.
        top_k: draw from the k most probable symbols only; 0: from all.
        top_p: in (0, 1]: draw from the most probable symbols that together hold this share (nucleus sampling).
        typical: in (0, 1]: draw from the symbols whose surprise is nearest the expected one and that together hold this
            share (see ``search/typical.py``); 1: from all.
        repetition_penalty: 1 or more, 1 for none; p of a symbol of the last ones becomes p to the power of it, and all
            are normalised again (see ``search/repetition.py``).
        penalty_window: how many last symbols that are; 0: all so far. The prompt's count.
    Raises:
        ConfigError: a value outside its range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    typical: float = 1.0
    repetition_penalty: float = 1.0
    penalty_window: int = 64

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ConfigError(
                f"temperature must be a finite number, 0 (always the likeliest symbol) or more, got {self.temperature}"
            )
        if self.top_k < 0:
            raise ConfigError(f"top_k must be 0 (all symbols) or more, got {self.top_k}")
        for name, value in (("top_p", self.top_p), ("typical", self.typical)):
            if not 0 < value <= 1:
                raise ConfigError(f"{name} must be above 0 and at most 1, got {value}")
        if not (math.isfinite(self.repetition_penalty) and self.repetition_penalty >= 1):
            raise ConfigError(
                f"repetition_penalty must be a finite number, 1 (none) or more, got {self.repetition_penalty}"
            )
        if self.penalty_window < 0:
            raise ConfigError(f"penalty_window must be 0 (all symbols so far) or more, got {self.penalty_window}")

    @property
    def known_to_writers(self) -> bool:
        """Whether temperature, top_k and top_p are all there is: what a decoder that draws by itself knows."""
        return self.typical == 1 and self.repetition_penalty == 1

    def having(self, **settings: Any) -> Sampling:
        """The same with some settings changed.

        Raises:
            ConfigError: no such setting (the message carries the nearest right one), or a value outside its range.
        """
        names = [field.name for field in fields(self)]
        for name in settings:
            if name not in names:
                raise ConfigError(
                    f"unknown setting {name!r} of sampling{nearest(name, names)}", hint=f"settings: {', '.join(names)}"
                )
        return replace(self, **settings)


@dataclass(frozen=True)
class Beam:
    """Settings of a beam search; the score is equation 14 of Wu et al. (2016), see ``search/beam.py``.

    Attributes:
        size: hypotheses a source that are followed at once, 1 or more; 1 is greedy search.
        n_best: hypotheses a source that are handed back, 1 to ``size``.
        length_penalty: alpha, 0 or more: 0 compares sums of log-probabilities, 1 nearly their means.
        coverage_penalty: beta, 0 or more: how much it costs to leave a source position unattended; needs attention.
        min_length: the stop symbol is not allowed before so many symbols.
        patience: a source ends as well when patience * ``size`` of its hypotheses have finished (Kasai et al. 2022);
            0: only when none can get better any more.
    Raises:
        ConfigError: a value outside its range.
    """

    size: int = 5
    n_best: int = 1
    length_penalty: float = 1.0
    coverage_penalty: float = 0.0
    min_length: int = 0
    patience: float = 0.0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ConfigError(f"beam size must be 1 (greedy search) or more, got {self.size}")
        if not 1 <= self.n_best <= self.size:
            raise ConfigError(
                f"n_best must be 1 to the beam's size, {self.size}, got {self.n_best}", hint="a wider beam finds more"
            )
        for name in ("length_penalty", "coverage_penalty", "patience"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(f"{name} must be a finite number, 0 (none) or more, got {value}")
        if self.min_length < 0:
            raise ConfigError(f"min_length must be 0 (none) or more symbols, got {self.min_length}")


@dataclass(frozen=True)
class Search:
    """What is wished for the outputs of a text; None: as the recipe says.

    Attributes:
        beam, length_penalty, coverage_penalty: as in ``Beam``; beam 1 is greedy search.
        samples: draw so many outputs of every text instead; 0: search.
        sampling, seed: how they are drawn. The same text has the same samples, whatever stands beside it.
        least_risk: rank the samples by what they are expected to be worth (``search/minimum_bayes_risk.py``) instead of
            by their probability.
        outputs: the only outputs allowed; none: any.
    Raises:
        ConfigError: settings that exclude each other, or one outside its range.
    """

    beam: int | None = None
    length_penalty: float | None = None
    coverage_penalty: float | None = None
    samples: int = 0
    sampling: Sampling = Sampling()
    seed: int = 1
    least_risk: bool = False
    outputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.samples < 0:
            raise ConfigError(f"samples must be 0 (none: search) or more, got {self.samples}")
        if self.least_risk and self.samples < 2:
            raise ConfigError(f"the least risk is chosen among 2 samples or more, got {self.samples}")
        if self.samples and (self.beam, self.length_penalty, self.coverage_penalty) != (None, None, None):
            raise ConfigError("samples are drawn, not searched for: leave out beam and its penalties")
        if self.samples and self.outputs:
            raise ConfigError("samples cannot be kept to given outputs; search for them with a beam")
        self.asked(Beam())

    def asked(self, recipe: Beam) -> Beam:
        """The recipe's beam with what is wished."""
        wished: dict[str, Any] = {
            "size": self.beam,
            "length_penalty": self.length_penalty,
            "coverage_penalty": self.coverage_penalty,
        }
        given = {name: value for name, value in wished.items() if value is not None}
        return replace(recipe, n_best=1, **given) if given else recipe
