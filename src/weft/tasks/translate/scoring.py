"""How likely given targets are, and what was looked at for each of their symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from weft.data.batching import pad
from weft.data.pairs import NOTHING, PairVocabulary, source_row, target_row
from weft.nn.output import output_nats
from weft.tasks.translate.model import Translator


def scored(
    module: Translator, vocabulary: PairVocabulary, pairs: Sequence[tuple[str, str]]
) -> list[tuple[dict[str, Any], Tensor | None]]:
    """log p of each target given its source, the end included, and the weights of its symbols; run as one batch.

    Returns:
        ``{"logp", "symbols", "unknown"}`` and weights [U, S] a pair; None without attention.
    """
    sources = [source_row(source, vocabulary.source, module.data) for source, _ in pairs]
    targets = [target_row(target, vocabulary.target) for _, target in pairs]
    ids, lengths = pad(sources)
    wanted, written = pad(targets)
    wanted = wanted.masked_fill(torch.arange(wanted.shape[1]) >= written.unsqueeze(1), NOTHING)
    nats, weights = looked_back(module, ids, lengths, wanted)
    found = []
    for place, (cost, row) in enumerate(zip(nats.tolist(), targets, strict=True)):
        unknown = int((row == vocabulary.target.unknown_id).sum())
        looked = None if weights is None else weights[place, : len(row)]
        found.append(({"logp": -cost, "symbols": len(row), "unknown": unknown}, looked))
    return found


def looked_back(module: Translator, ids: Tensor, lengths: Tensor, targets: Tensor) -> tuple[Tensor, Tensor | None]:
    """Nats of each known target, float64 [B], and weights [B, U, S]; targets int64 [B, U], ``NOTHING`` at padding."""
    device = next(module.parameters()).device
    targets = targets.to(device)
    with torch.inference_mode():
        said, written = module.written(module.encode(ids.to(device), lengths), targets)
        nats = output_nats(module.dropout(said.readouts), module.output, targets, written)
    return nats.sum(dim=1).cpu(), said.weights
