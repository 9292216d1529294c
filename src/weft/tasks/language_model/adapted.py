"""A language model measured on a text that it may learn from on its way: dynamic evaluation, neural cache, or both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from weft.data.stream import StreamVocabulary
from weft.tasks.language_model.cache import Cache, mixed
from weft.tasks.language_model.config import Config
from weft.tasks.language_model.dynamic import (
    STATISTICS_BATCHES,
    STATISTICS_STREAMS,
    Learning,
    Read,
    Unchanged,
    gradient_sizes,
)
from weft.tasks.language_model.model import LanguageModel
from weft.tasks.language_model.passage import BLOCK, Passage, Piece, read_passage
from weft.types import DynamicEvaluation, LikelihoodEvidence, NeuralCache, State


def adapted_evidence(
    module: LanguageModel,
    passage: Passage,
    *,
    dynamic: DynamicEvaluation | None,
    cache: NeuralCache | None,
    sizes: list[Tensor] | None = None,
) -> dict[str, LikelihoodEvidence]:
    """Evidence by name: "in order", "cache", "dynamic", "dynamic+cache", as far as asked for.

    Args:
        module: in evaluation mode; it stays as it is.
        passage: what is read.
        dynamic, cache: how to learn on the way.
        sizes: of the gradients, for ``dynamic``.
    """
    found = {"in order": passage_nats(module, passage, None, cache)}
    if dynamic is not None:
        found["dynamic"] = passage_nats(module, passage, Learning(module, dynamic, sizes), cache, dynamic.segment)
    evidence = {}
    for name, (nats, with_cache) in found.items():
        evidence[name] = passage.evidence(nats)
        if with_cache is not None:
            evidence["cache" if name == "in order" else f"{name}+cache"] = passage.evidence(with_cache)
    return evidence


def passage_nats(
    module: LanguageModel, passage: Passage, learning: Learning | None, cache: NeuralCache | None, size: int = BLOCK
) -> tuple[np.ndarray, np.ndarray | None]:
    """Nats of every symbol, float64 [N], without and with the cache (None: there is none)."""
    memory = Cache(cache) if cache is not None else None
    plain, cached = [], []
    for piece, read in readings(module, passage, learning, size):
        plain.append(read.nats.cpu())
        if cache is not None and memory is not None:
            cached.append(mixed(read.nats, memory.read(read.outputs, piece.targets[0]), cache.weight).cpu())
    return torch.cat(plain).numpy(), torch.cat(cached).numpy() if cached else None


def readings(
    module: LanguageModel, passage: Passage, learning: Learning | None, size: int
) -> Iterator[tuple[Piece, Read]]:
    """Every piece of at most ``size`` symbols with what is said of it, the state carried along."""
    reader = learning or Unchanged(module)
    state: State | None = None
    for piece in passage.pieces(size, next(module.parameters()).device):
        read, state = reader.read(piece, None if piece.fresh else state)
        yield piece, read


def measured_sizes(
    module: LanguageModel, config: Config, vocabulary: StreamVocabulary, how: DynamicEvaluation | None, work: Path
) -> list[Tensor] | None:
    """Sizes of the gradients on the text that ``how`` names; None where it names none.

    Raises:
        DataError: the text cannot be read.
    """
    if how is None or not how.statistics:
        return None
    text = read_passage(how.statistics, config, vocabulary, work / "statistics").text
    if config.data.context == "line":
        feed = text.line_feed(vocabulary, batch_size=STATISTICS_STREAMS, shuffle=True)
    else:
        feed = text.feed(vocabulary, streams=STATISTICS_STREAMS, window=how.segment)
    return gradient_sizes(module, feed.epoch(0)[:STATISTICS_BATCHES])
