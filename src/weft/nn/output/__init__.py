"""Output layers over a vocabulary: from a layer's outputs to the distribution over the next symbol.

Every kind is a module with the same three answers, x [N, D] and targets int64 [N] (-1 does not count):

- ``forward(x)`` -> scores [..., V] whose softmax over V are the probabilities;
- ``loss(x, targets)`` -> what training minimizes, the sum in nats, with its graph;
- ``nats(x, targets)`` -> the exact negative log-likelihood of each target, float64 [N], without a graph.

Neither of the last two ever holds the scores of all rows of a large vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from weft.errors import ConfigError, ShapeError, nearest
from weft.kernels import real_places
from weft.nn.losses import UNKNOWN
from weft.nn.output.adaptive import Adaptive
from weft.nn.output.full import Full
from weft.nn.output.sampled import Sampled

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["KINDS", "Adaptive", "Full", "OutputLayer", "Sampled", "output_layer", "output_loss", "output_nats"]

KINDS = ("full", "adaptive", "sampled")

OutputLayer = Full | Adaptive
"""``Sampled`` is a ``Full`` that is trained otherwise."""


def output_layer(
    kind: str,
    width: int,
    symbols: int,
    *,
    table: nn.Parameter | None = None,
    cutoffs: Sequence[int] = (),
    samples: int = 0,
) -> OutputLayer:
    """An output layer from vectors of ``width`` to ``symbols`` that are numbered by falling frequency.

    Args:
        kind: "full", "adaptive" or "sampled".
        width, symbols: D and V.
        table: the embedding's matrix [V, D], shared with the layer (tied weights); None for a matrix of its own.
        cutoffs: adaptive only: where the clusters begin; none: by the size of the vocabulary.
        samples: sampled only: symbols drawn for an update.
    Raises:
        ConfigError: no such kind, or cutoffs that do not divide the vocabulary.
    """
    match kind:
        case "full":
            return Full(width, symbols, table=table)
        case "sampled":
            return Sampled(width, symbols, table=table, samples=samples)
        case "adaptive":
            return Adaptive(width, symbols, table=table, cutoffs=cutoffs)
    raise ConfigError(f"unknown output layer {kind!r}{nearest(kind, KINDS)}", hint=f"known: {', '.join(KINDS)}")


def output_loss(outputs: Tensor, output: OutputLayer, targets: Tensor, lengths: Tensor) -> tuple[Tensor, int]:
    """What training minimizes, over every real step.

    Args:
        outputs: [B, T, D]; what stands at padding does not matter.
        output: from D to V.
        targets: int64 [B, T]; -1 does not count.
        lengths: int64 [B], 1 <= length <= T.
    Returns:
        the sum in nats, and how many symbols count.
    Raises:
        ShapeError: shapes that do not fit each other.
    """
    rows, wanted, _ = _real(outputs, targets, lengths)
    return output.loss(rows, wanted), int((wanted != UNKNOWN).sum())


def output_nats(outputs: Tensor, output: OutputLayer, targets: Tensor, lengths: Tensor) -> Tensor:
    """Exact negative log-likelihood of each next symbol, float64 [B, T], 0 at padding and where the target is -1.

    Arguments as in ``output_loss``; no graph is kept.

    Raises:
        ShapeError: shapes that do not fit each other.
    """
    rows, wanted, real = _real(outputs, targets, lengths)
    nats = output.nats(rows, wanted)
    if real is None:
        return nats.reshape(targets.shape)
    return torch.zeros(targets.shape, dtype=nats.dtype, device=nats.device).masked_scatter_(real, nats)


def _real(outputs: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """Real steps one after the other: outputs [N, D], targets [N], and where they were (None: all of them)."""
    if outputs.dim() != 3 or targets.shape != outputs.shape[:2] or lengths.shape != outputs.shape[:1]:
        raise ShapeError(
            "output layer: expected outputs [B, T, D], targets [B, T], lengths [B], got"
            f" {list(outputs.shape)}, {list(targets.shape)}, {list(lengths.shape)}"
        )
    if int(lengths.min()) == outputs.shape[1]:
        return outputs.flatten(0, 1), targets.flatten(), None
    real = real_places(lengths, outputs.shape[1], outputs.device)
    return outputs[real], targets[real], real
