"""What a search hands back: symbols, how probable they are, and what was looked at while they were written."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Hypothesis:
    """One output of one source.

    Attributes:
        ids: the symbols, without the one that stops.
        logp: log-probability of the symbols under the model, the stop symbol's included, nats.
        score: what the search ranked it by, larger is better; without penalties that is ``logp``.
        finished: it ends with the stop symbol; False: it was cut, at its longest length or where nothing was allowed.
        attention: float [N, S], a row a symbol and one more for the stop symbol where it is finished; None when the
            decoder gives none.
    """

    ids: tuple[int, ...]
    logp: float
    score: float
    finished: bool
    attention: Tensor | None = field(default=None, compare=False, repr=False)
