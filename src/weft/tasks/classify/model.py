"""The classifier: embed, recurrent encoder, pool over time, linear.

``embedding`` and ``encoder`` carry the names they have in every task, so that one run's weights can start another.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from weft.errors import ShapeError
from weft.kernels import Symbols
from weft.nn.blocks import encoder
from weft.nn.embedding import Embedding
from weft.nn.pooling import pool
from weft.nn.stepper import core_decoder
from weft.tasks.classify.config import Config
from weft.types import State

POOLED = ("pooled.max", "pooled.mean", "pooled.count")
"""Names of the state that pooling carries from piece to piece."""


class Classifier(nn.Module):
    """Text to class scores.

    Args:
        config: the recipe.
        symbols: size V of the text vocabulary.
        class_weights: float [C], multiplier of each class in the training loss.
    """

    class_weights: Tensor
    temperature: Tensor

    def __init__(self, config: Config, *, symbols: int, class_weights: Tensor) -> None:
        super().__init__()
        self.pooling = config.head.pool
        self.max_length = config.data.max_length
        self.multi_label = config.head.multi_label
        self.embedding = Embedding(config.embedding, symbols)
        self.encoder = encoder(config.encoder, self.embedding.width)
        self.directions = 2 if config.encoder.bidirectional else 1
        self.dropout = nn.Dropout(config.head.dropout)
        self.output = nn.Linear(self.encoder.width, len(class_weights))
        self.register_buffer("class_weights", class_weights)
        # Divides the logits of a finished run so that its probabilities are calibrated (Guo et al. 2017); 1 until then.
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids int64 [B, T], lengths int64 [B] -> uncalibrated logits [B, C]."""
        return self.read(ids, lengths)[0]

    def read(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read a text, or a further piece of one.

        Args:
            ids: int64 [B, T]; what stands at padding does not matter.
            lengths: int64 [B], 1 <= length <= T.
            state: what the pieces before left; None at the beginning of a text.
        Returns:
            uncalibrated logits [B, C] of each text as far as it was read, and the state: the encoder's, and the largest
            or mean output so far. A bidirectional encoder leaves none: it cannot be read on from.
        Raises:
            ConfigError: a state for a bidirectional encoder.
            ShapeError: ids, lengths or state do not fit.
        """
        if state is not None and self.directions == 2:
            self.encoder.begin(len(ids))  # says why not
        before = None if state is None else {name: value for name, value in state.items() if name not in POOLED}
        outputs, after = self.encoder(self.embedding.look_up(ids), lengths, before)
        return self.say(outputs, after, lengths, state)

    def say(self, outputs: Tensor, after: State, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """What follows the encoder in ``read``: its outputs [B, T, F] and the state after them -> logits and state."""
        features = pool(self.pooling, outputs, lengths, directions=self.directions)
        if state is not None:
            features = _pooled_on(self.pooling, features, lengths, state)
        logits: Tensor = self.output(self.dropout(features))
        return logits, {} if self.directions == 2 else {**after, **_pooled(self.pooling, features, lengths, state)}

    def begin(self, n: int) -> State:
        """The state of ``n`` texts before their first symbol.

        Raises:
            ConfigError: the encoder is bidirectional.
        """
        state = self.encoder.begin(n)
        weight = self.output.weight
        if self.pooling == "max":
            state["pooled.max"] = weight.new_full((n, self.encoder.width), -torch.inf)
        if self.pooling == "mean":
            state["pooled.mean"] = weight.new_zeros(n, self.encoder.width)
            state["pooled.count"] = torch.zeros(n, 1, dtype=torch.int64, device=weight.device)
        return state

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol a text, ids int64 [B] -> uncalibrated logits [B, C] of the texts so far, and the next state."""
        return self.read(ids[:, None], torch.ones(len(ids), dtype=torch.int64), state)

    def reader(self, precision: str = "float32") -> ClassifierReader:
        """``begin`` and ``step`` with the recurrence in the C++ core, on a copy of the network made now.

        Raises:
            BackendError: the core is absent or cannot run this network; the message says why.
            ConfigError: the encoder is bidirectional, or no such precision.
        """
        return ClassifierReader(self, precision)

    def answer(self, y: Tensor) -> Tensor:
        """As ``probabilities``."""
        return self.probabilities(y)

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """The logarithms of ``probabilities``, float64 [B, C]; [B, C, 2] (yes, no) when multi-label."""
        scaled = logits.double() / self.temperature
        if self.multi_label:
            return torch.nn.functional.logsigmoid(torch.stack([scaled, -scaled], dim=-1))
        return torch.log_softmax(scaled, dim=-1)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Calibrated probabilities float64 [B, C]: a softmax, or independent sigmoids when multi-label."""
        scaled = logits.double() / self.temperature
        return torch.sigmoid(scaled) if self.multi_label else torch.softmax(scaled, dim=-1)


class ClassifierReader:
    """A classifier that reads on symbol by symbol, as it was when this was made."""

    def __init__(self, module: Classifier, precision: str) -> None:
        module.begin(1)  # says why not
        embedding = module.embedding
        symbols = Symbols(embedding.vocabulary_size, embedding.weight)
        self._core = core_decoder(module.encoder, symbols=symbols, precision=precision)
        self._module = deepcopy(module).eval()

    def begin(self, n: int) -> State:
        """The state of ``n`` texts before their first symbol."""
        return self._module.begin(n)

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol a text, ids int64 [B] -> uncalibrated logits [B, C] of the texts so far, and the next state.

        Raises:
            ShapeError: ids or state do not fit.
        """
        before = {name: value for name, value in state.items() if name not in POOLED}
        outputs, after = self._core.step(ids, before)
        ones = torch.ones(len(ids), dtype=torch.int64)
        with torch.no_grad():
            return self._module.say(outputs.unsqueeze(1), after, ones, state)


def _pooled_on(kind: str, features: Tensor, lengths: Tensor, state: State) -> Tensor:
    """The pooled outputs of a whole text, from those of its last piece [B, F] and the state before that piece."""
    names = {"max": ("pooled.max",), "mean": ("pooled.mean", "pooled.count")}.get(kind, ())
    for name in names:
        _check_pooled(name, state, features)
    if kind == "max":
        return torch.maximum(features, state["pooled.max"])
    if kind == "mean":
        new = lengths.to(features.device).unsqueeze(1)
        share = new.to(features.dtype) / (state["pooled.count"] + new)
        return torch.lerp(state["pooled.mean"], features, share)
    return features


def _check_pooled(name: str, state: State, features: Tensor) -> None:
    """Check what pooling left in a state; an infinity is what a maximum begins with."""
    count = name == "pooled.count"
    shape, dtype = [len(features), 1 if count else features.shape[1]], torch.int64 if count else features.dtype
    value = state.get(name)
    got = "none" if value is None else list(value.shape)
    if value is None or got != shape:
        raise ShapeError(f"state {name!r}: expected {shape} (rows, width), got {got}")
    if value.dtype != dtype or value.device != features.device:
        raise ShapeError(f"state {name!r}: expected {dtype} on {features.device}, got {value.dtype} on {value.device}")
    if bool(value.isnan().any()):
        raise ShapeError(f"state {name!r}: expected numbers, got NaN")


def _pooled(kind: str, features: Tensor, lengths: Tensor, state: State | None) -> State:
    """What pooling leaves for the next piece: ``features`` [B, F] of the text so far, for a mean its symbols too."""
    if kind != "mean":
        return {"pooled.max": features} if kind == "max" else {}
    new = lengths.to(device=features.device, dtype=torch.int64).unsqueeze(1)
    return {"pooled.mean": features, "pooled.count": new if state is None else state["pooled.count"] + new}
