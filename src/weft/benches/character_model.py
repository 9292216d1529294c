"""Nats a character on tiny Shakespeare: n-grams in a minute, networks one after the other (4 hours on a core).

``--full`` adds char-rnn's own sizes. The text is cut once: the last tenth is measured once; of the nine tenths before
it the part from 45 % to 47 % of the text chooses the best epoch and the rest trains. (The usual protocol chooses by the
last tenth itself.) Beside it stands what the simplest rivals give on the same characters: the frequencies of single
characters, and xz. With ``--out`` it goes on where it was stopped.
"""

from __future__ import annotations

import lzma
import math
from collections import Counter
from pathlib import Path
from typing import Any

from weft import bundle
from weft.benches._contract import BenchOptions, BenchReport, data_file, working_folder
from weft.benches._training import train_or_stop

NETWORKS = ("char-lstm", "sutskever2011", "feng2024")
CLASSIC = ("karpathy2015",)
ORDERS = (3, 6, 7)
VALID_FROM, VALID_TO, TEST_FROM = 0.45, 0.47, 0.9


def run(options: BenchOptions) -> BenchReport:
    """Train, evaluate on the last tenth, and measure the simplest rivals."""
    text = data_file(options, "tiny_shakespeare/input.txt").read_text(encoding="utf-8")
    first, second, third = (int(len(text) * share) for share in (VALID_FROM, VALID_TO, TEST_FROM))
    train, valid, test = text[:first] + text[second:third], text[first:second], text[third:]
    with working_folder(options) as folder:
        files = {"train": train, "valid": valid, "test": test}
        paths = {name: _write(folder / f"{name}.txt", part) for name, part in files.items()}
        rows = [_measure(f"{order}-gram", "char-ngram", paths, options, f"model.order={order}") for order in ORDERS]
        networks = (*NETWORKS, *CLASSIC) if options.full else NETWORKS
        rows += [_measure(recipe, recipe, paths, options) for recipe in networks]
    rivals = {"single characters": _unigram(train, test), "xz, test after train": _xz(train, test)}
    rows += [(name, nats, "", "", "") for name, nats in rivals.items()]
    return BenchReport(
        title=f"Nats a character on the last tenth of tiny Shakespeare ({len(test):,} characters)",
        columns=("model", "nats/char", "95 % interval", "validation nats/char", "minutes of training"),
        rows=rows,
        notes=(
            f"seed {options.seed}, {options.threads or 'all'} threads; "
            f"{len(train):,} characters train, {len(valid):,} choose",
        ),
    )


def _measure(name: str, recipe: str, paths: dict[str, Path], options: BenchOptions, *settings: str) -> tuple[Any, ...]:
    out = paths["train"].parent / name
    model = train_or_stop(
        recipe,
        train=paths["train"],
        valid=paths["valid"],
        out=out,
        settings=[f"training.threads={options.threads}", *settings],
        seed=options.seed,
        resume=True,
    )
    minutes = bundle.read_metrics(out)["seconds"] / 60
    test, valid = (model.evaluate(paths[part], leaks=False).scores[0] for part in ("test", "valid"))
    options.progress(f"{name}: {test.value:.4f} nats/char in {minutes:.1f} minutes")
    interval = f"{test.low:.3f}-{test.high:.3f}"
    return (name, round(test.value, 4), interval, round(valid.value, 4), round(minutes, 1))


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
