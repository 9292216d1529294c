"""From attention between symbols to links between words.

A word's attention is that of its symbols: the sum over the symbols of a source word, the mean over those of a target
word, so that a target word still shares out a weight of 1 (but for what went to the source's end symbol, which is no
word). A link goes from every target word to the source word it looked at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from weft.data.alignments import Links
from weft.data.codec import Codec
from weft.types import Link


@dataclass(frozen=True)
class Words:
    """A text's words, and the word of each of its symbols: int64 [N], -1 where a symbol is white space alone."""

    words: tuple[str, ...]
    owner: np.ndarray


@dataclass(frozen=True)
class Alignment:
    """One output's.

    Attributes:
        source, target: the units on both sides, words or symbols.
        weights: float64 [target, source].
        links: each target unit with the source unit it looked at most.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: np.ndarray
    links: frozenset[Link]

    @property
    def entropy(self) -> np.ndarray:
        """How spread out each target unit's attention is, float64 [target], in bits; 0: on one source unit."""
        shares = self.weights / np.maximum(self.weights.sum(axis=1, keepdims=True), 1e-12)
        logs = np.log2(np.where(shares > 0, shares, 1.0))
        return np.asarray(-(shares * logs).sum(axis=1))

    def to_json(self) -> dict[str, object]:
        """Plain values; the links in Pharaoh form."""
        return {
            "source": list(self.source),
            "target": list(self.target),
            "attention": [[round(value, 4) for value in row] for row in self.weights.tolist()],
            "links": str(Links(self.links)),
        }


def words_of(ids: Iterable[int], codec: Codec, instead: Mapping[int, str] | None = None) -> Words:
    """The words of numbered symbols, split at white space. Half a character belongs to the word it is a part of.

    Args:
        instead: symbols to show at some places, as ``Codec.decode`` takes them.
    """
    streamer = codec.streamer()
    text, owners, other = "", [], instead or {}
    for place, number in enumerate(ids):
        piece = streamer.feed(int(number), other.get(place, ""))
        text += piece
        if piece and not piece.strip():
            owners.append(-1)
        else:
            # A piece that shows nothing yet goes on with the word, or begins the next one.
            begins = not piece and (not text or text[-1].isspace())
            owners.append(len(text.split()) - (0 if begins else 1))
    text += streamer.finish()
    return Words(tuple(text.split()), np.array(owners, dtype=np.int64))


def word_attention(weights: np.ndarray, source: Words, target: Words) -> np.ndarray:
    """Attention between words.

    Args:
        weights: float [U, S], of target symbols to source symbols; rows and columns behind the words' symbols (those of
            the end symbols) are left out.
        source, target: the words of the symbols.
    Returns:
        float64 [target words, source words].
    """
    inner = np.asarray(weights, dtype=np.float64)[: len(target.owner), : len(source.owner)]
    to_source = _owned(source).T
    of_target = _owned(target)
    shares = of_target / np.maximum(of_target.sum(axis=1, keepdims=True), 1)
    return np.asarray(shares @ inner @ to_source)


def links_of(weights: np.ndarray) -> frozenset[Link]:
    """Each target word with the source word it looked at most, the first of equals; weights float [target, source]."""
    if not weights.size:
        return frozenset()
    return frozenset((int(source), target) for target, source in enumerate(weights.argmax(axis=1)))


def _owned(words: Words) -> np.ndarray:
    """bool [words, symbols] as float64."""
    return np.asarray(np.arange(len(words.words))[:, None] == words.owner, dtype=np.float64)
