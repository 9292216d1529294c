"""A minimal pair: two texts that differ in one thing, one of them grammatical.

Either both begin alike (``prefix``) and what is compared is the next word, given what stands before it; or they are
whole sentences.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property

import numpy as np

from weft.labs.agreement.verbs import number_of


@dataclass(frozen=True)
class Pair:
    """One pair.

    Attributes:
        good, bad: the word that agrees and the one that does not; the sentences, where there is no prefix.
        prefix: what stands before the word; None: ``good`` and ``bad`` are whole sentences.
        attractors: nouns between subject and verb of the other number than the subject's; None: not known.
        distance: words from the subject's noun to the verb, 1 where the verb follows it; None: not known. Punctuation
            is no word.
        group: the construction, or another name under which pairs belong together.
        rest: what follows the word, where that is known. Only models of word pieces read it.
        kind: pairs of one kind are alike, so that some of them may stand for all; empty where a pair is its own.
    """

    good: str
    bad: str
    prefix: str | None = None
    attractors: int | None = None
    distance: int | None = None
    group: str = ""
    rest: str = ""
    kind: str = ""

    @property
    def number(self) -> str | None:
        """The number of the verb that agrees; None for whole sentences and for words that are no forms of one verb."""
        return None if self.prefix is None else number_of(self.good, self.bad)

    def sentences(self) -> tuple[str, str]:
        """The whole texts, the good one first."""
        if self.prefix is None:
            return self.good, self.bad
        good, bad = (
            " ".join(part for part in (self.prefix, word, self.rest) if part) for word in (self.good, self.bad)
        )
        return good, bad


Slice = tuple[str, np.ndarray]
"""A name, and the places of its pairs, int64 [n]."""


@dataclass(frozen=True)
class PairSet:
    """Pairs that belong together.

    Attributes:
        name: "blimp".
        pairs: the pairs.
        notes: what was odd, and what was left out.
        slices: further parts to show, beside those by attractors, distance and group.
    """

    name: str
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()
    slices: tuple[Slice, ...] = field(default=(), compare=False)

    @cached_property
    def digest(self) -> str:
        """What tells these pairs from others, in what a model can say of them."""
        text = json.dumps([astuple(pair) for pair in self.pairs], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def thinned(self, most: int) -> PairSet:
        """At most so many pairs of each kind, evenly spaced; said in the notes."""
        places: dict[str, list[int]] = {}
        for place, pair in enumerate(self.pairs):
            places.setdefault(pair.kind or str(place), []).append(place)
        kept = sorted(place for own in places.values() for place in _spaced(own, most))
        if len(kept) == len(self.pairs):
            return self
        note = f"{self.name}: {len(kept):,} of {len(self.pairs):,} pairs, at most {most} of a kind; --full measures all"
        return PairSet(self.name, tuple(self.pairs[place] for place in kept), (*self.notes, note))


def _spaced(places: Sequence[int], most: int) -> Sequence[int]:
    if len(places) <= most:
        return places
    return [places[k * len(places) // most] for k in range(most)]
