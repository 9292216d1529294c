"""Characters/s and private memory of numbering and reading large corpora; 1 minute (--full: 5 minutes, 1 GB of disk).

A synthetic text is drawn, seeded, from a character 5-gram model of tiny Shakespeare: 5 and 50 million characters, with
``--full`` also 500 million. A fresh process then learns the vocabulary, numbers the text into a memory-mapped token
file and reads all of it as batches for truncated back-propagation, while its private memory (RssAnon) is watched: it
must not grow with the text.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from weft.benches._contract import BenchOptions, BenchReport, data_file, working_folder
from weft.benches._memory import PrivateMemory
from weft.benches._synthetic import CharacterNgrams
from weft.config import TextData
from weft.data.batching import StreamFeed
from weft.data.codec import Codec
from weft.data.corpus import TokenFile
from weft.data.problems import Problems
from weft.data.readers import read_lines

SOURCE = "tiny_shakespeare/input.txt"
SIZES = (5_000_000, 50_000_000)
FULL_SIZES = (*SIZES, 500_000_000)
STREAMS, WINDOW = 64, 256
MILLION = 1_000_000
COLUMNS = (
    "million characters",
    "drawn M/s",
    "vocabulary M/s",
    "numbering M/s",
    "batching M/s",
    "all three M/s",
    "private MB before",
    "private MB peak",
)


@dataclass(frozen=True)
class Measured:
    """What the fresh process saw: seconds of each part, symbols read, bytes of private memory."""

    learning: float
    numbering: float
    batching: float
    symbols: int
    before: int
    peak: int


def run(options: BenchOptions) -> BenchReport:
    """Draw, number and read each size."""
    source = data_file(options, SOURCE)
    model = CharacterNgrams(source.read_text(encoding="utf-8"))
    rows = []
    with working_folder(options) as folder:
        for size in FULL_SIZES if options.full else SIZES:
            options.progress(f"drawing {size // MILLION:,} million characters")
            text = folder / f"synthetic-{size}.txt"
            start = time.perf_counter()
            try:
                model.write(text, size, options.seed)
                drawing = time.perf_counter() - start
                options.progress(f"numbering and reading {size // MILLION:,} million characters")
                rows.append(_row(size, drawing, _in_fresh_process(text, folder / f"synthetic-{size}")))
            finally:
                for file in folder.glob(f"synthetic-{size}.*"):
                    file.unlink()
    notes = (
        f"the texts are synthetic: drawn from a character 5-gram model of {SOURCE}, seed {options.seed}",
        f"M/s: million characters a second; batches of {STREAMS} streams x {WINDOW} steps, int64 on the CPU",
        "private memory is RssAnon; before: Python, numpy and torch imported, nothing read yet",
    )
    return BenchReport("Large corpora: numbering and reading", COLUMNS, rows, notes)


def measure(text: Path, tokens: Path) -> Measured:
    """Learn the vocabulary of a text, number it to a file, read the file as batches; in this process."""
    with PrivateMemory() as memory:
        marks = [time.perf_counter()]
        codec = Codec.learn(_lines(text), TextData.model_validate({"tokenizer": "char"}), end=True)
        marks.append(time.perf_counter())
        file = TokenFile.write(codec.encode_lines(_lines(text), end=True), tokens, codec.dtype)
        marks.append(time.perf_counter())
        feed = StreamFeed(file.ids, streams=STREAMS, window=WINDOW, start_id=1)
        symbols = sum(batch.tokens for batch in feed.epoch(0))
        marks.append(time.perf_counter())
    learning, numbering, batching = (after - before for before, after in pairwise(marks))
    return Measured(learning, numbering, batching, symbols, memory.start, memory.peak)


def _in_fresh_process(text: Path, tokens: Path) -> Measured:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, text, tokens).result()


def _lines(text: Path) -> Iterator[str]:
    return (line for _, line in read_lines(text, Problems()))


def _row(size: int, drawing: float, seen: Measured) -> tuple[float, ...]:
    together = seen.learning + seen.numbering + seen.batching
    speeds = (size / MILLION / seconds for seconds in (drawing, seen.learning, seen.numbering, seen.batching, together))
    return (
        size / MILLION,
        *(round(speed, 1) for speed in speeds),
        round(seen.before / MILLION),
        round(seen.peak / MILLION),
    )
