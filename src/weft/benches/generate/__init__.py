"""One symbol at a time: a 2 x 512 LSTM against torch, onnxruntime and the memory's speed (1 minute; --full 2).

A network over 65 characters with drawn weights reads one symbol a call at batch 1. Every way is first held against the
reference in float64; then all run in turns in this process, and the table tells the median of the ratios within a
round and their quartiles. The last rows are whole writing: ``weft generate``, packing of the weights and sampling
included, against the faster of two loops in torch.
"""

from __future__ import annotations

from collections.abc import Iterator

from weft.benches import _machine, _ratio_picture
from weft.benches._comparison import COLUMNS, Comparison, verdict
from weft.benches._contract import BenchOptions, BenchReport
from weft.benches._rounds import Patience
from weft.benches.generate import single, steppers, writing
from weft.tasks.language_model.model import LanguageModel

TURN = 0.2
"""Seconds of writing in a row: a text is hundreds of symbols."""
QUICK, FULL = Patience(rounds=9, seconds=8.0, turn=TURN), Patience(rounds=31, seconds=25.0, turn=TURN)
NOTES = (
    "ours and other: medians; ratio: median of the ratios within a round, low and high: their quartiles",
    "a step: embedding, both layers and the output, to the logits; error: of the logits, against float64",
    "weights read: bytes of weights that a step needs times steps/s, in the fastest round (low: the median one), over"
    " the fastest reading of the same rounds",
)


def run(options: BenchOptions) -> BenchReport:
    """Measure single steps, then whole writing.

    Raises:
        BackendError: a result is wrong.
    """
    symbols = writing.codec()
    with _machine.team(options.threads):
        machine, limits = _machine.described(), _machine.limits()
        module = steppers.network(symbols.size, options.seed)
        rows = list(_rows(options, module))
        machine |= {"steps taken by": single.path(module), **limits.told()}
    title = f"One symbol at a time: 2 x {steppers.UNITS} LSTM, {symbols.size} symbols, {machine['threads']} thread(s)"
    return BenchReport(
        title=title,
        columns=COLUMNS,
        rows=[row.row() for row in rows],
        notes=(verdict(rows), *NOTES),
        machine=machine,
        pictures=(_ratio_picture.draw(options.out / "generate.png", title, rows),) if options.out else (),
    )


def _rows(options: BenchOptions, module: LanguageModel) -> Iterator[Comparison]:
    patience = FULL if options.full else QUICK
    options.progress("single steps")
    yield from single.measure(module, patience=patience)
    options.progress("whole writing")
    yield from writing.measure(module, writing.codec(), patience=patience)
