"""From a run and a text to gate traces: the text cut as in training, the encoder traced, and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from weft.data.codec import Codec
from weft.data.tokenizers._contract import well_formed
from weft.errors import ConfigError, RunError
from weft.explain._symbols import Symbol, cut, no_symbol
from weft.explain.gates.traces import EncoderTraces, GateTraces, encoder_traces
from weft.model import Model
from weft.nn.blocks import Blocks
from weft.nn.output import output_nats
from weft.nn.recurrent import Recurrent
from weft.types import TextVocabulary


def gate_traces(model: Model, text: str) -> GateTraces:
    """Every gate of every unit, layer and direction at every symbol of ``text``.

    Args:
        model: any run with a recurrent encoder: classifier, language model or translator, any cell.
        text: a raw text; it is cut into symbols as in training. A language model reads the end of the line before it
            first, as ``model.score`` does; a classifier or translator reads no further than ``data.max_length``, and a
            translator the end of the line last (and the text backwards with ``data.reverse_source``).
    Raises:
        ConfigError: the network has no recurrent encoder, or is in training mode.
        DataError: the text holds no symbol.
        RunError: the network's values are not finite.
    """
    encoder = _encoder(model)
    codec: Codec = cast(TextVocabulary, model.vocabulary).text
    text = well_formed(text)
    symbols, ids = _read(model, codec, text)
    device = next(model.module.parameters()).device
    given = torch.from_numpy(ids.astype(np.int64)).to(device)
    with torch.inference_mode():
        vectors = cast("nn.Module", model.module.embedding)(given)
    traced = encoder_traces(encoder, vectors)
    _check_finite(traced, symbols)
    if codec.end_id is None or not model.task.in_step:
        return GateTraces(text, encoder.cells[0].spec.name, tuple(symbols), model.predict([text])[0], traced)
    logp = _next_logp(model.module, given, codec.end_id)
    told = (symbols[0], *(replace(symbol, logp=nats) for symbol, nats in zip(symbols[1:], logp, strict=False)))
    said = {"logp": sum(logp), "end_logp": logp[-1], "symbols": len(logp)}
    return GateTraces(text, encoder.cells[0].spec.name, told, said, traced)


def _read(model: Model, codec: Codec, text: str) -> tuple[list[Symbol], np.ndarray]:
    """The symbols in the order in which the encoder reads them, and their numbers [S]."""
    config = getattr(model.module, "data", None)
    longest = getattr(model.module, "max_length", None) if config is None else config.max_length
    symbols, ids = cut(codec, text, longest)
    if not symbols:
        raise no_symbol(text)
    if codec.end_id is None:
        return symbols, ids
    end, end_ids = [Symbol("\n", "", known=True)], np.array([codec.end_id], ids.dtype)
    if model.task.in_step:
        return end + symbols, np.concatenate([end_ids, ids])
    if config is not None and config.reverse_source:
        symbols, ids = symbols[::-1], ids[::-1]
    return symbols + end, np.concatenate([ids, end_ids])


def refuse(model: Model) -> str:
    """Why a run has no gates to show; "" when it has."""
    encoder = getattr(model.module, "encoder", None)
    if isinstance(encoder, Recurrent | Blocks):
        return ""
    kind = type(model.module).__name__ if encoder is None else type(encoder).__name__
    return f"a run of task {model.task.name!r} has no recurrent encoder ({kind}), so there are no gates to show"


def _encoder(model: Model) -> Recurrent | Blocks:
    if reason := refuse(model):
        raise ConfigError(reason, hint="gate traces need a run whose recipe has [encoder] cell = ...")
    if model.module.training:
        raise ConfigError(
            "the network is in training mode, where dropout makes every answer another one",
            hint="call model.module.eval() first",
        )
    return cast("Recurrent | Blocks", model.module.encoder)


def _next_logp(network: Any, ids: Tensor, end_id: int) -> list[float]:
    """log p in nats of the symbol after each of ids [S]; after the last comes the end of the line."""
    lengths = torch.tensor([len(ids)])
    targets = torch.cat([ids[1:], ids.new_tensor([end_id])])
    with torch.inference_mode():
        outputs = network.outputs(ids.unsqueeze(0), lengths)[0]
        return [-float(nats) for nats in output_nats(outputs, network.output, targets.unsqueeze(0), lengths)[0]]


def _check_finite(traced: EncoderTraces, symbols: Sequence[Symbol]) -> None:
    for trace in traced.traces:
        for gate in trace.gates:
            wrong = ~np.isfinite(gate.values).all(axis=1)
            if wrong.any():
                place = int(wrong.argmax())
                raise RunError(
                    f"{trace.title}: {gate.name} is not finite at symbol {place} ({symbols[place].text!r})",
                    hint="the run's training diverged; train again with a smaller training.lr",
                )
