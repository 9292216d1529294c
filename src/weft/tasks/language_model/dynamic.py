"""Dynamic evaluation: the network takes a gradient step on every segment of a text after it has been scored.

    theta <- theta + decay (theta_0 - theta) - rate g                       plain gradient descent
    theta <- theta + min(1, decay s) (theta_0 - theta) - rate g / (r + eps)  with statistics

g is the gradient of the segment's surprise, divided by the symbols of a whole segment; r is the root mean square of
such gradients over a text, s = r divided by its mean, theta_0 the trained weights. B. Krause et al., "Dynamic
Evaluation of Neural Sequence Models", ICML 2018, equations 5 to 7, and the authors' code for eps and the mean of r (of
the means of all tensors).
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from weft.errors import DataError, ShapeError
from weft.nn.output import output_loss, output_nats
from weft.tasks.language_model.model import LanguageModel
from weft.tasks.language_model.passage import Piece
from weft.types import Batch, DynamicEvaluation, State

EPSILON = 2e-5
STATISTICS_STREAMS = 100
STATISTICS_BATCHES = 200
"""Of 100 segments each: enough for a root mean square, and a minute at most."""


@dataclass(frozen=True)
class Read:
    """What a network said of a piece: nats of each symbol, float64 [T], and its outputs there, [T, D]."""

    nats: Tensor
    outputs: Tensor


class Unchanged:
    """Reads on and learns nothing."""

    def __init__(self, module: LanguageModel) -> None:
        self._module = module

    def read(self, piece: Piece, state: State | None) -> tuple[Read, State]:
        """Score a piece, going on from ``state``."""
        with torch.inference_mode():
            outputs, after = self._module.outputs(piece.ids, piece.lengths, state)
            nats = output_nats(outputs, self._module.output, piece.targets, piece.lengths)
        return Read(nats[0], outputs[0]), after


class Learning:
    """Reads on with a copy of the network, which learns from every piece that it has scored.

    Args:
        module: in evaluation mode; it stays as it is.
        how: rate, decay and segment.
        sizes: of the gradients, by ``gradient_sizes``; None for plain gradient descent.
    """

    def __init__(self, module: LanguageModel, how: DynamicEvaluation, sizes: list[Tensor] | None = None) -> None:
        assert how.rate is not None
        self._module, self._how, self._rate = deepcopy(module), how, how.rate
        self._weights = weights_of(self._module)
        self._trained = [weight.detach().clone() for weight in self._weights]
        self._sizes = sizes
        self._shares: list[Tensor] = []
        if sizes is not None:
            mean = torch.stack([size.mean() for size in sizes]).mean()
            self._shares = [(how.decay * size / mean).clamp(max=1.0) for size in sizes]

    def read(self, piece: Piece, state: State | None) -> tuple[Read, State]:
        """Score a piece, going on from ``state``; then learn from it.

        Raises:
            DataError: steps have made the weights infinite.
        """
        try:
            outputs, after = self._module.outputs(piece.ids, piece.lengths, state)
        except ShapeError as error:  # the text fits: it is the weights that are no numbers any more
            raise DataError(
                f"dynamic evaluation: the steps diverged at rate {self._rate:g}", hint="the rate must be lower"
            ) from error
        nats = output_nats(outputs.detach(), self._module.output, piece.targets, piece.lengths)
        total, _ = output_loss(outputs, self._module.output, piece.targets, piece.lengths)
        self._step(gradients(total / self._how.segment, self._weights))
        return Read(nats[0], outputs[0].detach()), {name: value.detach() for name, value in after.items()}

    @torch.no_grad()
    def _step(self, slopes: list[Tensor]) -> None:
        if self._sizes is None:
            torch._foreach_lerp_(self._weights, self._trained, self._how.decay)
            torch._foreach_add_(self._weights, slopes, alpha=-self._rate)
            return
        for place, weight in enumerate(self._weights):
            weight.lerp_(self._trained[place], self._shares[place])
            weight.addcdiv_(slopes[place], self._sizes[place] + EPSILON, value=-self._rate)


def gradient_sizes(module: LanguageModel, batches: Iterable[Batch]) -> list[Tensor]:
    """Root mean square of each weight's gradient of the mean surprise over a batch, in the order of ``weights_of``."""
    weights = weights_of(module)
    squares = [torch.zeros_like(weight) for weight in weights]
    device, count = weights[0].device, 0
    state: State | None = None
    for count, batch in enumerate(batches, 1):  # noqa: B007 - it is read after the loop
        moved = batch.to(device)
        assert moved.targets is not None
        outputs, after = module.outputs(moved.ids, moved.lengths, state)
        state = {name: value.detach() for name, value in after.items()} if module.carries else None
        total, symbols = output_loss(outputs, module.output, moved.targets, moved.lengths)
        slopes = gradients(total / symbols, weights)
        torch._foreach_addcmul_(squares, slopes, slopes)
    return [(square / max(1, count)).sqrt() for square in squares]


def weights_of(module: LanguageModel) -> list[Tensor]:
    """What is learned, tied weights once."""
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def gradients(loss: Tensor, weights: list[Tensor]) -> list[Tensor]:
    """The gradient of ``loss`` by each weight; zeros where it has none."""
    found: tuple[Tensor | None, ...] = torch.autograd.grad(loss, weights, allow_unused=True)
    return [torch.zeros_like(weight) if slope is None else slope for weight, slope in zip(weights, found, strict=True)]
