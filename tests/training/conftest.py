"""Small trainings: a text of made words, recipes that run in a fraction of a second, and how to compare two runs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from weft.config import Recipe, resolve
from weft.training import Listener, curves
from weft.types import Files

TIMINGS = {"seconds", "took", "tokens_per_second"}


class Recorder(Listener):
    """Keeps every event; ``at`` maps an update to what is done after it."""

    def __init__(self, at=None):
        self.events, self.notes, self.at = [], [], at or {}

    def on_begin(self, event):
        self.events.append(event)

    def on_step(self, event):
        self.events.append(event)
        if event.step in self.at:
            self.at[event.step]()

    def on_validation(self, event):
        self.events.append(event)

    def on_checkpoint(self, event):
        self.events.append(event)

    def on_note(self, note):
        self.notes.append(note)

    def on_end(self, event):
        self.events.append(event)

    def named(self, name):
        return [event for event in self.events if type(event).__name__ == name]


class Crash(BaseException):
    """Stands for a process that dies: nothing in the package catches it."""


def crash():
    raise Crash


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    """Half a second of drawing for each training would be most of these tests; `test_pictures` draws."""
    monkeypatch.setattr(curves, "draw", lambda path, lines, title: path.write_bytes(b""))


@pytest.fixture
def recorder():
    return Recorder


@pytest.fixture
def dies():
    return crash, Crash


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Files:
    """600 made-up words of text, a part for training and one for validation."""
    folder, stream = tmp_path_factory.mktemp("text"), random.Random(1)
    words = ["dog", "cat", "bird", "sees", "runs", "the", "a"]
    for name, lines in (("train.txt", 60), ("valid.txt", 12)):
        text = "\n".join(" ".join(stream.choice(words) for _ in range(7)) for _ in range(lines))
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return Files((folder / "train.txt",), (folder / "valid.txt",))


@pytest.fixture(scope="session")
def labelled(tmp_path_factory) -> Files:
    """Texts whose label follows from one word."""
    folder, stream = tmp_path_factory.mktemp("labelled"), random.Random(2)
    for name, lines in (("train.csv", 60), ("valid.csv", 20)):
        rows = ["text,label"]
        for _ in range(lines):
            label = stream.choice(["good", "bad"])
            words = [stream.choice(["film", "plot", "it", "was"]) for _ in range(stream.randint(2, 6))]
            words[stream.randrange(len(words))] = {"good": "fine", "bad": "dull"}[label]
            rows.append(f"{' '.join(words)},{label}")
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Files((folder / "train.csv",), (folder / "valid.csv",))


@pytest.fixture(scope="session")
def language():
    """Makes a recipe of a small character model: about 9 updates an epoch, dropout, carried state."""

    def make(**training) -> Recipe:
        values = {"epochs": 2, "batch_size": 6, "threads": 1, "lr": 0.01, "checkpoint_seconds": 1000.0, "device": "cpu"}
        document = {
            "task": "language-model",
            "data": {"window": 20},
            "embedding": {"size": 6, "dropout": 0.1},
            "encoder": {"hidden": 8, "cell": "gru"},
            "output": {"dropout": 0.3},
            "training": values | training,
        }
        return resolve(document)

    return make


@pytest.fixture(scope="session")
def sentiment():
    """Makes a recipe of a small two-layer bidirectional classifier with dropout everywhere."""

    def make(**training) -> Recipe:
        values = {"epochs": 3, "batch_size": 8, "threads": 1, "lr": 0.02, "checkpoint_seconds": 1000.0, "device": "cpu"}
        document = {
            "task": "classify",
            "embedding": {"size": 6, "dropout": 0.1},
            "encoder": {"hidden": 5, "layers": 2, "bidirectional": True, "dropout": 0.2},
            "head": {"dropout": 0.2},
            "training": values | training,
        }
        return resolve(document)

    return make


def contents(run: Path) -> dict[str, object]:
    """Everything of a finished run that must not depend on how often it was stopped."""
    metrics = json.loads((run / "metrics.json").read_text())
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return {
        "weights": (run / "model.safetensors").read_bytes(),
        "metrics": {name: metrics[name] for name in ("best", "finish", "steps", "epochs", "stopped", "digest")},
        "log": [{name: value for name, value in line.items() if name not in TIMINGS} for line in lines],
        "files": sorted(path.name for path in run.iterdir()),
        "vocabulary": (run / "vocabulary.json").read_text(),
    }


@pytest.fixture(scope="session")
def whole():
    return contents
