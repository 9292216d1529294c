"""From a run and a text to gate traces: the text cut as in training, the encoder traced, and what was said."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from weft.data.codec import Codec
from weft.errors import ConfigError, DataError, RunError
from weft.explain.gates.traces import EncoderTraces, GateTraces, Symbol, encoder_traces
from weft.model import Model
from weft.nn.losses import symbol_nats
from weft.nn.recurrent import Recurrent
from weft.types import TextVocabulary


def gate_traces(model: Model, text: str) -> GateTraces:
    """Every gate of every unit, layer and direction at every symbol of ``text``.

    Args:
        model: any run with a recurrent encoder: classifier or language model, any cell.
        text: a raw text; it is cut into symbols as in training. A language model reads the end of the line before it
            first, as ``model.score`` does; a classifier reads no further than ``data.max_length``.
    Raises:
        ConfigError: the network has no recurrent encoder, or is in training mode.
        DataError: the text holds no symbol.
        RunError: the network's values are not finite.
    """
    encoder = _encoder(model)
    codec: Codec = cast(TextVocabulary, model.vocabulary).text
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    symbols, ids = _cut(codec, text, getattr(model.module, "max_length", None))
    device = next(model.module.parameters()).device
    given = torch.from_numpy(ids.astype(np.int64)).to(device)
    with torch.inference_mode():
        vectors = cast("nn.Module", model.module.embedding)(given)
    traced = encoder_traces(encoder, vectors)
    _check_finite(traced, symbols)
    if codec.end_id is None:
        return GateTraces(text, encoder.cells[0].spec.name, symbols, model.predict([text])[0], traced)
    logp = _next_logp(model.module, given, codec.end_id)
    symbols = (symbols[0], *(Symbol(s.text, s.before, s.known, p) for s, p in zip(symbols[1:], logp, strict=False)))
    said = {"logp": sum(logp), "end_logp": logp[-1], "symbols": len(logp)}
    return GateTraces(text, encoder.cells[0].spec.name, symbols, said, traced)


def _encoder(model: Model) -> Recurrent:
    encoder = getattr(model.module, "encoder", None)
    if not isinstance(encoder, Recurrent):
        kind = type(model.module).__name__ if encoder is None else type(encoder).__name__
        raise ConfigError(
            f"a run of task {model.task.name!r} has no recurrent encoder ({kind}), so there are no gates to show",
            hint="gate traces need a run whose recipe has [encoder] cell = ...",
        )
    if model.module.training:
        raise ConfigError(
            "the network is in training mode, where dropout makes every answer another one",
            hint="call model.module.eval() first",
        )
    return encoder


def _cut(codec: Codec, text: str, longest: int | None) -> tuple[tuple[Symbol, ...], np.ndarray]:
    """The symbols the network reads, and their numbers [S]."""
    ids = codec.encode(text)[:longest]
    if not len(ids):
        raise DataError(f"the text holds no symbol: {text!r:.60}", hint="give a text with --text, or - for stdin")
    pieces = codec.tokenizer.split(text.lower() if codec.lowercase else text)[:longest]
    joiner = codec.tokenizer.joiner()
    symbols = []
    for piece, number in zip(pieces, ids, strict=True):
        shown = joiner.feed(piece)
        before = shown.removesuffix(piece) if shown.endswith(piece) else ""
        symbols.append(Symbol(shown.removeprefix(before) or "…", before, bool(number != codec.unknown_id)))
    if codec.end_id is not None:
        symbols.insert(0, Symbol("\n", "", known=True))
        ids = np.concatenate([np.array([codec.end_id], ids.dtype), ids])
    return tuple(symbols), ids


def _next_logp(module: nn.Module, ids: Tensor, end_id: int) -> list[float]:
    """log p in nats of the symbol after each of ids [S]; after the last comes the end of the line."""
    lengths = torch.tensor([len(ids)])
    targets = torch.cat([ids[1:], ids.new_tensor([end_id])])
    with torch.inference_mode():
        logits: Any = module(ids.unsqueeze(0), lengths)[0]
        return [-float(nats) for nats in symbol_nats(logits, targets.unsqueeze(0), lengths)[0]]


def _check_finite(traced: EncoderTraces, symbols: tuple[Symbol, ...]) -> None:
    for trace in traced.traces:
        for gate in trace.gates:
            wrong = ~np.isfinite(gate.values).all(axis=1)
            if wrong.any():
                place = int(wrong.argmax())
                raise RunError(
                    f"{trace.title}: {gate.name} is not finite at symbol {place} ({symbols[place].text!r})",
                    hint="the run's training diverged; train again with a smaller training.lr",
                )
