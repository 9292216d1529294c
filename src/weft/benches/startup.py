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

REPEATS = 7
TORCH_SPARED = "import torch, garbage collector as weft sets it"
PREDICT = "weft predict RUN one.txt"
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
        commands = {
            "python alone": ["-c", "pass"],
            "import torch": ["-c", "import torch"],
            TORCH_SPARED: ["-c", "import gc; gc.set_threshold(100_000); import torch"],
            "weft --help": ["-m", "weft", "--help"],
            PREDICT: ["-m", "weft", *predict],
        }
        rounds = [{name: _seconds(command) for name, command in commands.items()} for _ in range(REPEATS + 1)][1:]
        loaded = {"weft --help": _heavy(["--help"]), PREDICT: _heavy(predict)}
    times = {name: statistics.median(each[name] for each in rounds) for name in commands}
    rows = [(name, round(seconds, 3), ", ".join(loaded.get(name, [])) or "-") for name, seconds in times.items()]
    beyond = statistics.median(each[PREDICT] - each[TORCH_SPARED] for each in rounds)
    rows.append(("predict, beyond the faster import of torch", round(beyond, 3), "-"))
    return BenchReport(
        title=f"Seconds of a fresh process, median of {REPEATS} rounds after one that fills the caches",
        columns=("process", "seconds", f"loaded of {', '.join(HEAVY)}"),
        rows=rows,
        notes=("the last row is the median of the differences within a round: a busy moment slows both alike",),
    )


def _run_folder(folder: Path, seed: int) -> Path:
    rows = "".join(f"{json.dumps({'text': text, 'label': label})}\n" for text, label in TEXTS)
    (folder / "train.jsonl").write_text(rows, encoding="utf-8")
    out = folder / "run"
    api.train("tiny-classify", train=folder / "train.jsonl", out=out, settings=["training.epochs=1"], seed=seed)
    return out


def _seconds(arguments: list[str]) -> float:
    # As installed: compiled modules are kept, which some shells forbid.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def _heavy(arguments: list[str]) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=False)
    return list(json.loads(done.stderr.splitlines()[-1]))
