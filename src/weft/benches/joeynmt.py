"""Speed of a translator with attention beside JoeyNMT: the same network, the same numbers, in turns (3 minutes).

Runs where both are installed: ``pip install joeynmt importlib-metadata`` into an environment of its own that has Weft.
The network is the one that JoeyNMT has: a bidirectional GRU, a GRU decoder with input feeding, additive attention asked
by the state after the step, tanh readout, 6,000 symbols. Ours is given JoeyNMT's parameters, and its loss, gradients
and beam search have to give what JoeyNMT's give before anything is timed.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn

from weft.benches import _machine, _ratio_picture
from weft.benches._agreement import largest_difference, loss_and_gradients
from weft.benches._comparison import COLUMNS, Comparison
from weft.benches._contract import BenchOptions, BenchReport
from weft.benches._rounds import Patience, alternate, timed
from weft.benches.attention import (
    ALPHA,
    BEAM,
    DECODING,
    FULL,
    LONGEST,
    QUICK,
    ROWS,
    SHARPNESS,
    SYMBOLS,
    TRAINING,
    mean_loss,
    random_batch,
    translated,
)
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
OFF = 1e-3
"""Share of a gradient's largest value by which two float32 computations of it may differ."""
NEVER = -1e4
"""Bias of symbols that are not written: JoeyNMT forbids padding and the start symbol."""


def run(options: BenchOptions) -> BenchReport:
    """Measure training updates and translated sentences a second.

    Raises:
        ConfigError: JoeyNMT is not installed here.
        BackendError: the two do not compute the same.
    """
    _check_installed()
    patience = FULL if options.full else QUICK
    with _machine.team(options.threads):
        machine = _machine.described() | _machine.limits().told()
        theirs = _joey(options.seed)
        ours, batch = _twin(theirs, options.seed), random_batch(options.seed, END)
        options.progress("loss and gradients of the two")
        error = _check(ours, theirs, batch)
        rows = [_training(ours, theirs, batch, patience, error), *_decoding(ours, theirs, batch, patience, options)]
    title = f"A translator with attention beside JoeyNMT on {machine['threads']} thread(s)"
    return BenchReport(
        title=title,
        columns=COLUMNS,
        rows=[row.row() for row in rows],
        notes=("ours and other: medians; ratio: median of the ratios within a round, low and high: their quartiles",),
        machine=machine,
        pictures=(_ratio_picture.draw(options.out / "joeynmt.png", title, rows),) if options.out else (),
    )


def _check_installed() -> None:
    for name in ("joeynmt", "importlib_metadata"):
        if importlib.util.find_spec(name) is None:
            raise ConfigError(
                f"bench joeynmt: the module {name!r} is not installed here",
                hint="make an environment with Weft in it, and there: pip install joeynmt importlib-metadata",
            )
    logging.getLogger("joeynmt").setLevel(logging.ERROR)


def _module(name: str) -> Any:
    return importlib.import_module(f"joeynmt.{name}")


def _joey(seed: int) -> Any:
    """JoeyNMT's network of these sizes, freshly made."""
    torch.manual_seed(seed)
    names = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "sep_token": None}
    numbers: dict[str, Any] = {
        "unk_id": UNKNOWN,
        "pad_id": PADDING,
        "bos_id": START,
        "eos_id": END,
        "sep_id": None,
        "lang_tags": [],
    }
    specials = SimpleNamespace(**names, **numbers)
    symbols = [_module("vocabulary").Vocabulary([f"s{k}" for k in range(4, SYMBOLS)], specials) for _ in range(2)]
    side = {"type": "recurrent", "rnn_type": "gru", "num_layers": 1, "embeddings": {"embedding_dim": 256}}
    config = {
        "encoder": {**side, "hidden_size": SIZES["encoder.hidden"], "bidirectional": True},
        "decoder": {
            **side, "hidden_size": SIZES["decoder.hidden"], "input_feeding": True, "attention": "bahdanau",
            "init_hidden": "bridge",
        },
    }  # fmt: skip
    model = _module("model").build_model(config, *symbols)
    model.loss_function = ("crossentropy", 0.0)
    with torch.no_grad():
        model.decoder.attention.energy_layer.weight.mul_(SHARPNESS)
        model.trg_embed.lut.weight[START] = model.trg_embed.lut.weight[END]
    return model.train()


def _twin(theirs: Any, seed: int) -> Translator:
    """Ours with JoeyNMT's parameters."""
    config: Any = resolve(read("bahdanau2015"), [*SETTINGS, f"training.seed={seed}"])
    ours = Translator(config, sources=SYMBOLS, targets=SYMBOLS, end_id=END)
    own, given = dict(ours.named_parameters()), dict(theirs.named_parameters())
    with torch.no_grad():
        for name, value in own.items():
            source = _their_name(name)
            value.zero_() if source is None else value.copy_(given[source].view_as(value))
    return ours.train()


def _their_name(name: str) -> str | None:
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


