"""Word errors of LibriSpeech 10-best lists, re-ranked by language models (2 minutes; --full: an LSTM too, hours).

The lists are one recogniser's, trained on 100 hours. The language models read three million words, none of them of
LibriSpeech: War and Peace and eleven other data sets. Weights are tuned on dev-clean and dev-other each for the test of
the same kind, which is measured once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.benches._contract import BenchOptions, BenchReport, data_file
from weft.benches._english import BOOK, OTHERS, SHORTEST, VALID, apart_from, sentences
from weft.benches._training import train_or_stop
from weft.data.overlap import find_overlap
from weft.data.problems import Problems
from weft.data.readers import Record
from weft.model import Model
from weft.rescoring import (
    Form,
    NBest,
    Outcome,
    Table,
    Tuning,
    Weights,
    outcome,
    rank,
    read_lists,
    tabulate,
    tune,
    word_error_table,
)
from weft.types import Score

PARTS = ("clean", "other")
SPOKEN = ("data.lowercase=true", "data.punctuation=remove")
UNIGRAM, NGRAM, NETWORK = "unigram", "kneser-ney", "word-lstm"
RECIPES = {UNIGRAM: "trigram", NGRAM: "kneser-ney", NETWORK: "word-lstm"}
SETTINGS = {
    UNIGRAM: ("model.order=1",),
    NGRAM: ("data.min_count=1",),
    NETWORK: (
        "data.context=line",
        "data.max_symbols=30000",
        "training.epochs=4",
        "training.batch_size=48",
        "training.lr=0.003",
        "embedding.dropout=0.1",
        "embedding.word_dropout=0",
        "encoder.dropout=0.1",
        "encoder.weight_dropout=0.1",
        "output.dropout=0.1",
    ),
}
"""Laid over the recipes: words seen once are words to a recogniser, and five times the text needs less dropout. The
unigram is there to be taken away: a recogniser knows by itself how frequent words are (its weight comes out negative).
"""

COLUMNS = (
    "lists",
    "re-ranked by",
    "WER %",
    "95 % interval",
    "difference",
    "95 %",
    "% of the gap closed",
    "95 %-interval",
)


@dataclass(frozen=True)
class _Lists:
    """The lists of a part to tune on and to measure."""

    part: str
    dev: list[NBest]
    test: list[NBest]

    @property
    def references(self) -> list[str]:
        """What was said in all of them."""
        return [one.reference or "" for one in (*self.dev, *self.test)]


def run(options: BenchOptions) -> BenchReport:
    """Train the models, tune on dev, measure on test."""
    parts = [_read(part, options) for part in PARTS]
    names = (UNIGRAM, NGRAM, NETWORK) if options.full else (UNIGRAM, NGRAM)
    rows: list[tuple[Any, ...]] = []
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as scratch:
        folder = options.out or Path(scratch)
        text, notes = _training_text(parts, folder, options)
        valid = _write(folder / "valid.txt", sentences(options, VALID))
        models = {name: _trained(name, text, valid, folder, options) for name in names}
        for lists in parts:
            tables = [tabulate(one, models, Form(), options.progress) for one in (lists.dev, lists.test)]
            combined = _combinations(names)
            found = {chosen: _measured(lists, tables, chosen, names, notes) for chosen in combined}
            rows += _rows(lists.part, found)
    return BenchReport("LibriSpeech 10-best lists, re-ranked", COLUMNS, rows, tuple(notes))


def _training_text(parts: Sequence[_Lists], folder: Path, options: BenchOptions) -> tuple[Path, list[str]]:
    """The text, less what was read aloud in the lists (a chapter of the book was), and what to say of it."""
    every = list(sentences(options, BOOK + OTHERS))
    kept = apart_from(every, (said for lists in parts for said in lists.references))
    words = sum(len(line.split()) for line in kept)
    notes = [
        f"{words:,} words of text, none of LibriSpeech; seed {options.seed}",
        f"sentences left out, since they are read aloud in the lists or stand between such: {len(every) - len(kept):,}",
    ]
    return _write(folder / "text.txt", kept), [*notes, *(_known(lists, kept) for lists in parts)]


def _combinations(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Each language model alone, each with the unigram taken away, all together."""
    models = [name for name in names if name != UNIGRAM]
    return [
        *((name,) for name in models),
        *((UNIGRAM, name) for name in models),
        *([tuple(names)] if models[1:] else []),
    ]


def _trained(name: str, text: Path, valid: Path, folder: Path, options: BenchOptions) -> Model:
    options.progress(f"training {name}")
    settings = [*SPOKEN, *SETTINGS[name], f"training.threads={options.threads}"]
    return train_or_stop(
        RECIPES[name], train=text, valid=valid, out=folder / name, settings=settings, seed=options.seed, resume=True
    )


def _read(part: str, options: BenchOptions) -> _Lists:
    dev, test = (
        read_lists(data_file(options, f"asr_nbest_librispeech/{kind}-{part}.jsonl.gz"), Problems(), references=True)
        for kind in ("dev", "test")
    )
    return _Lists(part, dev, test)


def _measured(
    lists: _Lists, tables: Sequence[Table], chosen: Sequence[str], names: Sequence[str], notes: list[str]
) -> Outcome:
    """Tune on dev, measure on test, and note the weights."""
    dev, test = (table.by_runs([names.index(name) for name in chosen]) for table in tables)
    vector, errors = tune(dev, word_error_table(lists.dev, dev))
    weights = Weights.of(chosen, vector, Form(), Tuning(f"dev-{lists.part}", len(lists.dev), errors))
    told = ", ".join(f"{one.name} {one.logp:.3f} (unknown {one.unknown:.2f})" for one in weights.runs)
    on_dev = outcome(rank(lists.dev, dev, weights), dev)
    wrong, _ = _rate(on_dev.after)
    closed, _ = _percent(on_dev.closed, 1)
    notes.append(f"dev-{lists.part}: {told}, word {weights.words:.2f}: {wrong} %, {closed} % of the gap closed")
    return outcome(rank(lists.test, test, weights), test)


def _rows(part: str, found: Mapping[tuple[str, ...], Outcome]) -> list[tuple[Any, ...]]:
    first = next(iter(found.values()))
    nothing = ("", "", "", "")
    rows = [
        (
            f"test-{part}",
            " + ".join(names),
            *_rate(result.after),
            *_percent(result.change, 2),
            *_percent(result.closed, 1),
        )
        for names, result in found.items()
    ]
    alone = (f"test-{part}", "the recogniser alone", *_rate(first.before), *nothing)
    return [alone, *rows, (f"test-{part}", "the oracle", *_rate(first.oracle), *nothing)]


def _rate(score: Score | None) -> tuple[float, str]:
    assert score is not None
    return _percent((score.value, score.low, score.high), 2)


def _percent(values: tuple[float, float, float] | None, digits: int) -> tuple[float, str]:
    assert values is not None
    value, low, high = (round(100 * value, digits) for value in values)
    return value, f"{low} to {high}"


def _known(lists: _Lists, text: Sequence[str]) -> str:
    """How many of the test's references the language models have read."""
    records = [Record(Path(lists.part), one.line, {"text": one.reference}) for one in lists.test]
    found = find_overlap(records, text, shortest=SHORTEST)
    return f"test-{lists.part}: {found.found:,} of {found.texts:,} references stand in the text"


def _write(path: Path, lines: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)
    return path
