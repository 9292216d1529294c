"""Word perplexity of an LSTM beside Kneser-Ney n-grams of the same vocabulary (an hour on a core; --full: 3 seeds).

Two texts: sentences of Wikipedia, each on its own (wiki_split, the unsplit side: its training and validation part; the
last 2 % choose the best epoch), and War and Peace, paragraph by paragraph. Every model of a text reads the same lines
with the same vocabulary, words seen twice or more; the test part is measured once. With ``--out`` it goes on where it
was stopped.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft import bundle
from weft.benches._contract import BenchOptions, BenchReport, working_folder
from weft.benches._english import BOOK, TEST, VALID, WIKI_TEST, WIKI_TRAIN, Source, paragraphs
from weft.benches._training import train_or_stop

SEEDS = 3
ORDERS = (3, 5)
NETWORK = "word-lstm"
PERPLEXITY = "perplexity"
VOCABULARY = ("data.min_count=2", "data.tokenizer=word")


@dataclass(frozen=True)
class Text:
    """A text to learn from.

    Attributes:
        name: of its folder.
        train, valid, test: what it is made of; without ``valid`` a share of the training part is held out.
        settings: of every model of it.
        network: of networks.
    """

    name: str
    train: tuple[Source, ...]
    valid: tuple[Source, ...]
    test: tuple[Source, ...]
    settings: tuple[str, ...] = ()
    network: tuple[str, ...] = ()


TEXTS = (
    Text("wiki_split", WIKI_TRAIN, (), WIKI_TEST, ("data.valid_fraction=0.02",), ("data.context=line",)),
    Text("war_and_peace", BOOK, VALID, TEST),
)


def run(options: BenchOptions) -> BenchReport:
    """Train and measure all models of all texts."""
    with working_folder(options) as folder:
        rows = [row for text in TEXTS for row in _measure(text, folder / text.name, options)]
    return BenchReport(
        title="Perplexity of the test part, a word",
        columns=("text", "model", "perplexity", "spread", "below the 5-gram", "unknown", "minutes of training"),
        rows=rows,
        notes=(
            f"seeds from {options.seed}, {options.threads or 'all'} threads; spread: standard deviation over seeds",
            "words, marks and ends of line are symbols; the unknown word is one symbol and is counted",
        ),
    )


def _measure(text: Text, folder: Path, options: BenchOptions) -> Iterator[tuple[Any, ...]]:
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"train": text.train, "valid": text.valid, "test": text.test}
    paths = {name: _written(folder / f"{name}.txt", part, options) for name, part in parts.items() if part}
    best = 0.0
    for order in ORDERS:
        name, recipe = f"{order}-gram", "kneser-ney"
        found = _perplexity(recipe, folder / name, paths, options, options.seed, *text.settings, f"model.order={order}")
        best = found[0]
        yield (text.name, name, round(best, 2), "", "", found[1], round(found[2], 1))
    seeds = range(options.seed, options.seed + (SEEDS if options.full else 1))
    settings = (*text.settings, *text.network)
    found_all = [_perplexity(NETWORK, folder / f"{NETWORK}-{seed}", paths, options, seed, *settings) for seed in seeds]
    values = [value for value, _, _ in found_all]
    mean, spread = statistics.mean(values), round(statistics.stdev(values), 2) if len(values) > 1 else ""
    share, minutes = 1 - mean / best, statistics.mean(took for _, _, took in found_all)
    yield (text.name, NETWORK, round(mean, 2), spread, f"{share:.1%}", found_all[0][1], round(minutes, 1))


def _perplexity(
    recipe: str, out: Path, paths: dict[str, Path], options: BenchOptions, seed: int, *settings: str
) -> tuple[float, int, float]:
    """Of the test part; how many of its symbols are unknown; minutes of training."""
    model = train_or_stop(
        recipe,
        train=paths["train"],
        valid=paths.get("valid"),
        out=out,
        settings=[f"training.threads={options.threads}", *VOCABULARY, *settings],
        seed=seed,
        resume=True,
    )
    scores = {score.name: score for score in model.evaluate(paths["test"], leaks=False).scores}
    score, minutes = scores[PERPLEXITY], bundle.read_metrics(out)["seconds"] / 60
    options.progress(f"{out.parent.name}, {out.name}: perplexity {score.value:.2f} in {minutes:.1f} minutes")
    signed = dict(part.split(":", 1) for part in score.signature.split("|"))
    return score.value, int(signed.get("unknown", 0)), minutes


def _written(path: Path, sources: tuple[Source, ...], options: BenchOptions) -> Path:
    """A line a paragraph."""
    lines = [line for source in sources for line in paragraphs(options, source)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
