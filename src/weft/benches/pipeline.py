"""Tokens/s of reading, numbering and batching a table (SST-2) and a text, beside those of training (2 minutes).

The pipeline should be at least ten times as fast as the training it feeds. Reading and numbering happen once a run,
batching once an epoch; training is a recipe's first updates.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from weft import api
from weft.benches._contract import BenchOptions, BenchReport, data_file
from weft.benches._training import Speed
from weft.config import TextData
from weft.data.batching import BucketedFeed, StreamFeed
from weft.data.codec import Codec
from weft.data.corpus import Ragged, TokenFile
from weft.data.labels import Labels
from weft.data.problems import Problems
from weft.data.readers import read_lines, read_records
from weft.types import Feed

REPEATS = 3
UPDATES = 60
COLUMNS = (
    "job",
    "tokens",
    "reading s",
    "numbering s",
    "batching s",
    "all, tokens/s",
    "batching alone, tokens/s",
    "training, tokens/s",
    "all / training",
)
Job = Callable[[Path, Path, int], Iterator[int]]
"""(file, folder to write to, seed): yields the texts read, then the symbols numbered, then the tokens batched."""


def run(options: BenchOptions) -> BenchReport:
    """Every job ``REPEATS`` times; the middle time of each part counts."""
    jobs: list[tuple[str, str, Job, str]] = [
        ("SST-2, words, buckets of 32", "sst2/train.tsv", table, "sentiment-bilstm"),
        ("tiny Shakespeare, characters, 32 x 128", "tiny_shakespeare/input.txt", characters, "char-lstm"),
        ("tiny Shakespeare, words, 32 x 35", "tiny_shakespeare/input.txt", words, "elman1990"),
    ]
    files = [data_file(options, name) for _, name, _, _ in jobs]
    rows = []
    for (title, _, job, recipe), file in zip(jobs, files, strict=True):
        options.progress(f"{title}: {REPEATS} times, then {UPDATES} updates of {recipe}")
        numbers = _measure(job, file, options.seed)
        training = _training_speed(recipe, file, options)
        rows.append((title, *numbers, round(training), round(numbers[-2] / training, 1)))
    notes = (
        f"middle of {REPEATS} runs; the files are in the system's cache; int64 batches on the CPU",
        "numbering: learning the vocabulary and writing the memory-mapped token file",
        f"training: sentiment-bilstm, char-lstm, elman1990, {UPDATES} updates, {options.threads or 'all'} threads",
    )
    return BenchReport("The data pipeline", COLUMNS, rows, notes)


def table(path: Path, folder: Path, seed: int) -> Iterator[int]:
    """A labelled table, by words, in batches of like length."""
    records = read_records([path], {"text": "text", "label": "label"}, problems=Problems())
    texts, names = zip(*((record.values["text"], record.values["label"]) for record in records), strict=True)
    yield len(texts)
    codec = Codec.learn(texts, TextData.model_validate({"tokenizer": "whitespace"}), end=False)
    labels = Labels.learn(names)
    rows = Ragged.write(map(codec.encode, texts), folder / "rows", codec.dtype)
    targets = np.fromiter(map(labels.number, names), np.int64)
    yield rows.tokens
    yield _walk(BucketedFeed(rows, targets, batch_size=32, seed=seed, shuffle=True))


def characters(path: Path, folder: Path, _seed: int) -> Iterator[int]:
    """A text, by characters, in parallel streams."""
    yield from _stream(path, folder, "char", window=128)


def words(path: Path, folder: Path, _seed: int) -> Iterator[int]:
    """A text, by words, in parallel streams."""
    yield from _stream(path, folder, "word", window=35)


def _stream(path: Path, folder: Path, tokenizer: str, *, window: int) -> Iterator[int]:
    lines = [line for _, line in read_lines(path, Problems())]
    yield len(lines)
    codec = Codec.learn(lines, TextData.model_validate({"tokenizer": tokenizer}), end=True)
    file = TokenFile.write(codec.encode_lines(lines, end=True), folder / "stream", codec.dtype)
    yield len(file)
    yield _walk(StreamFeed(file.ids, streams=32, window=window, start_id=1))


def _training_speed(recipe: str, file: Path, options: BenchOptions) -> float:
    """Tokens/s of a recipe's first updates, validation not counted."""
    speed = Speed()
    settings = [f"training.max_steps={UPDATES}", f"training.threads={options.threads}"]
    with tempfile.TemporaryDirectory() as folder:
        api.train(recipe, train=file, out=Path(folder) / "run", settings=settings, seed=options.seed, listener=speed)
    return speed.tokens_per_second


def _walk(feed: Feed) -> int:
    return sum(batch.tokens for batch in feed.epoch(0))


def _measure(job: Job, path: Path, seed: int) -> tuple[float, ...]:
    """Tokens, seconds of the three parts, tokens/s of all and of the last."""
    times, counts = [], [0]
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            marks = [time.perf_counter()]
            for count in job(path, Path(folder), seed):
                marks.append(time.perf_counter())
                counts.append(count)
        times.append(np.diff(marks))
    tokens = counts[-1]
    reading, numbering, batching = (statistics.median(part) for part in zip(*times, strict=True))
    together = reading + numbering + batching
    seconds = (round(float(part), 4) for part in (reading, numbering, batching))
    return (tokens, *seconds, round(tokens / together), round(tokens / batching))
