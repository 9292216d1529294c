"""Task ``ngram``: a stream of text in, the distribution over the next symbol out, by counts of n-grams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from weft.data.stream import (
    Extent,
    Numbered,
    StreamTask,
    StreamVocabulary,
    line_score,
)
from weft.errors import RunError
from weft.ngram import Backoff, estimate
from weft.tasks.ngram.config import Config
from weft.tasks.ngram.model import NO_WEIGHTS, NGramDecoder, NGramModel
from weft.types import WAYS_OF_RUNNING, Batch, Data, Feed, Fit, FitProgress, LikelihoodEvidence

BLOCK = 200
"""Neighbouring symbols whose nats are one number of the evidence: the unit of chance, as for other language models."""

PIECE = 1000 * BLOCK
"""Symbols that are scored at once."""


@dataclass(frozen=True)
class CountedText:
    """A numbered text that is counted or scored as a whole."""

    numbered: Numbered
    vocabulary: StreamVocabulary

    @property
    def ids(self) -> np.ndarray:
        """Unsigned integers [N], each line closed by the end-of-line symbol."""
        return self.numbered.ids

    @property
    def extent(self) -> Extent:
        """How much text that is."""
        return self.numbered.extent

    @property
    def tokens(self) -> int:
        """Symbols of the text."""
        return len(self.ids)

    def epoch(self, number: int) -> Sequence[Batch]:
        """One after the other, blocks of it."""
        return self.numbered.feed(self.vocabulary, streams=1, window=BLOCK).epoch(number)


class NGramTask(StreamTask):
    """Many to many in step; see ``weft.types.Task`` and ``weft.types.Fits`` for what each member promises."""

    name = "ngram"

    def learning_feed(self, numbered: Numbered, config: Config, vocabulary: StreamVocabulary) -> CountedText:
        """The text as a whole."""
        return CountedText(numbered, vocabulary)

    measured_feed = learning_feed

    def fit(self, data: Data, config: Config, work: Path, progress: FitProgress) -> Fit:
        """Count the training part and smooth it."""
        assert isinstance(data.train, CountedText)
        codec = data.train.vocabulary.text
        assert codec.end_id is not None
        ngrams = estimate(
            data.train.ids,
            order=config.model.order,
            symbols=codec.size,
            end_id=codec.end_id,
            unknown_id=codec.unknown_id,
            prune=config.model.prune,
            progress=progress,
            work=work,
        )
        return Fit(ngrams.arrays(), ngrams.notes)

    def assemble(self, config: Config, vocabulary: StreamVocabulary, arrays: Mapping[str, np.ndarray]) -> NGramModel:
        """The model of the arrays, which must be of the recipe's order and of this vocabulary."""
        ngrams, codec = Backoff.from_arrays(arrays), vocabulary.text
        found = {
            "order": ngrams.order,
            "symbols": ngrams.symbols,
            "end of line": ngrams.end_id,
            "unknown symbol": ngrams.unknown_id,
        }
        needed = dict(zip(found, (config.model.order, codec.size, codec.end_id, codec.unknown_id), strict=True))
        wrong = [f"{name} {found[name]}, not {needed[name]}" for name in found if found[name] != needed[name]]
        if wrong:
            raise RunError(f"the n-grams do not fit the run's recipe and vocabulary: {'; '.join(wrong)}")
        return NGramModel(ngrams, arrays)

    def evidence(self, module: NGramModel, feed: Feed, vocabulary: StreamVocabulary) -> LikelihoodEvidence:
        """Nats of neighbouring symbols, block by block; characters and words shared out by symbols."""
        assert isinstance(feed, CountedText)
        ids, extent = feed.ids, feed.extent
        counts = np.diff(np.arange(0, len(ids), BLOCK), append=len(ids))
        nats, unknown = [np.empty(0)], 0
        for first in range(0, len(ids), PIECE):
            nats.append(_block_nats(module.ngrams, ids, first))
            unknown += int((ids[first : first + PIECE] == vocabulary.text.unknown_id).sum())
        return extent.evidence(np.concatenate(nats), counts, unknown)

    def finish(self, module: NGramModel, feed: Feed, vocabulary: StreamVocabulary) -> dict[str, Any]:
        """How many n-grams of each order there are."""
        return {f"{number}-grams": size for number, size in enumerate(module.ngrams.sizes(), 1)}

    def decoder(self, module: NGramModel, vocabulary: StreamVocabulary, *, precision: str = "float32") -> NGramDecoder:
        """What search runs on; the unknown symbol is never proposed."""
        return NGramDecoder(module, forbidden=vocabulary.text.unknown_id, precision=precision)

    def score(
        self, module: NGramModel, vocabulary: StreamVocabulary, texts: Sequence[str], *, end: bool = True
    ) -> list[dict[str, Any]]:
        """log p of each line in nats, its end included unless ``end`` is False: the line goes on."""
        codec = vocabulary.text
        rows = [codec.encode(text) for text in texts]
        logp = module.ngrams.logp(np.concatenate([part for row in rows for part in (row, vocabulary.end)]))
        starts = np.cumsum([0, *(len(row) + 1 for row in rows[:-1])])
        found = []
        for text, row, first in zip(texts, rows, starts, strict=True):
            symbols = len(row) + end
            nats = -float(logp[first : first + symbols].sum())
            unknown = int((row == codec.unknown_id).sum())
            found.append(line_score(codec.clean(text), nats, symbols, unknown, spelling=codec.spelling(text), end=end))
        return found

    def decide(self, module: NGramModel, y: Tensor, lengths: Tensor) -> list[Tensor]:
        """log p of the next symbol after each one read."""
        return [row[:length] for row, length in zip(y, lengths.tolist(), strict=True)]

    def ways(self, config: Config) -> Mapping[str, str]:
        """Every way of batching, carrying on and saving; not those of weights and recurrences."""
        return dict.fromkeys(WAYS_OF_RUNNING, "") | {
            "stepped": NO_WEIGHTS,
            "kernel": "an n-gram model has no recurrence that a kernel could run",
            "float64": "n-grams are kept in float32 and summed in float64, in the reference as in every other way",
            "cuda": "an n-gram model stays on the CPU",
        }

    def tiny(self) -> dict[str, Any]:
        """Pairs of characters."""
        return {"data": {"tokenizer": "char"}, "model": {"order": 2}, "training": {"threads": 1}}


task = NGramTask()


def _block_nats(ngrams: Backoff, ids: np.ndarray, first: int) -> np.ndarray:
    """Nats of each block of the piece that begins at ``first``, float64 [blocks]; what stands before it is read too."""
    before = min(first, ngrams.order - 1)
    logp = ngrams.logp(ids[first - before : first + PIECE])[before:]
    return -np.add.reduceat(logp, np.arange(0, len(logp), BLOCK))
