"""Speed of a translator with attention beside JoeyNMT: the same network, the same numbers, in turns (3 minutes).

Runs where both are installed: ``pip install joeynmt importlib-metadata`` into an environment of its own that has Weft.
The network is the one that JoeyNMT has: a bidirectional GRU, a GRU decoder with input feeding, additive attention asked
by the state after the step, tanh readout, 6,000 symbols. Ours is given JoeyNMT's parameters, and its loss, gradients
and beam search have to give what JoeyNMT's give before anything is timed.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn

from weft.benches import _joeynmt, _machine, _ratio_picture
from weft.benches._agreement import largest_difference, loss_and_gradients
from weft.benches._comparison import COLUMNS, Comparison
from weft.benches._contract import BenchOptions, BenchReport
from weft.benches._joeynmt import END, START
from weft.benches._rounds import Patience, alternate, timed
from weft.benches.attention import (
    BEAM,
    DECODING,
    FULL,
    LONGEST,
    QUICK,
    ROWS,
    SHARPNESS,
    TRAINING,
    mean_loss,
    random_batch,
    translated,
)
from weft.tasks.translate.model import Translator
from weft.types import Batch

OFF = 1e-3
"""Share of a gradient's largest value by which two float32 computations of it may differ."""


def run(options: BenchOptions) -> BenchReport:
    """Measure training updates and translated sentences a second.

    Raises:
        ConfigError: JoeyNMT is not installed here.
        BackendError: the two do not compute the same.
    """
    _joeynmt.check_installed()
    patience = FULL if options.full else QUICK
    with _machine.team(options.threads):
        machine = _machine.described() | _machine.limits().told()
        theirs = _untrained(options.seed)
        ours, batch = _joeynmt.twin(theirs), random_batch(options.seed, END)
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


def _check(ours: Translator, theirs: Any, batch: Batch) -> float:
    """How far our loss and gradients are from JoeyNMT's; of start and end symbol, ours have one vector."""
    expected = loss_and_gradients(theirs, _joeynmt.their_loss(theirs, _joeynmt.their_batch(batch, targets=True)))
    got = loss_and_gradients(ours, mean_loss(ours, batch))
    names = {f"gradient of {name}": _joeynmt.their_name(name) for name, _ in ours.named_parameters()}
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
        loss = (
            _joeynmt.their_loss(theirs, _joeynmt.their_batch(batch, targets=True)) if which else mean_loss(ours, batch)
        )
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
            return _joeynmt.their_translations(theirs, part, LONGEST)

        alike = sum(a == b for a, b in zip(found(), beside(), strict=True))
        options.progress(f"beam {BEAM}, {count} sources: the two searches find {alike} outputs alike")
        rounds = alternate([timed("ours", found), timed("theirs", beside)], patience)
        speeds = count / rounds.seconds("ours"), count / rounds.seconds("theirs")
        ratio = rounds.ratio(lambda parts: parts["theirs"] / parts["ours"])
        case = f"{count} source{'s' * (count > 1)}, {alike} outputs alike"
        rows.append(Comparison(f"beam {BEAM}, JoeyNMT", case, "sentences/s", *speeds, ratio, DECODING))
    return rows


def _untrained(seed: int) -> Any:
    """JoeyNMT's network, whose attention has preferences, and which takes start and end for one symbol as ours does."""
    torch.manual_seed(seed)
    theirs = _joeynmt.fresh()
    with torch.no_grad():
        theirs.decoder.attention.energy_layer.weight.mul_(SHARPNESS)
        theirs.trg_embed.lut.weight[START] = theirs.trg_embed.lut.weight[END]
    return theirs


def _sharpen(ours: Translator, theirs: Any) -> None:
    """Preferences and ends for an untrained network; both keep the same parameters."""
    with torch.no_grad():
        theirs.decoder.output_layer.weight.mul_(SHARPNESS)
    _joeynmt.take(ours, theirs)
    _joeynmt.to_decode(ours, theirs)
