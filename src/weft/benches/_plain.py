"""Weft's networks as their users write them with torch alone; parts and parameters keep their names."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from weft.nn.recurrent import Recurrent
from weft.tasks.classify.model import Classifier
from weft.tasks.language_model.model import LanguageModel
from weft.types import Batch


class PlainLanguageModel(nn.Module):
    """nn.Embedding, nn.LSTM (over packed rows where lines stand alone), nn.Linear, with Weft's parameters.

    Args:
        twin: an LSTM in one direction without dropout.
    """

    def __init__(self, twin: LanguageModel) -> None:
        super().__init__()
        assert isinstance(twin.encoder, Recurrent)
        symbols, width, units = twin.embedding.vocabulary_size, twin.embedding.width, twin.encoder.hidden_size
        self.embedding = nn.Embedding(symbols, width)
        self.encoder = nn.LSTM(width, units, twin.encoder.layers, batch_first=True)
        self.output = nn.Linear(units, symbols)
        self.carries = twin.carries
        self.load_state_dict(twin.state_dict())

    def loss(self, batch: Batch, carried: Any = None) -> tuple[Tensor, Any]:
        """Mean nats a symbol, and the state to carry on."""
        assert batch.targets is not None
        if not self.carries:
            return self._loss_of_lines(batch), None
        outputs, state = self.encoder(self.embedding(batch.ids), carried)
        loss = functional.cross_entropy(self.output(outputs).flatten(0, 1), batch.targets.flatten())
        return loss, tuple(value.detach() for value in state)

    def _loss_of_lines(self, batch: Batch) -> Tensor:
        assert batch.targets is not None
        packed, wanted = (
            pack_padded_sequence(each, batch.lengths, batch_first=True, enforce_sorted=False)
            for each in (self.embedding(batch.ids), batch.targets)
        )
        return functional.cross_entropy(self.output(self.encoder(packed)[0].data), wanted.data)


class PlainClassifier(nn.Module):
    """nn.Embedding, nn.LSTM in both directions over packed rows, the largest output over time, nn.Linear.

    Args:
        twin: a bidirectional LSTM of one layer with maximum pooling, without dropout.
    """

    def __init__(self, twin: Classifier) -> None:
        super().__init__()
        assert isinstance(twin.encoder, Recurrent)
        symbols, width, units = twin.embedding.vocabulary_size, twin.embedding.width, twin.encoder.hidden_size
        self.embedding = nn.Embedding(symbols, width)
        self.encoder = nn.LSTM(width, units, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * units, twin.output.out_features)
        own = self.state_dict()
        self.load_state_dict({name: value for name, value in twin.state_dict().items() if name in own})

    def loss(self, batch: Batch, carried: Any = None) -> tuple[Tensor, Any]:
        """Mean nats a text; nothing is carried on."""
        assert batch.targets is not None
        packed = pack_padded_sequence(self.embedding(batch.ids), batch.lengths, batch_first=True, enforce_sorted=False)
        outputs = pad_packed_sequence(self.encoder(packed)[0], batch_first=True, padding_value=-torch.inf)[0]
        return functional.cross_entropy(self.output(outputs.amax(dim=1)), batch.targets), None


Plain = PlainLanguageModel | PlainClassifier


def plain(twin: nn.Module) -> Plain:
    """The plain twin of a network, with the same parameters."""
    if isinstance(twin, LanguageModel):
        return PlainLanguageModel(twin)
    assert isinstance(twin, Classifier), type(twin)
    return PlainClassifier(twin)
