"""Scores of a model and the evidence they are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Score:
    """A number that never travels without what it was measured on.

    Attributes:
        name, value, unit: "accuracy", 0.87, "share".
        n: how many things it was measured on; ``of`` says what they are ("texts").
        low, high: 95 % confidence interval; the value itself where there is none.
        signature: settings that the value depends on ("classes:2|interval:wilson|weft:0.1.0").
        higher_is_better: for choosing the best model.
    """

    name: str
    value: float
    unit: str
    n: int
    of: str
    low: float
    high: float
    signature: str
    higher_is_better: bool = True

    @property
    def has_interval(self) -> bool:
        """Whether there is one: of too little text there is not, and the signature says ``interval:none``."""
        return "interval:none" not in self.signature.split("|")

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``metrics.json``."""
        return dict(vars(self))


@dataclass(frozen=True)
class LabelEvidence:
    """What a classifier said about labelled texts.

    Attributes:
        classes: the C names known to the model.
        gold: int64 numpy [N], -1 for a label the model does not know (always counted wrong); bool [N, C] when there may
            be several.
        probabilities: float64 numpy [N, C].
    """

    classes: tuple[str, ...]
    gold: np.ndarray
    probabilities: np.ndarray

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels (or none)."""
        return self.gold.ndim == 2


@dataclass(frozen=True)
class LikelihoodEvidence:
    """What a language model said about text, in nats, cut into blocks for the confidence interval.

    Attributes:
        nats: float64 numpy [N], negative log-likelihood of each block.
        symbols, characters, words: numpy [N], what each block holds (the unit of the model; Unicode code points;
            white-space separated words, ends of line included). Characters and words may be shared out evenly by
            symbols; their sums are exact.
        unknown: how many symbols were scored as unknown.
        spelling: nats that it takes to spell those out, every character as likely as any other: a model that says
            "unknown" has not said which word it is.
    """

    nats: np.ndarray
    symbols: np.ndarray
    characters: np.ndarray
    words: np.ndarray
    unknown: int = 0
    spelling: float = 0.0


@dataclass(frozen=True)
class TranscriptEvidence:
    """What was said and what was written down for it, a sentence each; words are what stands between white space.

    Attributes:
        references, hypotheses: N texts each, in the same order and already in the same form (case, punctuation).
    """

    references: tuple[str, ...]
    hypotheses: tuple[str, ...]


Evidence = LabelEvidence | LikelihoodEvidence | TranscriptEvidence
