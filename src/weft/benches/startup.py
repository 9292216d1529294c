"""Start-up: `weft --help`, and what a prediction of one line costs beyond torch's own import (1 minute)."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from weft import api
from weft.benches._contract import BenchOptions, BenchReport

REPEATS = 9
OPINIONS = (("a moving film", "good"), ("a dull one", "bad"))
TEXTS = [(f"{text} {number}", label) for number in range(30) for text, label in OPINIONS]
HEAVY = ("torch", "sklearn", "pyarrow", "matplotlib")
LOADED = (
    "import sys, json; from weft.cli import main\n"
    "try: main()\n"
    f"finally: print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)"
)


def run(options: BenchOptions) -> BenchReport:
    """Time fresh processes and list the heavy packages they loaded."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as scratch:
        model, text = _run_folder(Path(scratch), options.seed), Path(scratch) / "one.txt"
        text.write_text("a dull film\n", encoding="utf-8")
        predict = ["predict", str(model), str(text), "--device", "cpu"]
        times = {
            "python alone": _seconds([sys.executable, "-c", "pass"]),
            "import torch": _seconds([sys.executable, "-c", "import torch"]),
            "weft --help": _seconds([sys.executable, "-m", "weft", "--help"]),
            "weft predict RUN one.txt": _seconds([sys.executable, "-m", "weft", *predict]),
        }
        loaded = {"weft --help": _heavy(["--help"]), "weft predict RUN one.txt": _heavy(predict)}
    rows = [(name, round(seconds, 3), ", ".join(loaded.get(name, [])) or "-") for name, seconds in times.items()]
    beyond = times["weft predict RUN one.txt"] - times["import torch"]
    rows.append(("predict, beyond import torch", round(beyond, 3), "-"))
    return BenchReport(
        title="Seconds of a fresh process, median of nine",
        columns=("process", "seconds", f"loaded of {', '.join(HEAVY)}"),
        rows=rows,
    )


def _run_folder(folder: Path, seed: int) -> Path:
    rows = "".join(f"{json.dumps({'text': text, 'label': label})}\n" for text, label in TEXTS)
    (folder / "train.jsonl").write_text(rows, encoding="utf-8")
    out = folder / "run"
    api.train("tiny-classify", train=folder / "train.jsonl", out=out, settings=["training.epochs=1"], seed=seed)
    return out


def _seconds(command: list[str]) -> float:
    # As installed: compiled modules are kept, which some shells forbid.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def once() -> float:
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        return time.perf_counter() - start

    once()  # fills the disk cache, compiles
    return statistics.median(once() for _ in range(REPEATS))


def _heavy(arguments: list[str]) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=False)
    return list(json.loads(done.stderr.splitlines()[-1]))
