"""A translator as users write it with torch alone: nn.GRU over packed sources, nn.GRUCell in a loop, a batched beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from weft.nn.attentive import AttentiveDecoder
from weft.nn.recurrent import Recurrent
from weft.tasks.translate.model import Translator
from weft.types import Batch


@dataclass
class Sources:
    """What was read: states [N, S, M], keys [N, S, A], padding bool [N, S], and the decoder's first state [N, H]."""

    states: Tensor
    keys: Tensor
    padding: Tensor
    first: Tensor


class PlainTranslator(nn.Module):
    """The network of D. Bahdanau, K. Cho and Y. Bengio (ICLR 2015), with a translator's parameters.

    Args:
        twin: a translator with a bidirectional GRU, additive attention asked by the state before a GRU's step, a maxout
            readout that reads the symbol before, shared vocabulary and tied output, without dropout.
    """

    def __init__(self, twin: Translator) -> None:
        super().__init__()
        assert isinstance(twin.encoder, Recurrent)
        assert isinstance(twin.decoder, AttentiveDecoder)
        attention, readout = twin.decoder.attention, twin.decoder.readout
        assert attention is not None
        assert attention.of_query is not None
        assert isinstance(attention.of_state, nn.Linear)
        assert attention.of_tanh is not None
        assert isinstance(readout.linear, nn.Linear)
        width, units = twin.embedding.width, twin.encoder.hidden_size
        self.end_id = twin.end_id
        self.embedding = nn.Embedding(twin.embedding.vocabulary_size, width)
        self.encoder = nn.GRU(width, units, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * units, twin.decoder.recurrent.hidden_size)
        self.of_query = nn.Linear(attention.query_size, attention.of_tanh.numel(), bias=False)
        self.of_state = nn.Linear(2 * units, attention.of_tanh.numel())
        self.of_tanh = nn.Parameter(attention.of_tanh.detach().clone())
        self.cell = nn.GRUCell(width + 2 * units, twin.decoder.recurrent.hidden_size)
        self.readout = nn.Linear(readout.linear.in_features, readout.linear.out_features)
        self.bias = nn.Parameter(cast(Tensor, twin.output.bias).detach().clone())
        self._take(twin, twin.encoder, twin.decoder)

    def _take(self, twin: Translator, encoder: Recurrent, decoder: AttentiveDecoder) -> None:
        own = {"embedding.weight": twin.embedding.weight}
        own |= {f"encoder.{name}": value for name, value in encoder.named_parameters()}
        own |= {f"cell.{name.removesuffix('_l0')}": value for name, value in decoder.recurrent.named_parameters()}
        attention = decoder.attention
        assert attention is not None
        own |= {f"of_query.{name}": value for name, value in cast(nn.Linear, attention.of_query).named_parameters()}
        own |= {f"of_state.{name}": value for name, value in cast(nn.Linear, attention.of_state).named_parameters()}
        own |= {f"readout.{name}": value for name, value in cast(nn.Linear, decoder.readout.linear).named_parameters()}
        own |= {f"bridge.{name}": value for name, value in decoder.bridge.linear["h_0"].named_parameters()}
        missing = self.load_state_dict(
            {name: cast(Tensor, value).detach() for name, value in own.items()}, strict=False
        )
        assert set(missing.missing_keys) <= {"of_tanh", "bias"}, missing
        assert not missing.unexpected_keys, missing

    def read(self, ids: Tensor, lengths: Tensor) -> Sources:
        """Encode sources int64 [N, S]."""
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        outputs, last = self.encoder(packed)
        states = pad_packed_sequence(outputs, batch_first=True, total_length=ids.shape[1])[0]
        padding = torch.arange(ids.shape[1]) >= lengths.unsqueeze(1)
        first = torch.tanh(self.bridge(torch.cat([last[0], last[1]], dim=-1)))
        return Sources(states, self.of_state(states), padding, first)

    def step(self, vectors: Tensor, h: Tensor, sources: Sources) -> tuple[Tensor, Tensor]:
        """One step of as many rows as sources: the readout [N, R] and the state [N, H]."""
        scores = torch.tanh(self.of_query(h).unsqueeze(1) + sources.keys) @ self.of_tanh
        weights = torch.softmax(scores.masked_fill(sources.padding, -torch.inf), dim=-1)
        context = torch.bmm(weights.unsqueeze(1), sources.states).squeeze(1)
        h = self.cell(torch.cat([vectors, context], dim=-1), h)
        pairs = self.readout(torch.cat([h, context, vectors], dim=-1))
        return pairs.view(len(pairs), -1, 2).amax(dim=-1), h

    def loss(self, batch: Batch) -> Tensor:
        """Mean nats a symbol of the targets."""
        assert batch.targets is not None
        sources = self.read(batch.ids, batch.lengths)
        before = batch.targets.clamp(min=0).roll(1, dims=1)
        before[:, 0] = self.end_id
        vectors, h, readouts = self.embedding(before), sources.first, []
        for place in range(before.shape[1]):
            readout, h = self.step(vectors[:, place], h, sources)
            readouts.append(readout)
        logits = functional.linear(torch.stack(readouts, dim=1), self.embedding.weight, self.bias)
        return functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=-1)

    @torch.inference_mode()
    def translate(self, ids: Tensor, lengths: Tensor, *, beam: int, longest: int, alpha: float) -> list[list[int]]:
        """The best output of each source by beam search, without its end; all rows go on until all have ended.

        Args:
            beam: hypotheses a source.
            longest: symbols of an output, its end included; there the likeliest is cut.
            alpha: of the length penalty of Wu et al. 2016; a source keeps its best ended hypothesis.
        """
        read, rows = self.read(ids, lengths), len(ids)
        wide = Sources(*(value.repeat_interleave(beam, dim=0) for value in vars(read).values()))
        h, symbols = wide.first, torch.full((rows * beam,), self.end_id)
        scores = torch.full((rows, beam), -torch.inf)
        scores[:, 0] = 0.0
        prefixes = torch.empty(rows * beam, 0, dtype=torch.int64)
        best: list[tuple[float, list[int]]] = [(-torch.inf, [])] * rows
        for length in range(1, longest + 1):
            readout, h = self.step(self.embedding(symbols), h, wide)
            logp = torch.log_softmax(functional.linear(readout, self.embedding.weight, self.bias), dim=-1)
            values, places = (scores.view(-1, 1) + logp).view(rows, -1).topk(beam, dim=1)
            parents = (places // logp.shape[1] + torch.arange(rows).unsqueeze(1) * beam).flatten()
            symbols = (places % logp.shape[1]).flatten()
            h, before = h[parents], prefixes[parents]
            prefixes = torch.cat([before, symbols.unsqueeze(1)], dim=1)
            ended = (symbols == self.end_id).view(rows, beam)
            ranked = values / ((5 + length) / 6) ** alpha
            best = _better(best, ranked.masked_fill(~ended, -torch.inf), before.view(rows, beam, -1))
            scores = values.masked_fill(ended, -torch.inf)
            if length == longest:
                cut = ranked.masked_fill(ended, -torch.inf)
                return [output for _, output in _better(best, cut, prefixes.view(rows, beam, -1))]
            bound = scores.amax(dim=1) / ((5 + longest) / 6) ** alpha
            if all(float(hope) <= found for hope, (found, _) in zip(bound, best, strict=True)):
                break
        return [output for _, output in best]


def _better(best: list[tuple[float, list[int]]], ended: Tensor, prefixes: Tensor) -> list[tuple[float, list[int]]]:
    values, which = ended.max(dim=1)
    found = zip(best, values.tolist(), which.tolist(), strict=True)
    return [
        old if old[0] >= value else (value, prefixes[row, place].tolist())
        for row, (old, value, place) in enumerate(found)
    ]
