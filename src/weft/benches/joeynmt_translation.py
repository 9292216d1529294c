"""A translator beside JoeyNMT's on Multi30k, English to German: BLEU and time of training (two hours on a core).

Both have vectors of 256, a bidirectional GRU of 256 units a direction, a GRU decoder of 512 with additive attention,
some 6,000 subwords of their own, and batches of 64; both keep what was best in validation. Weft trains 12 epochs;
JoeyNMT trains as many minutes of the processor as Weft took by the clock. Then test2016 is translated with JoeyNMT's
own weights by JoeyNMT and by Weft, in turns. Needs JoeyNMT, sacremoses and subword-nmt (see ``weft bench joeynmt``),
and prlimit. With ``--out`` it goes on where it was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch

from weft.benches import _joeynmt, _joeynmt_training, _machine
from weft.benches._contract import BenchOptions, BenchReport, working_folder
from weft.benches._joeynmt import END, UNKNOWN
from weft.benches._joeynmt_training import Joey
from weft.benches._plain_translator import PlainTranslator
from weft.benches._rounds import Patience, alternate, timed
from weft.benches.attention import ALPHA, BEAM, ROWS, translated
from weft.benches.translation import pair, trained
from weft.catalog import METRICS
from weft.data.batching import pad
from weft.model import Model
from weft.tasks.translate.model import Translator
from weft.types import Batch, TextEvidence

COLUMNS = ("translator", "parameters", "bleu", "bleu-lowercased", "chrf", "minutes of training")
PATIENCE = Patience(rounds=3, seconds=0.0)

Search = Callable[[Batch], list[list[int]]]


def run(options: BenchOptions) -> BenchReport:
    """Train both, measure both, and search with the same weights.

    Raises:
        ConfigError: JoeyNMT is not installed here.
    """
    _joeynmt.check_installed()
    with working_folder(options) as folder, _machine.team(options.threads):
        model, minutes = trained("bahdanau2015", "de", folder, options)
        joey = _joeynmt_training.train(folder.absolute() / "joeynmt-en-de", minutes, options)
        sources, references = _test(options)
        ours = [row["translation"] for row in model.predict(sources, alternatives=1, batch_size=ROWS)]
        options.progress("test2016 with Weft's weights, in turns with plain torch")
        plain = _with_own_weights(model, sources)
        options.progress("test2016 with JoeyNMT's weights, in turns with JoeyNMT")
        theirs, written = _with_its_weights(joey, sources)
    weights = joey.weights().values()
    return BenchReport(
        title="English to German, Multi30k test2016, cased and detokenized",
        columns=COLUMNS,
        rows=[
            ("Weft", _size(model.module.parameters()), *_scores(references, ours), round(minutes, 1)),
            ("JoeyNMT", _size(weights), *_scores(references, written), round(joey.minutes, 1)),
        ],
        notes=(
            f"Weft's weights, searched by plain torch in turns with Weft: {plain}",
            f"JoeyNMT's weights, searched by JoeyNMT in turns with Weft: {theirs}",
            f"seed {options.seed}; beam {BEAM}, batches of {ROWS} by length, {options.threads or 'all'} threads",
            "minutes of training: Weft's by the clock, JoeyNMT's of the processor",
        ),
    )


def _size(tensors: Iterable[torch.Tensor]) -> int:
    return sum(each.numel() for each in tensors)


def _test(options: BenchOptions) -> tuple[list[str], list[str]]:
    sides = (Path(side) for side in str(pair(options, "test2016", "de")).split(":"))
    source, reference = (side.read_text(encoding="utf-8").splitlines() for side in sides)
    return source, reference


def _scores(references: Sequence[str], written: Sequence[str]) -> list[float]:
    evidence = TextEvidence(tuple(references), tuple(written))
    return [round(METRICS.load(name).score(evidence).value, 2) for name in ("bleu", "bleu-lowercased", "chrf")]


def _with_own_weights(model: Model, sources: Sequence[str]) -> str:
    """The speeds of ours and of a loop in plain torch."""
    ours = cast(Translator, model.module)
    plain = PlainTranslator(ours).eval()
    rows = [np.asarray(model.encode(text), np.int64) for text in sources]

    def beside(part: Batch) -> list[list[int]]:
        return plain.translate(part.ids, part.lengths, beam=BEAM, longest=_longest(ours, part), alpha=ALPHA)

    return _in_turns(_own(ours), beside, _parts(rows)[0])[0]


def _with_its_weights(joey: Joey, sources: Sequence[str]) -> tuple[str, list[str]]:
    """The speeds of both, and what JoeyNMT writes."""
    theirs = _joeynmt.fresh(joey.symbols, shared=True)
    theirs.load_state_dict(joey.weights())
    ours = _joeynmt.twin(theirs)
    _joeynmt.to_decode(ours, theirs)
    symbols = joey.symbols
    numbers = {symbol: number for number, symbol in enumerate(symbols, END + 1)}
    parts, order = _parts([_numbered(joey.cut(text), numbers) for text in sources])

    def beside(part: Batch) -> list[list[int]]:
        return _joeynmt.their_translations(theirs, part, _longest(ours, part))

    told, found = _in_turns(_own(ours), beside, parts)
    written = [""] * len(sources)
    for place, output in zip(order, found, strict=True):
        written[place] = joey.joined([symbols[number - END - 1] for number in output if number > END])
    return told, written


def _own(ours: Translator) -> Search:
    return lambda part: translated(ours, part.ids, part.lengths, _longest(ours, part))


def _longest(ours: Translator, part: Batch) -> int:
    """Symbols of an output of a batch, which all searches take: what Weft allows its longest source by itself."""
    return int(ours.longest(part.lengths).max())


def _in_turns(own: Search, other: Search, parts: Sequence[Batch]) -> tuple[str, list[list[int]]]:
    """Both speeds as a sentence, and what the other found."""

    def all_of(search: Search) -> list[list[int]]:
        return [output for part in parts for output in search(part)]

    found, beside = all_of(own), all_of(other)
    alike = sum(a == b for a, b in zip(found, beside, strict=True))
    rounds = alternate([timed("own", lambda: all_of(own)), timed("other", lambda: all_of(other))], PATIENCE)
    slow, fast = (len(found) / rounds.seconds(name) for name in ("other", "own"))
    ratio = rounds.ratio(lambda seconds: seconds["other"] / seconds["own"])
    outputs = f"{alike:,} of {len(found):,} outputs alike"
    return f"{slow:.1f} and {fast:.1f} sentences/s, {ratio.median:.2f} times as fast, {outputs}", beside


def _parts(rows: Sequence[np.ndarray]) -> tuple[list[Batch], list[int]]:
    """Batches of like length, and where their rows stood."""
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    return [_batch([rows[place] for place in order[at : at + ROWS]]) for at in range(0, len(order), ROWS)], order


def _numbered(pieces: Sequence[str], numbers: dict[str, int]) -> np.ndarray:
    return np.array([*(numbers.get(piece, UNKNOWN) for piece in pieces), END], np.int64)


def _batch(rows: Sequence[np.ndarray]) -> Batch:
    ids, lengths = pad(list(rows))
    return Batch(ids=ids, lengths=lengths, targets=None, rows=np.arange(len(rows)), tokens=int(lengths.sum()))
