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
class TextEvidence:
    """Texts that a system wrote beside those it should have written: translations, transcripts, corrections.

    Attributes:
        references, hypotheses: N texts each, in the same order and already in the same form (case, punctuation); one
            reference a text.
    """

    references: tuple[str, ...]
    hypotheses: tuple[str, ...]


Link = tuple[int, int]
"""A word of the source and the word of the target that translates it, places from 0."""


@dataclass(frozen=True)
class AlignmentEvidence:
    """Which words a system linked beside those that people linked, N sentence pairs each in the same order.

    Attributes:
        predicted: the system's links.
        sure: links that have to be there.
        possible: links that may be there; the sure ones are possible whether they are among them or not.
    """

    predicted: tuple[frozenset[Link], ...]
    sure: tuple[frozenset[Link], ...]
    possible: tuple[frozenset[Link], ...]


@dataclass(frozen=True)
class TranslationEvidence:
    """What a translator said about known targets, and what it wrote itself for their sources."""

    likelihood: LikelihoodEvidence
    texts: TextEvidence


Evidence = LabelEvidence | LikelihoodEvidence | TextEvidence | AlignmentEvidence | TranslationEvidence
