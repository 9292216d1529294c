"""Nats a character of the character LSTMs on tiny Shakespeare (20 minutes; --full 40, with char-rnn's own sizes).

The text is cut once: the first 85 % train, the next 5 % choose the best epoch, the last tenth is measured once. Beside
it stands what the simplest rivals give on the same characters: the frequencies of single characters, and xz.
"""

from __future__ import annotations

import lzma
import math
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from weft import api
from weft.benches._contract import BenchOptions, BenchReport, data_file

TRAIN_SHARE, VALID_SHARE = 0.85, 0.05


def run(options: BenchOptions) -> BenchReport:
    """Train, evaluate on the last tenth, and measure the simplest rivals."""
    text = data_file(options, "tiny_shakespeare/input.txt").read_text(encoding="utf-8")
    first, second = (int(len(text) * share) for share in (TRAIN_SHARE, TRAIN_SHARE + VALID_SHARE))
    train, valid, test = text[:first], text[first:second], text[second:]
    recipes = ("char-lstm", "karpathy2015") if options.full else ("char-lstm",)
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as scratch:
        folder = options.out or Path(scratch)
        files = {"train": train, "valid": valid, "test": test}
        paths = {name: _write(folder / f"{name}.txt", part) for name, part in files.items()}
        rows = [_measure(recipe, paths, folder, options) for recipe in recipes]
    rivals = {"single characters": _unigram(train, test), "xz, test after train": _xz(train, test)}
    rows += [(name, nats, "", "", "") for name, nats in rivals.items()]
    return BenchReport(
        title=f"Nats a character on the last tenth of tiny Shakespeare ({len(test):,} characters)",
        columns=("model", "nats/char", "95 % interval", "validation nats/char", "minutes of training"),
        rows=rows,
        notes=(
            f"seed {options.seed}; trained on the first {len(train):,} characters, best epoch by {len(valid):,} more",
        ),
    )


def _measure(recipe: str, paths: dict[str, Path], folder: Path, options: BenchOptions) -> tuple[Any, ...]:
    start = time.perf_counter()
    model = api.train(
        recipe, train=paths["train"], valid=paths["valid"], out=folder / recipe, seed=options.seed, resume=True
    )
    minutes = (time.perf_counter() - start) / 60
    test, valid = (model.evaluate(paths[part]).scores[0] for part in ("test", "valid"))
    options.progress(f"{recipe}: {test.value:.4f} nats/char in {minutes:.1f} minutes")
    interval = f"{test.low:.3f}-{test.high:.3f}"
    return (recipe, round(test.value, 4), interval, round(valid.value, 4), round(minutes, 1))


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _unigram(train: str, test: str) -> float:
    """Cross-entropy of the test text under the training text's character frequencies, add-one smoothed."""
    counts = Counter(train)
    total = len(train) + len(set(train) | set(test))
    return round(-sum(math.log((counts[symbol] + 1) / total) for symbol in test) / len(test), 4)


def _xz(train: str, test: str) -> float:
    """What the strongest xz preset adds for the test text after the training text."""
    packed = [len(lzma.compress(part.encode(), preset=9 | lzma.PRESET_EXTREME)) for part in (train, train + test)]
    return round((packed[1] - packed[0]) * 8 * math.log(2) / len(test), 4)
