"""The classifier: embed, recurrent encoder, pool over time, linear.

``embedding`` and ``encoder`` carry the names they have in every task, so that one run's weights can start another.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from weft.nn.embedding import Embedding
from weft.nn.pooling import pool
from weft.nn.recurrent import Recurrent
from weft.tasks.classify.config import Config


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
        self.encoder = Recurrent.of(config.encoder, self.embedding.width)
        self.directions = 2 if config.encoder.bidirectional else 1
        self.dropout = nn.Dropout(config.head.dropout)
        self.output = nn.Linear(self.encoder.width, len(class_weights))
        self.register_buffer("class_weights", class_weights)
        # Divides the logits of a finished run so that its probabilities are calibrated (Guo et al. 2017); 1 until then.
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids int64 [B, T], lengths int64 [B] -> uncalibrated logits [B, C]."""
        outputs, _ = self.encoder(self.embedding(ids), lengths)
        logits: Tensor = self.output(self.dropout(pool(self.pooling, outputs, lengths, directions=self.directions)))
        return logits

    def probabilities(self, logits: Tensor) -> Tensor:
        """Calibrated probabilities float64 [B, C]: a softmax, or independent sigmoids when multi-label."""
        scaled = logits.double() / self.temperature
        return torch.sigmoid(scaled) if self.multi_label else torch.softmax(scaled, dim=-1)
