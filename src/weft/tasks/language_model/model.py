"""The language model: embed, recurrent encoder, linear to the next symbol; and the decoder that search runs on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from weft.nn.embedding import Embedding
from weft.nn.recurrent import Recurrent
from weft.tasks.language_model.config import Config
from weft.types import State, Step

TIED_RANGE = 0.1


class LanguageModel(nn.Module):
    """Symbols to scores of the next symbol.

    Args:
        config: the recipe.
        symbols: size V of the vocabulary.
    """

    def __init__(self, config: Config, *, symbols: int) -> None:
        super().__init__()
        self.embedding = Embedding(config.embedding, symbols)
        self.encoder = Recurrent.of(config.encoder, self.embedding.width)
        self.dropout = nn.Dropout(config.output.dropout)
        self.output = nn.Linear(self.encoder.width, symbols)
        if config.output.tied:
            assert self.embedding.weight is not None  # the recipe was checked
            # Drawn anew: with rows as long as an embedding's the first logits would be tens of nats apart.
            nn.init.uniform_(self.embedding.weight, -TIED_RANGE, TIED_RANGE)
            self.output.weight = self.embedding.weight

    def forward(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """As ``read``."""
        return self.read(ids, lengths, state)

    def read(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids int64 [B, T], lengths int64 [B], state of the symbols before -> logits [B, T, V] and the next state."""
        outputs, state = self.encoder(self.embedding(ids), lengths, state)
        return self.output(self.dropout(outputs)), state

    def begin(self, n: int) -> State:
        """The state of ``n`` rows before their first symbol."""
        return self.encoder.begin(n)

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol a row, ids int64 [B] -> logits [B, V] of the symbol after it, and the next state."""
        logits, state = self.read(ids[:, None], torch.ones(len(ids), dtype=torch.int64), state)
        return logits[:, 0], state

    def answer(self, y: Tensor) -> Tensor:
        """log p of the next symbols in nats, in the shape of the logits, at least float32."""
        return torch.log_softmax(y if y.dtype == torch.float64 else y.float(), dim=-1)


class LanguageModelDecoder:
    """A language model as search sees it; the network must be in evaluation mode.

    Args:
        module: the network.
        forbidden: a symbol that is never proposed (the unknown one); its probability goes to the others.
    """

    def __init__(self, module: LanguageModel, *, forbidden: int) -> None:
        self.module = module
        self.forbidden = forbidden

    def start(self, n: int) -> State:
        """The start state of ``n`` rows."""
        return self.module.encoder.start(n)

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [B]; logp float [B, V]."""
        with torch.inference_mode():
            logits, state = self.module.step(ids, state)
            scores = logits.float()
            scores[:, self.forbidden] = -torch.inf
            return Step(logp=torch.log_softmax(scores, dim=-1), state=state)

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given rows, int64 [N]."""
        return {name: value[rows] for name, value in state.items()}
