"""Private memory and speed of translating files of 1,000 to 100,000 lines (3 minutes).

A translator of dates is trained for a moment; then ``weft predict RUN FILE --out ANSWERS`` translates the first lines
of its training part, each time in a fresh process whose private memory (RssAnon) is watched: it must not grow with the
file.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from weft.benches._contract import BenchOptions, BenchReport, working_folder
from weft.benches._memory import PrivateMemory
from weft.benches._training import train_or_stop
from weft.catalog import SAMPLES
from weft.errors import BackendError

SIZES = (1_000, 10_000, 100_000)
SETTINGS = ("training.epochs=1", "training.max_steps=300", "training.lr=0.005")
MILLION = 1_000_000


def run(options: BenchOptions) -> BenchReport:
    """Train, and translate each size."""
    with working_folder(options) as folder:
        parts = {path.stem: path for path in SAMPLES.load("dates").make(folder / "data", seed=options.seed)}
        options.progress("training for a moment")
        train_or_stop(
            "dates",
            train=parts["train"],
            valid=parts["valid"],
            out=folder / "dates",
            settings=SETTINGS,
            seed=options.seed,
            resume=True,
        )
        rows = [_measure(parts["train"], size, folder, options) for size in SIZES]
    return BenchReport(
        title="Translating a file: weft predict RUN FILE --out ANSWERS",
        columns=("lines", "private MB peak", "lines/s"),
        rows=rows,
    )


def _measure(dates: Path, size: int, folder: Path, options: BenchOptions) -> tuple[int, float, int]:
    lines, answers = folder / f"{size}.txt", folder / f"{size}.jsonl"
    with dates.open(encoding="utf-8", newline="") as rows, lines.open("w", encoding="utf-8") as out:
        out.writelines(f"{row['source']}\n" for row in islice(csv.DictReader(rows), size))
    answers.unlink(missing_ok=True)
    flags = ["-S"] if sys.flags.no_site else []
    command = [sys.executable, *flags, "-m", "weft", "predict", folder / "dates", lines, "--out", answers]
    threads = {"OMP_NUM_THREADS": str(options.threads)} if options.threads else {}
    options.progress(f"translating {size:,} lines")
    start = time.perf_counter()
    with (
        subprocess.Popen(
            list(map(str, command)), env={**os.environ, **threads}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process,
        PrivateMemory(process.pid) as memory,
    ):
        _, said = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise BackendError(f"weft predict ended with {process.returncode}: {said.decode(errors='replace')[-300:]}")
    with answers.open("rb") as found:
        assert sum(1 for _ in found) == size, "an answer a line"
    return size, round(memory.peak / MILLION, 1), round(size / seconds)
