"""The language model: embed, recurrent encoder, linear to the next symbol; and the decoder that search runs on."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from weft.errors import BackendError
from weft.kernels import CoreWriter, Drawing, Output, Symbols
from weft.nn.blocks import encoder
from weft.nn.dropout import Dropout
from weft.nn.embedding import Embedding
from weft.nn.output import Full, output_layer
from weft.nn.stepper import core_decoder
from weft.tasks.language_model.config import Config
from weft.types import State, Step, Writer

TIED_RANGE = 0.1
READ_STEPS = 1000
"""Symbols of a prompt that torch reads at once: memory does not grow with its length."""
FLOAT32 = 'precision "float32" always can'


class LanguageModel(nn.Module):
    """Symbols to scores of the next symbol.

    Args:
        config: the recipe.
        symbols: size V of the vocabulary.

    Attributes:
        carries: whether a line goes on from the state after the line before it.
        penalty: weights of what the loss adds in training.
    """

    def __init__(self, config: Config, *, symbols: int) -> None:
        super().__init__()
        self.carries = config.data.context == "text"
        self.penalty = config.penalty
        self.embedding = Embedding(config.embedding, symbols)
        self.encoder = encoder(config.encoder, self.embedding.width)
        self.dropout = Dropout(config.output.dropout, locked=config.output.locked)
        tied = self.embedding.weight if config.output.tied else None
        if tied is not None:
            # Drawn anew: with rows as long as an embedding's the first logits would be tens of nats apart.
            nn.init.uniform_(tied, -TIED_RANGE, TIED_RANGE)
        self.output = output_layer(
            config.output.kind,
            self.encoder.width,
            symbols,
            table=tied,
            cutoffs=config.output.cutoffs,
            samples=config.output.samples,
        )

    def forward(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """As ``read``."""
        return self.read(ids, lengths, state)

    def read(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids int64 [B, T], lengths int64 [B], state of the symbols before -> logits [B, T, V] and the next state."""
        outputs, state = self.outputs(ids, lengths, state)
        logits: Tensor = self.output(outputs)
        return logits, state

    def outputs(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """What ``output`` makes the logits of, [B, T, D], and the next state; arguments as in ``read``."""
        outputs, state = self.hidden(ids, lengths, state)
        return self.dropout(outputs), state

    def hidden(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """``outputs`` before its dropout."""
        hidden: tuple[Tensor, State] = self.encoder(self.embedding.look_up(ids), lengths, state)
        return hidden

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

    def reader(self, precision: str = "float32") -> LanguageModelReader:
        """``begin`` and ``step`` by the C++ core, on a copy of the weights made now.

        Raises:
            BackendError: the core is absent or cannot run this network; the message says why.
            ConfigError: no such precision.
        """
        return LanguageModelReader(self, precision)


class LanguageModelReader:
    """A language model that reads on, or writes on, symbol by symbol in the core, as it was when this was made.

    The core has the full output layer; another one is torch's part of a step.
    """

    def __init__(self, module: LanguageModel, precision: str) -> None:
        embedding, output = module.embedding, module.output
        self._start = {name: value.detach().clone() for name, value in module.begin(1).items()}
        self._output = None if isinstance(output, Full) else deepcopy(output).eval()
        self._core = core_decoder(
            module.encoder,
            symbols=Symbols(embedding.vocabulary_size, embedding.weight),
            output=Output(output.weight, output.bias) if isinstance(output, Full) else None,
            precision=precision,
        )

    def begin(self, n: int) -> State:
        """The state of ``n`` rows before their first symbol."""
        return {name: value.repeat(n, 1) for name, value in self._start.items()}

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol a row, ids int64 [B] -> logits [B, V] of the symbol after it, and the next state.

        Raises:
            ShapeError: ids or state do not fit.
        """
        y, state = self._core.step(ids, state)
        if self._output is None:
            return y, state
        with torch.no_grad():
            return self._output(y), state

    def read_on(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Many symbols of one row, ids int64 [N] -> logits [1, V] of the symbol after them, and the next state: what as
        many steps give, bit for bit and in either precision, with the output layer at the last one only.

        Raises:
            ShapeError: ids or state do not fit.
        """
        if len(ids) > 1:
            state = self._core.read(ids[:-1], state)
        return self.step(ids[-1:], state)

    def writer(self, state: State, how: Drawing) -> Writer | None:
        """Rows that are written on from ``state``, a step and a draw in one call; None where torch has a part of it."""
        return CoreWriter(self._core, state, how) if self._output is None else None


class LanguageModelDecoder:
    """A language model as search sees it; the network must be in evaluation mode.

    Where the C++ core can, it takes the steps, on a copy of the weights that is made here and lives as long as this
    object; elsewhere torch does, and ``reason`` says why.

    Args:
        module: the network.
        forbidden: a symbol that is never proposed (the unknown one); its probability goes to the others.
        precision: "float32", or "int8" for weights in 8 bits, which only the core has.
    Raises:
        BackendError: int8 was asked for and cannot run here; the message says why.
        ConfigError: no such precision.
    """

    def __init__(self, module: LanguageModel, *, forbidden: int, precision: str = "float32") -> None:
        self.module = module
        self.forbidden = forbidden
        self.reason = ""
        self._reader: LanguageModelReader | None = None
        try:
            self._reader = module.reader(precision)
        except BackendError as error:
            if precision != "float32":
                raise BackendError(f"precision {precision!r} cannot run here: {error}", hint=FLOAT32) from error
            self.reason = str(error)

    def start(self, n: int) -> State:
        """The start state of ``n`` rows."""
        return (self._reader or self.module).begin(n)

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [B]; logp float [B, V]."""
        with torch.inference_mode():
            return self._said(*(self._reader or self.module).step(ids, state))

    def read_on(self, state: State, ids: Tensor) -> Step:
        """Feed the symbols of one row, ids int64 [N], with the output layer at the last one only.

        The core takes the steps one by one with the weights it has, so that nothing differs from ``step``; torch takes
        ``READ_STEPS`` at once, and a state of either is what its ``step`` goes on from.
        """
        with torch.inference_mode():
            if self._reader is not None:
                return self._said(*self._reader.read_on(ids, state))
            last = ids.new_empty(0)
            for piece in torch.split(ids, READ_STEPS):
                outputs, state = self.module.outputs(piece[None], torch.tensor([len(piece)]), state)
                last = outputs[:, -1]
            return self._said(self.module.output(last), state)

    def _said(self, logits: Tensor, state: State) -> Step:
        """Logits [B, V] as a distribution without the forbidden symbol."""
        scores = logits.float()
        scores[:, self.forbidden] = -torch.inf
        return Step(logp=torch.log_softmax(scores, dim=-1), state=state)

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given rows, int64 [N]."""
        return {name: value[rows] for name, value in state.items()}

    def writer(self, state: State, *, temperature: float, top_k: int, top_p: float) -> Writer | None:
        """Rows that go on from ``state``, a step and a draw in one call of the core; None without it."""
        if self._reader is None:
            return None
        return self._reader.writer(state, Drawing(temperature, top_k, top_p, self.forbidden))
