"""The translator: embed and encode the source, then write with a recurrence that looks back at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import torch
from torch import Tensor, nn

from weft.errors import ConfigError
from weft.nn.attention import Memory
from weft.nn.attentive import AttentiveDecoder, Said
from weft.nn.blocks import Blocks, encoder
from weft.nn.convolutional import ConvolutionalDecoder, ConvolutionalEncoder
from weft.nn.dropout import Dropout
from weft.nn.embedding import Embedding
from weft.nn.output import Full
from weft.nn.recurrent import Recurrent
from weft.nn.self_attention import SelfAttentionDecoder, SelfAttentionEncoder
from weft.tasks.translate.config import Config
from weft.tasks.translate.own_choices import OwnChoices
from weft.types import State

TIED_RANGE = 0.1

EncoderKind = Recurrent | Blocks | ConvolutionalEncoder | SelfAttentionEncoder
DecoderKind = AttentiveDecoder | ConvolutionalDecoder | SelfAttentionDecoder


@dataclass(frozen=True)
class Encoded:
    """What was read of B sources: what attention looks at (None without), the fixed vector [B, Z], the last state."""

    memory: Memory | None
    summary: Tensor
    state: State


class Translator(nn.Module):
    """Sources to targets.

    Args:
        config: the recipe.
        sources, targets: sizes of the two vocabularies.
        end_id: of the target's end symbol, which also stands before every target.
    Attributes:
        decoding: how outputs are searched for.
        data: how sources are made into numbers.
    """

    def __init__(self, config: Config, *, sources: int, targets: int, end_id: int) -> None:
        super().__init__()
        self.decoding, self.data, self.end_id = config.decoding, config.data, end_id
        self.smoothing = config.output.smoothing
        own = config.decoder
        self.sampling = OwnChoices(own.sampled, own.sampled_after) if own.sampled else None
        self.embedding = Embedding(config.embedding, sources)
        self.target_embedding = self.embedding if config.data.shared else Embedding(config.embedding, targets)
        self.encoder, self.decoder, self._finals = _sides(config, self.embedding.width)
        self.dropout = Dropout(config.output.dropout)
        table = self.target_embedding.weight if config.output.tied else None
        if table is not None:
            nn.init.uniform_(table, -TIED_RANGE, TIED_RANGE)
        self.output = Full(self.decoder.width, targets, table=table)

    def encode(self, ids: Tensor, lengths: Tensor) -> Encoded:
        """Read sources: ids int64 [B, S], lengths int64 [B]."""
        if not isinstance(self.encoder, Recurrent | Blocks):
            states = self.encoder(self.embedding(ids), lengths)
            return Encoded(self.decoder.remember(states, lengths), states[:, 0, :0], {})
        outputs, state = self.encoder(self.embedding.look_up(ids), lengths)
        memory = self.decoder.remember(outputs, lengths)
        return Encoded(memory, torch.cat([state[name] for name in self._finals], dim=-1), state)

    def first_state(self, encoded: Encoded) -> State:
        """The decoder's state before the first symbol of every source."""
        return self.decoder.begin(encoded.memory, encoded.summary, encoded.state)

    def written(self, encoded: Encoded, targets: Tensor) -> tuple[Said, Tensor]:
        """What is said of known targets.

        Args:
            targets: int64 [B, U], each with its end symbol, -1 at padding.
        Returns:
            what the decoder says, and the lengths of the targets int64 [B].
        """
        lengths = (targets >= 0).sum(dim=1).cpu()
        before = targets.clamp(min=0).roll(1, dims=1)
        before[:, 0] = self.end_id
        if self.sampling is not None and self.training:
            with torch.no_grad():
                choices = self._choices(self._said(before, lengths, encoded))
            before = self.sampling(before, choices)
        return self._said(before, lengths, encoded), lengths

    def _said(self, before: Tensor, lengths: Tensor, encoded: Encoded) -> Said:
        said: Said = self.decoder(self.target_embedding(before), lengths, encoded.memory, self.first_state(encoded))
        return said

    def _choices(self, said: Said) -> Tensor:
        """The likeliest symbol at every step, int64 [B, U]; step by step, for all logits at once may be too many."""
        return torch.stack([self.output(readouts).argmax(dim=-1) for readouts in said.readouts.unbind(1)], dim=1)

    def scores(self, readouts: Tensor) -> Tensor:
        """Readouts [..., R] -> logits [..., V]."""
        logits: Tensor = self.output(self.dropout(readouts))
        return logits

    def forward(self, ids: Tensor, lengths: Tensor, targets: Tensor) -> Tensor:
        """Sources and targets -> logits [B, U, V] of every symbol of the targets."""
        return self.scores(self.written(self.encode(ids, lengths), targets)[0].readouts)

    def read(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read sources and write the greedy answer of each.

        Args:
            ids: int64 [B, S].
            lengths: int64 [B].
            state: None; a source is read whole.
        Returns:
            logits [B, U, V] of every symbol of the answers, NaN behind each answer's end, and no state.
        Raises:
            ConfigError: a state: a translator cannot read on.
        """
        if state is not None:
            self.begin(len(ids))
        encoded = self.encode(ids, lengths)
        at, longest = self.first_state(encoded), self.longest(lengths).to(ids.device)
        symbols = torch.full((len(ids),), self.end_id, dtype=torch.int64, device=ids.device)
        ended, logits = torch.zeros_like(symbols, dtype=torch.bool), []
        for step in range(int(longest.max())):
            said = self.decoder.step(self.target_embedding(symbols), encoded.memory, at)
            at, now = said.state, self.scores(said.readouts[:, 0])
            logits.append(now.masked_fill(ended.unsqueeze(-1), torch.nan))
            symbols = now.argmax(dim=-1)
            ended = ended | (symbols == self.end_id) | (step + 1 >= longest)
            if bool(ended.all()):
                break
        return torch.stack(logits, dim=1), {}

    def longest(self, lengths: Tensor) -> Tensor:
        """The longest outputs for sources of these lengths (end symbol included), int64 [B]."""
        return (self.decoding.longest_ratio * (lengths - 1)).long() + self.decoding.longest_extra

    def answer(self, y: Tensor) -> Tensor:
        """log p of the symbols of the answers, in the shape of the logits."""
        return torch.log_softmax(y, dim=-1)

    def begin(self, n: int) -> NoReturn:
        """A translator cannot read in pieces.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            "a translator writes when it has read all; it cannot read symbol by symbol", hint="use predict"
        )

    def step(self, ids: Tensor, state: State) -> NoReturn:
        """As ``begin``."""
        self.begin(len(ids))

    def reader(self, precision: str = "float32") -> NoReturn:
        """As ``begin``."""
        self.begin(1)


def _sides(config: Config, width: int) -> tuple[EncoderKind, DecoderKind, list[str]]:
    """What reads vectors of a width, what writes, and which of the reader's last states are the fixed vector."""
    if config.architecture == "convolutional":
        return ConvolutionalEncoder(config.convolution, width), ConvolutionalDecoder(config.convolution, width), []
    if config.architecture == "self-attention":
        reads = SelfAttentionEncoder(config.self_attention, width)
        return reads, SelfAttentionDecoder(config.self_attention, width, reads.width), []
    recurrent = encoder(config.encoder, width)
    sizes = recurrent.state_sizes()
    finals = [name for name in sizes if name.startswith(f"h.{config.encoder.layers - 1}")]
    writes = AttentiveDecoder(
        config.decoder,
        input_size=width,
        memory_size=recurrent.width,
        summary_size=sum(sizes[name] for name in finals),
        encoder_states=sizes,
    )
    return recurrent, writes, finals
