"""Speed of a translator with attention: training and decoding against a loop in plain torch (3 minutes; --full: 8).

The network of recipe ``bahdanau2015`` without dropout, a vocabulary of 6,000 symbols, sources and targets of 8 to 20
symbols. Before anything is timed, loss and gradients are held against float64, and what the two beam searches find
against one another. In turns, in one run.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from weft.benches import _machine, _ratio_picture
from weft.benches._agreement import largest_difference, loss_and_gradients
from weft.benches._comparison import COLUMNS, Comparison, Wanted
from weft.benches._contract import BenchOptions, BenchReport
from weft.benches._plain_translator import PlainTranslator
from weft.benches._rounds import Patience, alternate, timed
from weft.catalog import TASKS
from weft.config import read, resolve
from weft.data.batching import pad
from weft.nn.attentive import AttentiveDecoder
from weft.search.beam import Beam, beam_search
from weft.tasks.translate.decoding import TranslationDecoder
from weft.tasks.translate.model import Translator
from weft.types import Batch

QUICK, FULL = Patience(rounds=5, seconds=20.0), Patience(rounds=15, seconds=60.0)
SYMBOLS, END = 6000, 0
ROWS = 64
LENGTHS = (8, 21)
LONGEST = 20
BEAM, ALPHA = 5, 1.0
TRAINING, DECODING = Wanted(1.5), Wanted(3.0)
SETTINGS = ("embedding.dropout=0", "encoder.dropout=0", "output.dropout=0", "output.smoothing=0")
OFF = 2e-4
"""Share of a gradient's largest value: those of attention are differences of nearly equal numbers, and plain torch's
are as far off."""
SHARPNESS = 30.0
"""Times the attention's and the output's vectors, so that an untrained network has preferences and ends its outputs."""


def run(options: BenchOptions) -> BenchReport:
    """Measure training updates and translated sentences a second.

    Raises:
        BackendError: a loss or a gradient is wrong.
    """
    patience = FULL if options.full else QUICK
    with _machine.team(options.threads):
        machine = _machine.described() | _machine.limits().told()
        ours, batch = _network(options.seed), random_batch(options.seed)
        options.progress("loss and gradients against float64")
        error = _check(ours, batch)
        rows = [_training(ours, batch, patience, error), *_decoding(ours.eval(), batch, patience, options)]
    title = f"A translator with attention on {machine['threads']} thread(s)"
    return BenchReport(
        title=title,
        columns=COLUMNS,
        rows=[row.row() for row in rows],
        notes=("ours and other: medians; ratio: median of the ratios within a round, low and high: their quartiles",),
        machine=machine,
        pictures=(_ratio_picture.draw(options.out / "attention.png", title, rows),) if options.out else (),
    )


def _network(seed: int) -> Translator:
    torch.manual_seed(seed)
    config: Any = resolve(read("bahdanau2015"), [*SETTINGS, f"training.seed={seed}"])
    module = Translator(config, sources=SYMBOLS, targets=SYMBOLS, end_id=END)
    assert isinstance(module.decoder, AttentiveDecoder)
    assert module.decoder.attention is not None
    with torch.no_grad():
        cast(Tensor, module.decoder.attention.of_tanh).mul_(SHARPNESS)
    return module.train()


def random_batch(seed: int, end: int = END) -> Batch:
    """Sources and targets of symbols behind ``end``; the targets end in it."""
    draw = torch.Generator().manual_seed(seed)
    sources, targets = (
        [torch.randint(end + 1, SYMBOLS, (int(length),), generator=draw).numpy() for length in lengths]
        for lengths in torch.randint(*LENGTHS, (2, ROWS), generator=draw)
    )
    ids, lengths = pad(sources)
    wanted, written = pad(targets)
    wanted = wanted.masked_fill(torch.arange(wanted.shape[1]) >= written.unsqueeze(1), -1)
    wanted[torch.arange(ROWS), written - 1] = end
    tokens = int(lengths.sum() + written.sum())
    return Batch(ids=ids, lengths=lengths, targets=wanted, rows=torch.arange(ROWS).numpy(), tokens=tokens)


def mean_loss(module: Translator, batch: Batch) -> Tensor:
    """Nats a symbol of the targets."""
    loss = cast(Any, TASKS.load("translate", "task").task).loss(module, batch, None)
    return cast(Tensor, loss.total / loss.count)


def _check(ours: Translator, batch: Batch) -> float:
    """How far loss and gradients are from float64; the plain twin's loss has to be right too."""
    exact = _network(0).double()
    exact.load_state_dict(ours.state_dict())
    right = loss_and_gradients(exact, mean_loss(exact, batch))
    plain = {"loss": PlainTranslator(ours).loss(batch).detach()}
    largest_difference("plain torch", {"loss": right["loss"]}, plain)
    return largest_difference("ours", right, loss_and_gradients(ours, mean_loss(ours, batch)), OFF)


def _training(ours: Translator, batch: Batch, patience: Patience, error: float) -> Comparison:
    plain = PlainTranslator(ours)
    optimizers = [torch.optim.Adam(each.parameters(), lr=1e-5) for each in (ours, plain)]

    def update(which: int) -> None:
        optimizers[which].zero_grad()
        loss = plain.loss(batch) if which else mean_loss(ours, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizers[which].step()

    rounds = alternate([timed("ours", lambda: update(0)), timed("plain", lambda: update(1))], patience)
    speeds = batch.tokens / rounds.seconds("ours"), batch.tokens / rounds.seconds("plain")
    ratio = rounds.ratio(lambda parts: parts["plain"] / parts["ours"])
    return Comparison("training, plain torch", f"{ROWS} rows", "tokens/s", *speeds, ratio, TRAINING, error)


def _decoding(ours: Translator, batch: Batch, patience: Patience, options: BenchOptions) -> list[Comparison]:
    with torch.no_grad():
        cast(Tensor, ours.embedding.weight).mul_(SHARPNESS)
    plain = PlainTranslator(ours).eval()
    rows = []
    for count in (1, ROWS):
        ids, lengths = batch.ids[:count], batch.lengths[:count]

        def found(ids: Tensor = ids, lengths: Tensor = lengths) -> list[list[int]]:
            return translated(ours, ids, lengths)

        def beside(ids: Tensor = ids, lengths: Tensor = lengths) -> list[list[int]]:
            return plain.translate(ids, lengths, beam=BEAM, longest=LONGEST, alpha=ALPHA)

        alike = sum(a == b for a, b in zip(found(), beside(), strict=True))
        options.progress(f"beam {BEAM}, {count} sources: the two searches find {alike} outputs alike")
        rounds = alternate([timed("ours", found), timed("plain", beside)], patience)
        speeds = count / rounds.seconds("ours"), count / rounds.seconds("plain")
        ratio = rounds.ratio(lambda parts: parts["plain"] / parts["ours"])
        case = f"{count} source{'s' * (count > 1)}, {alike} outputs alike"
        rows.append(Comparison(f"beam {BEAM}, plain torch", case, "sentences/s", *speeds, ratio, DECODING))
    return rows


def translated(module: Translator, ids: Tensor, lengths: Tensor, longest: int = LONGEST) -> list[list[int]]:
    """What beam search finds, without the end symbols; no output has more than ``longest`` symbols."""
    decoder, end = TranslationDecoder(module, ids, lengths, forbidden=None), module.end_id
    beam, limits = Beam(BEAM, length_penalty=ALPHA), torch.full((len(ids),), longest)
    found = beam_search(decoder, len(ids), beam, start_id=end, stop_id=end, longest=limits, source_lengths=lengths)
    return [list(best[0].ids) for best in found]
