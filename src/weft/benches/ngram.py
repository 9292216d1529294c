"""Kneser-Ney over 10 million words: time, memory, size, queries beside kenlm where it is there (2 min, --full: 10).

The words are drawn, seeded, from a trigram model of War and Peace. A fresh process counts and estimates and writes the
ARPA file, while its private memory (RssAnon) is watched. Then other lines, drawn with another seed, are scored from
their text, in turns with kenlm's Python module on that ARPA file. ``--full``: 5-grams too, and 50 million words.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from weft.benches._contract import BenchOptions, BenchReport, data_file, working_folder
from weft.benches._machine import described, team
from weft.benches._memory import PrivateMemory
from weft.benches._rounds import Patience, alternate, timed
from weft.benches._trigram_text import TrigramText
from weft.config import TextData
from weft.data.codec import Codec
from weft.data.corpus import TokenFile
from weft.data.problems import Problems
from weft.data.readers import read_lines
from weft.ngram import Backoff, estimate, write_arpa

SOURCE = "war_and_peace/train.txt.gz"
MILLION = 1_000_000
CASES = ((10 * MILLION, 3),)
FULL_CASES = (*CASES, (10 * MILLION, 5), (50 * MILLION, 3))
"""Words and order."""
QUERIES = 1_000_000
"""Words of the lines that are scored in a turn."""
PATIENCE = Patience(rounds=5, seconds=0.0)
COLUMNS = (
    "million words",
    "order",
    "million n-grams",
    "counting and estimation s",
    "processor s",
    "sorting as many keys, processor s",
    "private MB more at the peak",
    "model MB",
    "writing ARPA s",
    "million words a second, from numbers",
    "from text",
    "kenlm, from text",
    "ours / kenlm",
    "largest difference of a word's log10 p",
    "of a line's",
)


@dataclass(frozen=True)
class Estimated:
    """What the fresh process saw: seconds, n-grams of each order, bytes."""

    seconds: float
    processor: float
    writing: float
    sizes: tuple[int, ...]
    private: int
    model: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Queried:
    """Words scored a second, ours from numbers and from text; what is kenlm's is None where it is not importable.

    The differences are the largest of a word's and of a line's log10 p.
    """

    numbers: float
    ours: float
    kenlm: float | None = None
    ratio: float | None = None
    word: float | None = None
    line: float | None = None


def run(options: BenchOptions) -> BenchReport:
    """Draw the words, then measure each case."""
    source = data_file(options, SOURCE)
    codec, text = drawn_from(source)
    rows: list[tuple[Any, ...]] = []
    notes: list[str] = []
    with working_folder(options) as folder, team(1):
        machine = described()
        for words, order in FULL_CASES if options.full else CASES:
            options.progress(f"drawing {words // MILLION:,} million words, then order {order}")
            ids = TokenFile.write(text.draw(words, options.seed), folder / "drawn", codec.dtype)
            built = _in_fresh_process(folder, codec, order)
            options.progress("scoring lines")
            asked = compare(folder, codec, lines_of(codec, text, options.seed + 1))
            sorting = (order - 1) * _sorting(len(ids))
            rows.append(_row(len(ids), order, built, sorting, asked))
            notes += built.notes
    return BenchReport("N-gram models", COLUMNS, rows, (*notes, *_notes(options)), machine)


def drawn_from(source: Path) -> tuple[Codec, TrigramText]:
    """The symbols of a text, and a trigram model of it to draw from."""
    config = TextData.model_validate({"tokenizer": "whitespace"})
    codec = Codec.learn(_lines(source), config, end=True)
    ids = np.concatenate(list(codec.encode_lines(_lines(source), end=True)))
    return codec, TrigramText(_estimate(ids, codec, 3))


def lines_of(codec: Codec, text: TrigramText, seed: int) -> list[str]:
    """Lines of ``QUERIES`` words."""
    ids = np.concatenate(list(text.draw(QUERIES, seed)))
    return codec.decode(ids).split("\n")


def build(folder: Path, vocabulary: dict[str, Any], order: int) -> Estimated:
    """Estimate a model of the words in ``folder``, and write it there: as ARPA, and as arrays."""
    codec = Codec.from_json(vocabulary)
    ids = TokenFile.open(folder / "drawn").ids
    with PrivateMemory() as memory:
        start, processor = time.perf_counter(), time.process_time()
        model = _estimate(ids, codec, order)
        took, processor = time.perf_counter() - start, time.process_time() - processor
    arrays = model.arrays()
    start = time.perf_counter()
    write_arpa(model, codec.symbols, folder / "model.arpa")
    writing = time.perf_counter() - start
    np.savez(folder / "model.npz", **arrays)  # type: ignore[arg-type]
    size = sum(array.nbytes for array in arrays.values())
    return Estimated(took, processor, writing, model.sizes(), memory.peak - memory.start, size, model.notes)


def compare(folder: Path, codec: Codec, lines: list[str]) -> Queried:
    """Score lines from their text with the model in ``folder``, in turns with kenlm where it is there."""
    with np.load(folder / "model.npz") as arrays:
        model = Backoff.from_arrays(dict(arrays))
    ids = _numbered(codec, lines)

    def ours() -> np.ndarray:
        logp: np.ndarray = model.logp(_numbered(codec, lines)) / np.log(10)
        return logp

    works = [timed("numbers", lambda: model.logp(ids)), timed("ours", ours)]
    other = _kenlm(folder / "model.arpa")
    if other is not None:
        works.append(timed("kenlm", lambda: [other.score(line) for line in lines]))
    rounds = alternate(works, PATIENCE)
    numbers, text = (len(ids) / rounds.seconds(part) for part in ("numbers", "ours"))
    if other is None:
        return Queried(numbers, text)
    ratio = rounds.ratio(lambda parts: parts["kenlm"] / parts["ours"]).median
    words = np.array([score for line in lines for score, _, _ in other.full_scores(line)])
    sums = np.add.reduceat(ours(), np.concatenate([[0], np.flatnonzero(ids == codec.end_id)[:-1] + 1]))
    off = [np.abs(ours() - words).max(), np.abs(sums - [other.score(line) for line in lines]).max()]
    return Queried(numbers, text, len(ids) / rounds.seconds("kenlm"), ratio, float(off[0]), float(off[1]))


def _numbered(codec: Codec, lines: list[str]) -> np.ndarray:
    """The numbers of lines, each closed by the end of line."""
    found: np.ndarray = np.concatenate(list(codec.encode_lines(lines, end=True)))
    return found


def _estimate(ids: np.ndarray, codec: Codec, order: int) -> Backoff:
    assert codec.end_id is not None
    return estimate(ids, order=order, symbols=codec.size, end_id=codec.end_id, unknown_id=codec.unknown_id)


def _kenlm(arpa: Path) -> Any:
    """Their model of the ARPA file; None where their module is not importable."""
    return import_module("kenlm").Model(str(arpa)) if find_spec("kenlm") else None


def _in_fresh_process(folder: Path, codec: Codec, order: int) -> Estimated:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(build, folder, codec.to_json(), order).result()


def _sorting(count: int) -> float:
    """Seconds of the processor to sort so many numbers once: the least that counting an order by sorting costs."""
    keys = np.random.default_rng(0).integers(1 << 60, size=count)
    start = time.process_time()
    keys.sort()
    return time.process_time() - start


def _lines(path: Path) -> Iterator[str]:
    return (line for _, line in read_lines(path, Problems()))


def _row(words: int, order: int, built: Estimated, sorting: float, asked: Queried) -> tuple[Any, ...]:
    speeds = (value and value / MILLION for value in (asked.numbers, asked.ours, asked.kenlm))
    return (
        round(words / MILLION),
        order,
        round(sum(built.sizes) / MILLION, 2),
        round(built.seconds, 1),
        round(built.processor, 1),
        round(sorting, 1),
        round(built.private / MILLION),
        round(built.model / MILLION),
        round(built.writing, 1),
        *(_shown(value, "{:.2f}") for value in speeds),
        _shown(asked.ratio, "{:.2f}"),
        _shown(asked.word, "{:.1e}"),
        _shown(asked.line, "{:.1e}"),
    )


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _notes(options: BenchOptions) -> tuple[str, ...]:
    missing = "kenlm is not importable here (pip install kenlm), so nothing was held against it"
    return (
        f"the words are synthetic: drawn from a Kneser-Ney trigram model of {SOURCE}, seed {options.seed}",
        f"scored: lines of {QUERIES:,} words drawn with seed {options.seed + 1}, from text to their log p; one thread",
        "sorting as many keys: np.sort of as many random int64 as there are words, once an order from 2 on",
        *(() if find_spec("kenlm") else (missing,)),
    )
