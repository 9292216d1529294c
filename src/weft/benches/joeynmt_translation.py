"""A translator beside JoeyNMT's on Multi30k, English to German: BLEU and time of training (two hours on a core).

Both have vectors of 256, a bidirectional GRU of 256 units a direction, a GRU decoder of 512 with additive attention,
some 6,000 subwords of their own, and batches of 64; both keep what was best in validation. Weft trains 12 epochs;
JoeyNMT trains as many minutes of the processor as Weft took by the clock. Then test2016 is translated with JoeyNMT's
own weights by JoeyNMT and by Weft, in turns. Needs JoeyNMT, sacremoses and subword-nmt (see ``weft bench joeynmt``),
and prlimit. With ``--out`` it goes on where it was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from weft.benches import _joeynmt, _joeynmt_training, _machine
from weft.benches._contract import BenchOptions, BenchReport, working_folder
from weft.benches._joeynmt import END, UNKNOWN
from weft.benches._joeynmt_training import Joey
from weft.benches._rounds import Patience, alternate, timed
from weft.benches.attention import ROWS, translated
from weft.benches.translation import pair, trained
from weft.catalog import METRICS
from weft.data.batching import pad
from weft.types import Batch, TextEvidence

LONGEST = 80
"""Symbols of an output."""
COLUMNS = ("translator", "parameters", "bleu", "bleu-lowercased", "chrf", "minutes of training", "sentences/s, beam 5")
PATIENCE = Patience(rounds=3, seconds=0.0)


def run(options: BenchOptions) -> BenchReport:
    """Train both, measure both, and let both translate with the same weights.

    Raises:
        ConfigError: JoeyNMT is not installed here.
    """
    _joeynmt.check_installed()
    with working_folder(options) as folder, _machine.team(options.threads):
        model, minutes = trained("bahdanau2015", "de", folder, options)
        joey = _joeynmt_training.train(folder.absolute() / "joeynmt-en-de", minutes, options)
        sources, references = _test(options)
        ours = [row["translation"] for row in model.predict(sources, alternatives=1, batch_size=ROWS)]
        written, speeds, alike = _with_its_weights(joey, sources, options)
    count = sum(value.numel() for value in model.module.parameters())
    its_count = sum(value.numel() for value in joey.weights().values())
    return BenchReport(
        title="English to German, Multi30k test2016, cased and detokenized",
        columns=COLUMNS,
        rows=[
            ("Weft, bahdanau2015", count, *_scores(references, ours), round(minutes, 1), ""),
            ("JoeyNMT", its_count, *_scores(references, written), round(joey.minutes, 1), round(speeds["theirs"], 1)),
            ("JoeyNMT's weights in Weft", its_count, "", "", "", "", round(speeds["ours"], 1)),
        ],
        notes=(
            f"seed {options.seed}; {alike:,} of {len(sources):,} outputs of the same weights are alike",
            f"Weft translates {speeds['ours'] / speeds['theirs']:.2f} times as fast; batches of {ROWS} by length",
            "minutes of training: JoeyNMT's are processor time, Weft's the clock's",
        ),
    )


def _test(options: BenchOptions) -> tuple[list[str], list[str]]:
    sides = (Path(side) for side in str(pair(options, "test2016", "de")).split(":"))
    source, reference = (side.read_text(encoding="utf-8").splitlines() for side in sides)
    return source, reference


def _scores(references: Sequence[str], written: Sequence[str]) -> list[float]:
    evidence = TextEvidence(tuple(references), tuple(written))
    return [round(METRICS.load(name).score(evidence).value, 2) for name in ("bleu", "bleu-lowercased", "chrf")]


def _with_its_weights(
    joey: Joey, sources: Sequence[str], options: BenchOptions
) -> tuple[list[str], dict[str, float], int]:
    """What JoeyNMT writes, sentences a second of both, and how many outputs are alike."""
    theirs = _joeynmt.fresh(joey.symbols, shared=True)
    theirs.load_state_dict(joey.weights())
    ours = _joeynmt.twin(theirs)
    _joeynmt.to_decode(ours, theirs)
    symbols = joey.symbols
    numbers = {symbol: number for number, symbol in enumerate(symbols, END + 1)}
    rows = [_numbered(joey.cut(text), numbers) for text in sources]
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    parts = [_batch([rows[place] for place in order[start : start + ROWS]]) for start in range(0, len(order), ROWS)]

    def all_of(translate: Callable[[Batch], list[list[int]]]) -> list[list[int]]:
        return [output for part in parts for output in translate(part)]

    def own() -> list[list[int]]:
        return all_of(lambda part: translated(ours, part.ids, part.lengths, LONGEST))

    def other() -> list[list[int]]:
        return all_of(lambda part: _joeynmt.their_translations(theirs, part, LONGEST))

    found, beside = own(), other()
    options.progress("test2016 translated by both with the same weights; now in turns")
    rounds = alternate([timed("ours", own), timed("theirs", other)], PATIENCE)
    speeds = {name: len(sources) / rounds.seconds(name) for name in ("ours", "theirs")}
    written = [""] * len(sources)
    for place, output in zip(order, beside, strict=True):
        written[place] = joey.joined([symbols[number - END - 1] for number in output if number > END])
    return written, speeds, sum(a == b for a, b in zip(found, beside, strict=True))


def _numbered(pieces: Sequence[str], numbers: dict[str, int]) -> np.ndarray:
    return np.array([*(numbers.get(piece, UNKNOWN) for piece in pieces), END], np.int64)


def _batch(rows: Sequence[np.ndarray]) -> Batch:
    ids, lengths = pad(list(rows))
    return Batch(ids=ids, lengths=lengths, targets=None, rows=np.arange(len(rows)), tokens=int(lengths.sum()))
