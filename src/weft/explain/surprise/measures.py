"""What surprise is made of: plain numbers of a text, symbol by symbol, and of how far back it looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from weft.explain._symbols import Symbol

GAIN = 0.95
"""The share of what the context brings after which a reader has seen enough of it."""


@dataclass(frozen=True)
class Prediction:
    """What the model said before it read a symbol.

    Attributes:
        symbol: what came, with its log p.
        entropy: bits the model expected to be surprised by, on average over all symbols it held possible.
        rank: place of the symbol among all when the likeliest comes first, from 1.
        alternatives: the likeliest symbols with their probabilities, the likeliest first.
    """

    symbol: Symbol
    entropy: float
    rank: int
    alternatives: tuple[tuple[str, float], ...]

    @property
    def bits(self) -> float:
        """How surprised it was: -log2 p of the symbol."""
        assert self.symbol.logp is not None
        return -self.symbol.logp / math.log(2)


@dataclass(frozen=True)
class Reach:
    """Mean surprise at some places of the text when the model is given the last k symbols alone, from a fresh start.

    Attributes:
        given: k, rising.
        bits: mean surprise for each of them.
        whole: mean surprise at the same places after everything before them.
        places: how many places that are.
        of: how many there were.
    """

    given: tuple[int, ...]
    bits: tuple[float, ...]
    whole: float
    places: int
    of: int

    @property
    def gain(self) -> float:
        """Bits that the whole context brings beyond the last symbol; 0 or less where it brings nothing."""
        return self.bits[0] - self.whole if self.bits else 0.0

    @property
    def enough(self) -> int | None:
        """The first k from which on ``GAIN`` of the gain is there; None: it takes more than the largest k."""
        limit = self.whole + (1 - GAIN) * self.gain
        reached = None
        for k, bits in zip(reversed(self.given), reversed(self.bits), strict=True):
            if bits > limit:
                break
            reached = k
        return reached

    def sentence(self) -> str:
        """What the curve says."""
        if not self.bits:
            return "there is no more context than the last symbol here"
        if self.gain <= 0:
            return "what stands before the last symbol does not help here"
        gain = f"{GAIN:.0%} of the {self.gain:.2f} bits that more than the last symbol brings".replace("%", " %")
        k = self.enough or self.given[-1]
        last = "the last symbol" if k == 1 else f"the last {k:,} symbols"
        return f"{gain} are there with {last}" if self.enough else f"{gain} take more than {last}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "places": self.places,
            "of": self.of,
            "curve": [{"last": k, "bits": bits} for k, bits in zip(self.given, self.bits, strict=True)],
            "whole": self.whole,
            "gain": self.gain,
            "enough": self.enough,
        }


@dataclass(frozen=True)
class Surprises:
    """Everything about one text.

    Attributes:
        text: as it was given.
        vocabulary: V, how many symbols the model knows.
        predictions: of the symbols in their order, ends of line included.
        reach: how far back the predictions look.
    """

    text: str
    vocabulary: int
    predictions: tuple[Prediction, ...]
    reach: Reach

    @property
    def blind(self) -> float:
        """Bits of a guess that holds every symbol equally likely; the end of the scale of colors."""
        return math.log2(self.vocabulary)

    @property
    def logp(self) -> float:
        """Natural log of the probability of the whole text, ends of line included."""
        return sum(each.symbol.logp or 0.0 for each in self.predictions)

    @property
    def bits(self) -> float:
        """Mean surprise of a symbol."""
        return sum(each.bits for each in self.predictions) / len(self.predictions)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Symbols that are not in the vocabulary, each once, in the order of the text."""
        return tuple(dict.fromkeys(each.symbol.text for each in self.predictions if not each.symbol.known))

    def share(self, bits: float) -> float:
        """Where a surprise stands on the scale of colors, 0 to 1."""
        return min(1.0, bits / self.blind) if self.blind else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "surprise",
            "text": self.text,
            "vocabulary": self.vocabulary,
            "logp": self.logp,
            "bits_per_symbol": self.bits,
            "symbols": [_row(each) for each in self.predictions],
            "reach": self.reach.to_json(),
        }


def _row(each: Prediction) -> dict[str, Any]:
    return {
        "text": each.symbol.text,
        "known": each.symbol.known,
        "logp": each.symbol.logp,
        "bits": each.bits,
        "entropy": each.entropy,
        "rank": each.rank,
        "alternatives": [{"text": text, "probability": p} for text, p in each.alternatives],
    }
