"""Task ``language-model``: a stream of text in, the distribution over the next symbol out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from weft.data.batching import pad
from weft.data.stream import (
    Numbered,
    StreamTask,
    StreamVocabulary,
    TextFeed,
    line_score,
)
from weft.data.windows import Windows
from weft.nn.losses import UNKNOWN
from weft.nn.output import output_loss, output_nats
from weft.nn.penalties import change_penalty, size_penalty
from weft.tasks.language_model.adapted import adapted_evidence, measured_sizes
from weft.tasks.language_model.config import Config, Penalty
from weft.tasks.language_model.model import LanguageModel, LanguageModelDecoder
from weft.tasks.language_model.passage import read_passage
from weft.tasks.language_model.tuning import tune
from weft.types import (
    WAYS_OF_RUNNING,
    Batch,
    DynamicEvaluation,
    Feed,
    LikelihoodEvidence,
    Loss,
    NeuralCache,
    State,
    Tuned,
)

# Parallel streams of an evaluation: each but the first begins without its context, so few, and none for a short text;
# one would be slow.
EVALUATION_STREAMS = 8
STREAM_SYMBOLS = 2000
EVALUATION_WINDOW = 200
EVALUATION_LINES = 32
SCORE_STEPS = 1000


class LanguageModelTask(StreamTask):
    """Many to many in step; see ``weft.types.Task`` for what each member promises."""

    name = "language-model"

    def learning_feed(self, numbered: Numbered, config: Config, vocabulary: StreamVocabulary) -> TextFeed:
        """Windows of parallel streams that carry their state, or shuffled lines."""
        size, seed = config.training.batch_size, config.training.seed
        if config.data.context == "line":
            return numbered.line_feed(vocabulary, batch_size=size, seed=seed, shuffle=True)
        windows = Windows(config.data.window, config.data.window_spread, config.data.window_half, seed)
        return numbered.feed(vocabulary, streams=size, window=windows)

    def measured_feed(self, numbered: Numbered, config: Config, vocabulary: StreamVocabulary) -> TextFeed:
        """A few long streams, or lines in order of their lengths."""
        if config.data.context == "line":
            return numbered.line_feed(vocabulary, batch_size=EVALUATION_LINES, shuffle=False)
        streams = min(EVALUATION_STREAMS, max(1, len(numbered.ids) // STREAM_SYMBOLS))
        return numbered.feed(vocabulary, streams=streams, window=EVALUATION_WINDOW)

    def build(self, config: Config, vocabulary: StreamVocabulary, parts: Mapping[str, Any]) -> LanguageModel:
        """The network with fresh parameters."""
        return LanguageModel(config, symbols=vocabulary.text.size)

    def loss(self, module: LanguageModel, batch: Batch, state: State | None) -> Loss:
        """Cross-entropy in nats a symbol, summed; the state after the window is carried on where lines go on."""
        assert batch.targets is not None
        hidden, after = module.hidden(batch.ids, batch.lengths, state)
        outputs = module.dropout(hidden)
        total, count = output_loss(outputs, module.output, batch.targets, batch.lengths)
        penalty = _penalty(module.penalty, hidden, outputs, batch.lengths)
        return Loss(total, count, after if module.carries else None, penalty)

    def evidence(self, module: LanguageModel, feed: Feed, vocabulary: StreamVocabulary) -> LikelihoodEvidence:
        """Nats of every row of every batch, the state carried along where lines go on from one another.

        Characters and words are shared out by symbols.
        """
        assert isinstance(feed, TextFeed)
        device = next(module.parameters()).device
        nats, symbols, unknown = [], [], 0
        state: State | None = None
        with torch.inference_mode():
            for batch in feed.epoch(0):
                moved = batch.to(device)
                assert moved.targets is not None
                outputs, after = module.outputs(moved.ids, moved.lengths, state)
                state = after if module.carries else None
                nats.append(output_nats(outputs, module.output, moved.targets, moved.lengths).sum(dim=1).cpu())
                symbols.append(batch.lengths)
                unknown += _unknown(batch, vocabulary.text.unknown_id)
        return feed.extent.evidence(torch.cat(nats).numpy(), torch.cat(symbols).numpy(), unknown)

    def finish(self, module: LanguageModel, feed: Feed, vocabulary: StreamVocabulary) -> dict[str, Any]:
        """Nothing to add: maximum likelihood training leaves no temperature to fit."""
        return {}

    def decoder(
        self, module: LanguageModel, vocabulary: StreamVocabulary, *, precision: str = "float32"
    ) -> LanguageModelDecoder:
        """What search runs on, with a copy of the weights; the unknown symbol is never proposed."""
        return LanguageModelDecoder(module, forbidden=vocabulary.text.unknown_id, precision=precision)

    def score(
        self, module: LanguageModel, vocabulary: StreamVocabulary, texts: Sequence[str], *, end: bool = True
    ) -> list[dict[str, Any]]:
        """log p of each line from a fresh state in nats, its end included unless ``end`` is False: the line goes on."""
        codec = vocabulary.text
        encoded = [codec.encode(text) for text in texts]
        ids, lengths = pad([np.concatenate([vocabulary.end, row]) for row in encoded])
        targets, _ = pad([np.concatenate([row, vocabulary.end]) for row in encoded])
        if not end:
            targets[torch.arange(len(encoded)), lengths - 1] = UNKNOWN
        nats = _line_nats(module, ids, targets, lengths).tolist()
        unknown = [int((row == codec.unknown_id).sum()) for row in encoded]
        symbols = (lengths if end else lengths - 1).tolist()
        rows = zip(texts, nats, symbols, unknown, strict=True)
        return [line_score(codec.clean(text), *row, spelling=codec.spelling(text), end=end) for text, *row in rows]

    def adapted(
        self,
        module: LanguageModel,
        config: Config,
        vocabulary: StreamVocabulary,
        files: Sequence[Path],
        work: Path,
        *,
        dynamic: DynamicEvaluation | None,
        cache: NeuralCache | None,
    ) -> dict[str, LikelihoodEvidence]:
        """Evidence on text that a copy of the network learns from on its way; see ``weft.types.Adapts``."""
        sizes = measured_sizes(module, config, vocabulary, dynamic, work)
        passage = read_passage(files, config, vocabulary, work / "passage")
        return adapted_evidence(module, passage, dynamic=dynamic, cache=cache, sizes=sizes)

    def tuned(
        self,
        module: LanguageModel,
        config: Config,
        vocabulary: StreamVocabulary,
        files: Sequence[Path],
        work: Path,
        *,
        dynamic: DynamicEvaluation | None,
        cache: NeuralCache | None,
    ) -> Tuned:
        """The best settings for that on other text."""
        sizes = measured_sizes(module, config, vocabulary, dynamic, work)
        passage = read_passage(files, config, vocabulary, work / "tuning")
        return tune(module, passage, dynamic=dynamic, cache=cache, sizes=sizes)

    def decide(self, module: LanguageModel, y: Tensor, lengths: Tensor) -> list[Tensor]:
        """log p of the next symbol after each one read."""
        return [torch.log_softmax(row[:length].double(), -1) for row, length in zip(y, lengths.tolist(), strict=True)]

    def ways(self, config: Config) -> Mapping[str, str]:
        """Every way: it reads forward only."""
        return dict.fromkeys(WAYS_OF_RUNNING, "")

    def tiny(self) -> dict[str, Any]:
        """Two updates of a network of four units."""
        return {
            "data": {"window": 5},
            "embedding": {"size": 4},
            "encoder": {"hidden": 4, "layers": 1},
            "training": {"max_steps": 2, "batch_size": 2, "epochs": 1, "threads": 1},
        }


task = LanguageModelTask()


def _penalty(weights: Penalty, hidden: Tensor, outputs: Tensor, lengths: Tensor) -> Tensor | None:
    """What the recipe adds to the loss; None where it adds nothing."""
    parts = []
    if weights.size:
        parts.append(weights.size * size_penalty(outputs, lengths))
    if weights.change:
        parts.append(weights.change * change_penalty(hidden, lengths))
    return torch.stack(parts).sum() if parts else None


def _unknown(batch: Batch, unknown_id: int) -> int:
    assert batch.targets is not None
    real = torch.arange(batch.targets.shape[1]) < batch.lengths[:, None]
    return int(((batch.targets == unknown_id) & real).sum())


def _line_nats(module: LanguageModel, ids: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """Nats of each row, float64 [B], its steps taken in pieces, so that memory does not grow with the longest line."""
    device = next(module.parameters()).device
    nats = torch.zeros(len(lengths), dtype=torch.float64)
    rows, state = torch.arange(len(lengths)), module.encoder.start(len(lengths))
    with torch.inference_mode():
        for first in range(0, ids.shape[1], SCORE_STEPS):
            goes_on = lengths[rows] > first
            rows, state = rows[goes_on], {name: value[goes_on.to(device)] for name, value in state.items()}
            piece, left = slice(first, first + SCORE_STEPS), (lengths[rows] - first).clamp(max=SCORE_STEPS)
            outputs, state = module.outputs(ids[rows, piece].to(device), left, state)
            nats[rows] += output_nats(outputs, module.output, targets[rows, piece].to(device), left).sum(dim=1).cpu()
    return nats
