"""Alignment error rate on gold links, English to Spanish: attention beside IBM Model 1 (10 minutes on a core).

Texts of XL-WA (Martelli et al. 2023), cut into words. Attention is trained on the 1,002 training pairs, whose links are
not read; ``--full``: Dutch and Slovenian too. Both align the 200 to 250 pairs of the test part, IBM Model 1 after five
rounds over training and test texts together. A thousand pairs are few for a network: what it costs to learn to align
and to translate at once.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weft import bundle
from weft.alignment import train_model1
from weft.benches._contract import BenchOptions, BenchReport, data_file, working_folder
from weft.benches._training import train_or_stop
from weft.catalog import METRICS
from weft.data.alignments import against, parse_links

LANGUAGES = ("es",)
ALL_LANGUAGES = ("es", "nl", "sl")
SETTINGS = (
    *(
        "data.tokenizer=whitespace",
        "data.shared=false",
        "data.lowercase=true",
        "data.max_symbols=0",
        "data.min_count=2",
    ),
    *("embedding.size=128", "encoder.hidden=128", "decoder.hidden=128", "decoder.attention_width=128"),
    *("output.tied=false", "training.epochs=40", "training.batch_size=16", "decoding.beam=1", "data.max_length=120"),
)
ROUNDS = 5


def run(options: BenchOptions) -> BenchReport:
    """Train and measure."""
    with working_folder(options) as folder:
        languages = ALL_LANGUAGES if options.full else LANGUAGES
        rows = [_measure(language, folder, options) for language in languages]
    return BenchReport(
        title="Alignment error rate on gold links, XL-WA test, from English",
        columns=("to", "pairs", "attention", "95 %", "IBM Model 1", "95 % ", "minutes of training"),
        rows=rows,
        notes=(f"seed {options.seed}",),
    )


def _measure(language: str, folder: Path, options: BenchOptions) -> tuple[Any, ...]:
    parts = {
        part: _rows(data_file(options, f"word_alignment_xlwa/en-{language}_{part}.tsv"))
        for part in ("train", "dev", "test")
    }
    files = {part: _texts(rows, folder / f"en-{language}-{part}.csv") for part, rows in parts.items()}
    out = folder / f"en-{language}"
    model = train_or_stop(
        "bahdanau2015",
        train=files["train"],
        valid=files["dev"],
        out=out,
        settings=[*SETTINGS, f"training.threads={options.threads}"],
        seed=options.seed,
        resume=True,
    )
    test = parts["test"]
    gold = [parse_links(row["alignment"]) for row in test]
    looked = model.align([row["source"] for row in test], [row["target"] for row in test])
    table = train_model1([_pair(row) for row in (*parts["train"], *test)], iterations=ROUNDS)
    found = {
        "attention": [frozenset() if seen is None else seen.links for _, seen in looked],
        "IBM Model 1": [table.links(*_pair(row)) for row in test],
    }
    metric = METRICS.load("alignment-error-rate")
    scores = [metric.score(against(gold, links)) for links in found.values()]
    told = [part for score in scores for part in (round(score.value, 3), f"{score.low:.3f}-{score.high:.3f}")]
    return (language, len(test), *told, round(bundle.read_metrics(out)["seconds"] / 60, 1))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def _pair(row: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(row["source"].lower().split()), tuple(row["target"].lower().split())


def _texts(rows: Sequence[dict[str, str]], path: Path) -> Path:
    """The pairs without their links, as a file to train on."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("source", "target"))
        writer.writerows((row["source"], row["target"]) for row in rows)
    return path
