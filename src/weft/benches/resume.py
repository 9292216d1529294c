"""20 SIGKILLs at random moments: does the resumed training end with the same bits? About 5 minutes (--full: 10).

Two small networks (a character language model that carries its state, a two-layer bidirectional classifier with
dropout) are trained on made text once without a break, and once more with kills. A checkpoint is written after every
update, so that many kills fall into a write. Compared: the tensors of the final model, the digest over everything the
last checkpoint held (weights, optimizer, carried state, random streams), and the log without its timings.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.benches._contract import BenchOptions, BenchReport
from weft.bundle import CHECKPOINTS, LOG, METRICS, WEIGHTS, read_log, read_metrics
from weft.errors import RunError

KILLS = 20
TIMINGS = ("seconds", "took", "tokens_per_second")
TRAINING: dict[str, Any] = {
    "threads": 1,
    "device": "cpu",
    "checkpoint_seconds": 0.0,
    "clip_norm": 1.0,
    "max_steps": 200,
    "epochs": 100,
}
LANGUAGE_MODEL: dict[str, Any] = {
    "task": "language-model",
    "data": {"window": 25},
    "embedding": {"size": 16, "dropout": 0.1},
    "encoder": {"cell": "lstm", "hidden": 64, "layers": 2, "dropout": 0.2},
    "training": TRAINING | {"optimizer": "sgd", "momentum": 0.9, "lr": 0.5, "batch_size": 8, "schedule": "plateau"},
}
CLASSIFIER: dict[str, Any] = {
    "task": "classify",
    "embedding": {"size": 32, "dropout": 0.2},
    "encoder": {"cell": "gru", "hidden": 32, "layers": 2, "bidirectional": True, "dropout": 0.3},
    "head": {"dropout": 0.3},
    "training": TRAINING
    | {"optimizer": "adam", "lr": 0.01, "batch_size": 16, "schedule": "cosine", "validate_every": 7},
}


JOBS: tuple[tuple[str, dict[str, Any]], ...] = (("language-model", LANGUAGE_MODEL), ("classify", CLASSIFIER))


@dataclass(frozen=True)
class Kills:
    """What the killed training went through: kills made, how many of them left a half-written file behind."""

    made: int
    amid_write: int


def run(options: BenchOptions) -> BenchReport:
    """Kill, resume, compare.

    Raises:
        RunError: a training did not end by itself.
    """
    rows: list[tuple[Any, ...]] = []
    kills = 2 * KILLS if options.full else KILLS
    with _folder(options.out) as folder:
        for name, recipe in JOBS:
            place = folder / name
            job = make_job(recipe, place, seed=options.seed)
            options.progress(f"{name}: training without a break")
            started = time.monotonic()
            _train(job | {"out": str(place / "once")})
            whole = time.monotonic() - started
            options.progress(f"{name}: training with {kills} kills")
            suffered = train_with_kills(job | {"out": str(place / "often")}, kills=kills, seed=options.seed)
            same = compare(place / "once", place / "often")
            seconds = time.monotonic() - started - whole
            updates = recipe["training"]["max_steps"]
            rows.append((name, updates, suffered.made, suffered.amid_write, *same, round(whole, 1), round(seconds, 1)))
    columns = ("task", "updates", "kills", "kills amid a write", "model equal", "last checkpoint equal", "log equal")
    return BenchReport(
        "Training killed and resumed, against training without a break",
        (*columns, "seconds without", "seconds with kills"),
        rows,
        (
            f"SIGKILL after a random update and up to 20 ms more; seed {options.seed}; made text; one thread.",
            "Equal means every bit; the log is compared without its timings.",
            "A kill amid a write is one that left an unfinished file behind; kills amid a rename leave no trace.",
        ),
    )


def make_job(recipe: dict[str, Any], place: Path, *, seed: int) -> dict[str, str]:
    """Write a recipe and made text into ``place``, in the form that the killed process reads."""
    place.mkdir(parents=True, exist_ok=True)
    stream = random.Random(seed)
    classify = recipe["task"] == "classify"
    for part, count in (("train", 400), ("valid", 80)):
        lines = [_labelled(stream) if classify else _sentence(stream) for _ in range(count)]
        text = "\n".join((["text,label"] if classify else []) + lines) + "\n"
        (place / f"{part}{'.csv' if classify else '.txt'}").write_text(text, encoding="utf-8")
    (place / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    ending = ".csv" if classify else ".txt"
    names = {"recipe": "recipe.json", "train": f"train{ending}", "valid": f"valid{ending}"}
    return {key: str(place / name) for key, name in names.items()}


def train_with_kills(job: dict[str, str], *, kills: int, seed: int) -> Kills:
    """Train a job in processes of its own, all but the last of which are killed at a random moment."""
    recipe = json.loads(Path(job["recipe"]).read_text(encoding="utf-8"))
    stream, out = random.Random(seed + 1), Path(job["out"])
    moments = sorted(stream.sample(range(1, recipe["training"]["max_steps"]), kills))
    made = amid = 0
    for moment in moments:
        with _start(job) as child:
            assert child.stdout is not None
            reached = any(int(line) >= moment for line in child.stdout)
            time.sleep(stream.uniform(0.0, 0.02))
            child.kill()
        made += reached and child.returncode < 0
        amid += bool([*out.glob(".*.tmp"), *(out / CHECKPOINTS).glob(".*.tmp")])
    _train(job)
    return Kills(made, amid)


def compare(once: Path, often: Path) -> tuple[str, str, str]:
    """Whether model, last checkpoint and log of two finished runs agree in every bit: "yes" or "no" each."""
    model = (once / WEIGHTS).read_bytes() == (often / WEIGHTS).read_bytes()
    digest = read_metrics(once)["digest"] == read_metrics(often)["digest"]
    return _word(model), _word(digest), _word(_untimed(once) == _untimed(often))


def _word(yes: bool) -> str:
    return "yes" if yes else "no"


def _untimed(run: Path) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name not in TIMINGS} for line in read_log(run / LOG)]


def _command(job: dict[str, str]) -> list[str]:
    return [sys.executable, "-m", "weft.benches._resume_child", json.dumps(job)]


def _start(job: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(_command(job), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _train(job: dict[str, str]) -> None:
    """Train a job to its end.

    Raises:
        RunError: the process ended without a finished run.
    """
    done = subprocess.run(_command(job), capture_output=True, text=True, check=False)
    if done.returncode or not (Path(job["out"]) / METRICS).is_file():
        said = done.stderr.strip().rpartition("\n")[2]
        raise RunError(
            f"the training into {job['out']} ended with status {done.returncode} and no finished run: {said}"
        )


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """``out``, emptied of an earlier run of this benchmark, or a folder that is removed at the end."""
    if out is not None:
        for name, _ in JOBS:
            shutil.rmtree(out / "resume" / name, ignore_errors=True)
        yield out / "resume"
        return
    with tempfile.TemporaryDirectory(prefix="weft-") as folder:
        yield Path(folder)


def _sentence(stream: random.Random) -> str:
    subject = stream.choice(["the cat", "a dog", "my horse", "one bird", "the old man"])
    verb = stream.choice(["sees", "follows", "likes", "hears", "meets"])
    place = stream.choice(["in the rain", "at home", "every morning", "by the river", "without a word"])
    return f"{subject} {verb} {stream.choice(['a fox', 'the child', 'two geese', 'nobody'])} {place}."


def _labelled(stream: random.Random) -> str:
    label = stream.choice(["good", "bad"])
    word = {"good": ["fine", "moving", "clever"], "bad": ["dull", "empty", "slow"]}[label]
    filler = [
        stream.choice(["film", "plot", "it", "was", "rather", "so", "scene"]) for _ in range(stream.randint(2, 12))
    ]
    filler.insert(stream.randint(0, len(filler)), stream.choice(word))
    return f"{' '.join(filler)},{label}"