def _their_batch(batch: Batch, *, targets: bool) -> Any:
    """The same batch as JoeyNMT holds it, its sources in order of their lengths as its encoder asks for."""
    rows, steps = batch.ids.shape
    behind = torch.arange(steps) >= batch.lengths.unsqueeze(1)
    wanted = None
    if targets:
        assert batch.targets is not None
        padded = batch.targets.masked_fill(batch.targets < 0, PADDING)
        wanted = torch.cat([torch.full((rows, 1), START), padded], dim=1)
    made = _module("batch").Batch(
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


def _their_loss(theirs: Any, batch: Any) -> Tensor:
    """As its trainer computes it, normalized by symbols."""
    total, *_ = theirs(return_type="loss", **vars(batch))
    return cast(Tensor, batch.normalize(total, normalization="tokens"))


def _check(ours: Translator, theirs: Any, batch: Batch) -> float:
    """How far our loss and gradients are from JoeyNMT's; of start and end symbol, ours have one vector."""
    expected = loss_and_gradients(theirs, _their_loss(theirs, _their_batch(batch, targets=True)))
    got = loss_and_gradients(ours, mean_loss(ours, batch))
    names = {f"gradient of {name}": _their_name(name) for name, _ in ours.named_parameters()}
    pairs = {name: f"gradient of {theirs}" for name, theirs in names.items() if theirs}
    start = expected["gradient of trg_embed.lut.weight"]
    start[END] += start[START]
    start[START] = 0.0
    right = {name: expected[source].view_as(got[name]) for name, source in pairs.items()}
    return largest_difference("ours", {"loss": expected["loss"], **right}, got, OFF)


def _training(ours: Translator, theirs: Any, batch: Batch, patience: Patience, error: float) -> Comparison:
    optimizers = [torch.optim.Adam(each.parameters(), lr=1e-5) for each in (ours, cast(nn.Module, theirs))]

    def update(which: int) -> None:
        optimizers[which].zero_grad()
        loss = _their_loss(theirs, _their_batch(batch, targets=True)) if which else mean_loss(ours, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizers[which].step()

    rounds = alternate([timed("ours", lambda: update(0)), timed("theirs", lambda: update(1))], patience)
    speeds = batch.tokens / rounds.seconds("ours"), batch.tokens / rounds.seconds("theirs")
    ratio = rounds.ratio(lambda parts: parts["theirs"] / parts["ours"])
    return Comparison("training, JoeyNMT", f"{ROWS} rows", "tokens/s", *speeds, ratio, TRAINING, error)


def _decoding(
    ours: Translator, theirs: Any, batch: Batch, patience: Patience, options: BenchOptions
) -> list[Comparison]:
    _sharpen(ours, theirs)
    rows = []
    for count in (1, ROWS):
        part = Batch(
            ids=batch.ids[:count, : int(batch.lengths[:count].max())],
            lengths=batch.lengths[:count],
            targets=None,
            rows=batch.rows[:count],
            tokens=0,
        )

        def found(part: Batch = part) -> list[list[int]]:
            return translated(ours, part.ids, part.lengths)

        def beside(part: Batch = part) -> list[list[int]]:
            return _their_translations(theirs, part)

        alike = sum(a == b for a, b in zip(found(), beside(), strict=True))
        options.progress(f"beam {BEAM}, {count} sources: the two searches find {alike} outputs alike")
        rounds = alternate([timed("ours", found), timed("theirs", beside)], patience)
        speeds = count / rounds.seconds("ours"), count / rounds.seconds("theirs")
        ratio = rounds.ratio(lambda parts: parts["theirs"] / parts["ours"])
        case = f"{count} source{'s' * (count > 1)}, {alike} outputs alike"
        rows.append(Comparison(f"beam {BEAM}, JoeyNMT", case, "sentences/s", *speeds, ratio, DECODING))
    return rows


def _sharpen(ours: Translator, theirs: Any) -> None:
    """Preferences and ends for an untrained network; both keep the same parameters and never write START or PADDING."""
    theirs.eval()
    with torch.no_grad():
        own, given = dict(ours.named_parameters()), dict(theirs.named_parameters())
        given["decoder.output_layer.weight"].mul_(SHARPNESS)
        for name, value in own.items():
            if source := _their_name(name):
                value.copy_(given[source].view_as(value))
        own["output.bias"].zero_()
        own["output.bias"][[PADDING, START]] = NEVER
    ours.eval()


def _their_translations(theirs: Any, part: Batch) -> list[list[int]]:
    """The best output of each source, in the order given, without its end."""
    batch = _their_batch(part, targets=False)
    found, *_ = _module("search").search(theirs, batch, LONGEST, BEAM, ALPHA)
    outputs = [[int(number) for number in row if number not in (PADDING, END)] for row in found]
    ordered: list[list[int]] = [[] for _ in outputs]
    for place, output in zip(batch.indices.tolist(), outputs, strict=True):
        ordered[place] = output
    return ordered
