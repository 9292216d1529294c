"""Accuracy of the classifier recipes beside TF-IDF + logistic regression on the same rows (10 minutes; --full 25).

The network trains on nine tenths of the training part, chooses its best epoch on the tenth it held out, and is measured
once on the test rows. The baseline (words and word pairs, sublinear TF-IDF) chooses its C by 3-fold cross-validation on
the whole training part.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from weft.benches._contract import BenchOptions, BenchReport, data_file, working_folder
from weft.benches._training import train_or_stop

SEEDS = 3
FULL_SEEDS = 5


@dataclass(frozen=True)
class Case:
    """One data set: which rows are trained on, which measured, and by which recipe."""

    name: str
    recipe: str
    train: str
    test: str = ""
    test_fold: str = ""
    """Where the set comes as one file with a column ``fold``: the fold that is measured."""


CASES = (
    Case("SST-2", "sentiment-bilstm", "sst2/train.tsv", "sst2/dev.tsv"),
    Case("MR, fold 0", "sentiment-bilstm", "mr/mr.tsv", test_fold="0"),
    Case("TREC, 6 classes", "topic-gru", "trec/train.tsv", "trec/valid.tsv"),
)

Rows = list[tuple[str, str]]


def run(options: BenchOptions) -> BenchReport:
    """Train every case with several seeds and the baseline beside it."""
    seeds = range(options.seed, options.seed + (FULL_SEEDS if options.full else SEEDS))
    with working_folder(options) as folder:
        rows = [_measure(case, options, seeds, folder / case.recipe / case.train.partition("/")[0]) for case in CASES]
    return BenchReport(
        title="Accuracy, mean and spread over seeds; the best epoch is chosen on training rows held out",
        columns=("data", "recipe", "test rows", "Weft %", "spread", "TF-IDF + LR %", "difference", "s a training"),
        rows=rows,
        notes=(
            f"seeds {seeds[0]} to {seeds[-1]}; spread = standard deviation over seeds",
            "the 95 % interval of one accuracy is about +-2.6 points at 872 rows, +-2.6 at 868, +-2.8 at 500",
        ),
    )


def _measure(case: Case, options: BenchOptions, seeds: Sequence[int], folder: Path) -> tuple[object, ...]:
    train, test = _rows(case, options)
    files = {part: _write(folder / f"{part}.tsv", rows) for part, rows in (("train", train), ("test", test))}
    baseline = _baseline(train, test, options.seed)
    accuracies, seconds = [], []
    for seed in seeds:
        start = time.perf_counter()
        model = train_or_stop(
            case.recipe,
            train=files["train"],
            out=folder / f"seed-{seed}",
            settings=[f"training.threads={options.threads}"],
            seed=seed,
        )
        seconds.append(time.perf_counter() - start)
        accuracies.append(100 * model.evaluate(files["test"], leaks=False).scores[0].value)
        done = f"{accuracies[-1]:.2f} % in {seconds[-1]:.0f} s, baseline {baseline:.2f} %"
        options.progress(f"{case.name} seed {seed}: {done}")
    mean, spread = float(np.mean(accuracies)), float(np.std(accuracies, ddof=1))
    numbers = (mean, spread, baseline, mean - baseline, float(np.mean(seconds)))
    return (case.name, case.recipe, len(test), *(round(number, 2) for number in numbers))


def _rows(case: Case, options: BenchOptions) -> tuple[Rows, Rows]:
    """(text, label) of the training and the test rows."""
    read = _read(data_file(options, case.train))
    if case.test:
        return [row[:2] for row in read], [row[:2] for row in _read(data_file(options, case.test))]
    return (
        [row[:2] for row in read if row[2] != case.test_fold],
        [row[:2] for row in read if row[2] == case.test_fold],
    )


def _read(path: Path) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["text"], row["label"], row.get("fold", "")) for row in reader]


def _write(path: Path, rows: Rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8")
    return path


def _baseline(train: Rows, test: Rows, seed: int) -> float:
    """Accuracy in percent of TF-IDF + logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+")
    pipeline = make_pipeline(words, LogisticRegression(max_iter=2000, random_state=seed))
    search = GridSearchCV(pipeline, {"logisticregression__C": [1.0, 10.0, 100.0]}, cv=3)
    search.fit(*zip(*train, strict=True))
    return 100 * float(search.score(*zip(*test, strict=True)))
