"""JoeyNMT's recurrent translator, ours with its parameters, and the same batches and searches for both."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor

from weft.benches.attention import ALPHA, BEAM, SYMBOLS
from weft.config import read, resolve
from weft.errors import ConfigError
from weft.tasks.translate.model import Translator
from weft.types import Batch

UNKNOWN, PADDING, START, END = range(4)
SIZES = {"embedding.size": 256, "encoder.hidden": 256, "decoder.hidden": 512}
SETTINGS = (
    *(f"{name}={size}" for name, size in SIZES.items()),
    *("embedding.dropout=0", "encoder.dropout=0", "output.dropout=0", "output.smoothing=0", "output.tied=false"),
    *("data.shared=false", "decoder.query=current", "decoder.feeding=true", "decoder.attention_width=512"),
    *("decoder.readout_kind=tanh", "decoder.readout=512", "decoder.readout_input=false"),
)
NEVER = -1e4
"""Bias of symbols that are not written: JoeyNMT forbids padding and the start symbol."""


SPECIALS = {"unk": UNKNOWN, "pad": PADDING, "bos": START, "eos": END}
MADE_UP = tuple(f"s{number}" for number in range(len(SPECIALS), SYMBOLS))
"""Symbols of an untrained network."""


def check_installed() -> None:
    """Raise a ConfigError that tells how to install it, where JoeyNMT is missing."""
    for name in ("joeynmt", "importlib_metadata"):
        if importlib.util.find_spec(name) is None:
            raise ConfigError(
                f"bench joeynmt: the module {name!r} is not installed here",
                hint="make an environment with Weft in it, and there: pip install joeynmt importlib-metadata",
            )
    logging.getLogger("joeynmt").setLevel(logging.ERROR)


def part_of(name: str) -> Any:
    """A module of JoeyNMT's."""
    return importlib.import_module(f"joeynmt.{name}")


def network(*, dropout: float, shared: bool) -> dict[str, Any]:
    """The section ``model`` of its configuration."""
    side = {
        "type": "recurrent",
        "rnn_type": "gru",
        "num_layers": 1,
        "embeddings": {"embedding_dim": SIZES["embedding.size"], "dropout": dropout},
        "dropout": dropout,
    }
    attention = {"input_feeding": True, "attention": "bahdanau", "init_hidden": "bridge", "hidden_dropout": dropout}
    return {
        "tied_embeddings": shared,
        "encoder": {**side, "hidden_size": SIZES["encoder.hidden"], "bidirectional": True},
        "decoder": {**side, "hidden_size": SIZES["decoder.hidden"], **attention},
    }


def fresh(symbols: Sequence[str] = MADE_UP, *, shared: bool = False) -> Any:
    """JoeyNMT's network for symbols that it numbers behind its four special ones, freshly made.

    Args:
        symbols: of both sides.
        shared: both sides have one table of vectors.
    """
    specials: dict[str, Any] = {f"{name}_token": f"<{name}>" for name in SPECIALS}
    specials |= {f"{name}_id": number for name, number in SPECIALS.items()}
    none: dict[str, Any] = {"sep_token": None, "sep_id": None, "lang_tags": []}
    make = part_of("vocabulary").Vocabulary
    sides = [make(list(symbols), SimpleNamespace(**specials, **none)) for _ in range(2)]
    model = part_of("model").build_model(network(dropout=0.0, shared=shared), *sides)
    model.loss_function = ("crossentropy", 0.0)
    return model.train()


def twin(theirs: Any) -> Translator:
    """Ours with JoeyNMT's parameters."""
    config: Any = resolve(read("bahdanau2015"), SETTINGS)
    size = len(theirs.src_vocab)
    ours = Translator(config, sources=size, targets=size, end_id=END)
    take(ours, theirs)
    return ours.train()


def take(ours: Translator, theirs: Any) -> None:
    """Give ours JoeyNMT's parameters, and zero to the biases that it has not."""
    given = theirs.state_dict()
    with torch.no_grad():
        for name, value in ours.named_parameters():
            source = their_name(name)
            value.zero_() if source is None else value.copy_(given[source].view_as(value))


def to_decode(ours: Translator, theirs: Any) -> None:
    """Neither of them drops anything or writes padding and the start symbol."""
    theirs.eval()
    ours.eval()
    with torch.no_grad():
        cast(Tensor, ours.output.bias)[[PADDING, START]] = NEVER


def their_name(name: str) -> str | None:
    """JoeyNMT's name of one of our parameters; None where it has no such bias."""
    recurrences = {"encoder.": "encoder.rnn.", "decoder.recurrent.": "decoder.rnn."}
    for ours, theirs in recurrences.items():
        if name.startswith(ours) and name.removeprefix(ours).startswith(("weight_", "bias_")):
            return theirs + name.removeprefix(ours)
    return {
        "embedding.weight": "src_embed.lut.weight",
        "target_embedding.weight": "trg_embed.lut.weight",
        "decoder.attention.of_query.weight": "decoder.attention.query_layer.weight",
        "decoder.attention.of_state.weight": "decoder.attention.key_layer.weight",
        "decoder.attention.of_state.bias": None,
        "decoder.attention.of_tanh": "decoder.attention.energy_layer.weight",
        "decoder.readout.linear.weight": "decoder.att_vector_layer.weight",
        "decoder.readout.linear.bias": "decoder.att_vector_layer.bias",
        "decoder.bridge.linear.h_0.weight": "decoder.bridge_layer.weight",
        "decoder.bridge.linear.h_0.bias": "decoder.bridge_layer.bias",
        "output.weight": "decoder.output_layer.weight",
        "output.bias": None,
    }[name]


def their_batch(batch: Batch, *, targets: bool) -> Any:
    """The same batch as JoeyNMT holds it, its sources in order of their lengths as its encoder asks for."""
    rows, steps = batch.ids.shape
    behind = torch.arange(steps) >= batch.lengths.unsqueeze(1)
    wanted = None
    if targets:
        assert batch.targets is not None
        padded = batch.targets.masked_fill(batch.targets < 0, PADDING)
        wanted = torch.cat([torch.full((rows, 1), START), padded], dim=1)
    made = part_of("batch").Batch(
        src=batch.ids.masked_fill(behind, PADDING),
        src_length=batch.lengths,
        src_prompt_mask=None,
        trg=wanted,
        trg_prompt_mask=None,
        indices=torch.arange(rows),
        device=torch.device("cpu"),
        pad_index=PADDING,
        eos_index=END,
    )
    made.sort_by_src_length()
    return made


def their_loss(theirs: Any, batch: Any) -> Tensor:
    """As its trainer computes it, normalized by symbols."""
    total, *_ = theirs(return_type="loss", **vars(batch))
    return cast(Tensor, batch.normalize(total, normalization="tokens"))


def their_translations(theirs: Any, part: Batch, longest: int) -> list[list[int]]:
    """The best output of each source, in the order given, without its end; none has more than ``longest`` symbols."""
    batch = their_batch(part, targets=False)
    found, *_ = part_of("search").search(theirs, batch, longest, BEAM, ALPHA)
    outputs = [[int(number) for number in row if number not in (PADDING, END)] for row in found]
    ordered: list[list[int]] = [[] for _ in outputs]
    for place, output in zip(batch.indices.tolist(), outputs, strict=True):
        ordered[place] = output
    return ordered
