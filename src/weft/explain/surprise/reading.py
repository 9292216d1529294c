"""From a language model and a text to surprises: the text read once, then in windows of its last few symbols."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from weft.data.codec import Codec
from weft.data.tokenizers._contract import well_formed
from weft.errors import ConfigError, RunError
from weft.explain._symbols import Symbol, cut, no_symbol
from weft.explain.surprise.measures import Prediction, Reach, Surprises
from weft.model import Model
from weft.types import Network, State, TextVocabulary

ALTERNATIVES = 5
MOST_STEPS = 1 << 17
"""Symbols read again, at most, to see how far back a prediction looks."""

LONGEST_WINDOW = 512
AT_ONCE = 1 << 22
"""Probabilities held at once, so that memory grows neither with the text nor with the vocabulary."""


def surprises(model: Model, text: str) -> Surprises:
    """How surprised a language model is by every symbol of ``text``, and how far back it looks.

    Args:
        model: a run of any language model.
        text: lines, read as ``evaluate`` reads them: an end of line before the first, one behind every line.
    Raises:
        ConfigError: the run is no language model, or in training mode.
        DataError: the text holds no symbol.
        RunError: the model's probabilities are no numbers.
    """
    codec = _codec(model)
    text = well_formed(text)
    symbols, ids = _lines(codec, text)
    reader = _Reader(cast(Network, model.module), codec, ids, _device(model))
    with torch.inference_mode():
        read = reader.whole()
        reach = reader.reach(read.logp)
    named = [[_name(codec, number) for number in row] for row in read.likeliest.tolist()]
    predictions = (
        Prediction(
            replace(symbol, logp=float(read.logp[place])),
            float(read.entropy[place]),
            int(read.rank[place]),
            tuple(zip(named[place], read.probabilities[place].tolist(), strict=True)),
        )
        for place, symbol in enumerate(symbols)
    )
    return Surprises(text, codec.size, tuple(predictions), reach)


def refuse(model: Model) -> str:
    """Why a run has no surprises to show; "" when it has."""
    if not model.task.in_step or model.task.decision != "next symbol":
        return f"a run of task {model.task.name!r} predicts no next symbol, so no symbol surprises it"
    return ""


def _codec(model: Model) -> Codec:
    if reason := refuse(model):
        raise ConfigError(reason, hint="surprise needs a language model; --kind gates explains other recurrent runs")
    if model.module.training:
        raise ConfigError(
            "the network is in training mode, where dropout makes every answer another one",
            hint="call model.module.eval() first",
        )
    codec: Codec = cast(TextVocabulary, model.vocabulary).text
    return codec


def _device(model: Model) -> torch.device:
    return next(model.module.parameters()).device


def _lines(codec: Codec, text: str) -> tuple[list[Symbol], np.ndarray]:
    """The symbols of all lines, each with its end, and their numbers int64 [N]."""
    assert codec.end_id is not None
    symbols: list[Symbol] = []
    numbers = []
    for line in text.split("\n"):
        own, ids = cut(codec, line)
        symbols += [*own, Symbol("\n", "", known=True)]
        numbers.append(np.append(ids.astype(np.int64), codec.end_id))
    if all(len(each) == 1 for each in numbers):
        raise no_symbol(text)
    return symbols, np.concatenate(numbers)


def _name(codec: Codec, number: int) -> str:
    """A symbol as text; part of a character is shown as "…"."""
    if number == codec.end_id:
        return "\n"
    joiner = codec.tokenizer.joiner()
    return joiner.feed(codec.symbols[number]) or "…"


@dataclass(frozen=True)
class _Read:
    """What was said before each of N symbols: logp float64 [N] in nats, entropy float64 [N] in bits, rank int64 [N],
    the likeliest symbols and their probabilities [N, K]."""

    logp: Tensor
    entropy: Tensor
    rank: Tensor
    likeliest: Tensor
    probabilities: Tensor


class _Reader:
    """Reads a text with a network.

    Args:
        network: in evaluation mode.
        codec: its symbols.
        ids: int64 [N], the symbols that are to come, each line with its end.
        device: where the network is.
    """

    def __init__(self, network: Network, codec: Codec, ids: np.ndarray, device: torch.device) -> None:
        self._network = network
        self._size = codec.size
        self._targets = torch.from_numpy(ids).to(device)
        assert codec.end_id is not None
        self._inputs = torch.cat([self._targets.new_tensor([codec.end_id]), self._targets[:-1]])
        # A model whose lines know nothing of each other begins each of them anew.
        carries = getattr(network, "carries", True)
        begins = torch.ones_like(self._inputs, dtype=torch.bool)
        begins[1:] = (self._inputs[1:] == codec.end_id) & (not carries)
        self._begins = torch.nonzero(begins)[:, 0]
        numbers = torch.arange(len(ids), device=device)
        self._before = numbers + 1 - torch.cummax(torch.where(begins, numbers, 0), dim=0).values

    def whole(self) -> _Read:
        """The text, each symbol after everything before it."""
        parts = []
        ends = [*self._begins[1:].tolist(), len(self._inputs)]
        for first, end in zip(self._begins.tolist(), ends, strict=True):
            place = first
            for logp in self._pieces(self._inputs[None, first:end], self._network.begin(1)):
                parts.append(_said(logp[0], self._targets[place : place + logp.shape[1]]))
                place += logp.shape[1]
        return _Read(*(torch.cat([getattr(part, name) for part in parts]).cpu() for name in _Read.__dataclass_fields__))

    def reach(self, logp: Tensor) -> Reach:
        """The curve; ``logp`` float64 [N] is what ``whole`` found.

        A place with no more than k symbols before it has been given the whole context already.
        """
        before = self._before.cpu()
        limit = min(int(before.max()) - 1, LONGEST_WINDOW, self._sight() - 1)
        given = [1 << power for power in range(max(0, limit).bit_length())]
        places = max(1, min(len(before), MOST_STEPS // max(1, sum(given))))
        chosen = torch.linspace(0, len(before) - 1, places, dtype=torch.float64).round().long()
        bits = []
        for k in given:
            nats = -logp[chosen]
            longer = before[chosen] > k
            if longer.any():
                nats[longer] = self._after(chosen[longer], k)
            bits.append(_bits(nats))
        return Reach(tuple(given), tuple(bits), _bits(-logp[chosen]), places, len(before))

    def _after(self, places: Tensor, k: int) -> Tensor:
        """Nats of the targets at places [P] after the k symbols before each, from a fresh start, float64 [P]."""
        nats = []
        for rows in torch.split(places, max(1, AT_ONCE // (k * self._size))):
            windows = self._inputs[(rows[:, None] + torch.arange(1 - k, 1)).to(self._inputs.device)]
            targets = self._targets[rows.to(self._targets.device)]
            nats.append(-self._fresh(windows).double().gather(1, targets[:, None])[:, 0].cpu())
        return torch.cat(nats)

    def _pieces(self, ids: Tensor, state: State) -> Iterator[Tensor]:
        """log p of the next symbols after each of ids [B, T], as many steps at once as memory should hold."""
        steps = max(1, AT_ONCE // (len(ids) * self._size))
        for piece in torch.split(ids, steps, dim=1):
            lengths = torch.full((len(piece),), piece.shape[1])
            y, state = self._network.read(piece, lengths, state)
            logp = self._network.answer(y)
            if logp.isnan().any():
                raise RunError(
                    "the model's probabilities are no numbers", hint="train it again with a smaller training.lr"
                )
            yield logp

    def _fresh(self, windows: Tensor) -> Tensor:
        """log p [P, V] of what follows windows [P, k] of symbols before which nothing is known."""
        held = self._held()
        if held is None:
            *_, logp = self._pieces(windows, self._network.begin(len(windows)))
            return logp[:, -1]
        # A full state of symbols would say that a line begins, or that unknown words stand there.
        y, _ = self._network.step(windows[:, -1], {held: windows[:, :-1]})
        return self._network.answer(y)

    def _held(self) -> str | None:
        """The name of the state, where it is made of the last symbols (n-grams)."""
        names = [name for name, value in self._network.begin(1).items() if not value.is_floating_point()]
        return names[0] if names else None

    def _sight(self) -> int:
        """Symbols that a prediction can look back at: as many as a state made of symbols holds, else no limit."""
        held = self._held()
        return len(self._inputs) + 1 if held is None else self._network.begin(1)[held].shape[1]


def _said(logp: Tensor, targets: Tensor) -> _Read:
    """What log p [T, V] says of targets [T]."""
    logp = logp.double()
    own = logp.gather(1, targets[:, None])
    p = logp.exp()
    entropy = -torch.where(p > 0, p * logp, 0.0).sum(dim=1)
    top = logp.topk(min(ALTERNATIVES, logp.shape[1]), dim=1)
    rank = (logp > own).sum(dim=1) + 1
    return _Read(own[:, 0], entropy / np.log(2), rank, top.indices, top.values.exp())


def _bits(nats: Tensor) -> float:
    return float(nats.mean()) / float(np.log(2))
