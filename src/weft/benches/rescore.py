"""Word errors of LibriSpeech 10-best lists, re-ranked by language models (3 minutes; --full: an LSTM too, 90 minutes).

The lists are one recogniser's, trained on 100 hours. The language models read three million words of War and Peace and
eleven other data sets, less what is read aloud in the lists. Weights are tuned on dev-clean and dev-other together; the
tests are measured once with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from weft.benches._contract import BenchOptions, BenchReport, data_file, working_folder
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
UNIGRAM, NGRAM, CHARACTERS, NETWORK = "unigram", "kneser-ney", "char-ngram", "word-lstm"
RECIPES = {UNIGRAM: "trigram"}
"""Whose recipe has another name than itself."""

SETTINGS = {
    UNIGRAM: ("model.order=1",),
    NGRAM: ("data.min_count=1",),
    CHARACTERS: ("model.order=8",),
    NETWORK: (
        "data.context=line",
        "data.max_symbols=20000",
        "training.epochs=2",
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

COMBINATIONS = ((NGRAM,), (UNIGRAM, NGRAM), (UNIGRAM, NGRAM, CHARACTERS))
FULL_COMBINATIONS = (
    *COMBINATIONS,
    (NETWORK,),
    (UNIGRAM, NETWORK),
    (NGRAM, NETWORK),
    (UNIGRAM, NGRAM, CHARACTERS, NETWORK),
)

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


Tests = dict[str, list[NBest]]


def run(options: BenchOptions) -> BenchReport:
    """Train the models, tune on dev, measure on test."""
    dev = [one for part in PARTS for one in _read(f"dev-{part}", options)]
    tests = {f"test-{part}": _read(f"test-{part}", options) for part in PARTS}
    combinations = FULL_COMBINATIONS if options.full else COMBINATIONS
    names = list(dict.fromkeys(name for names in combinations for name in names))
    with working_folder(options) as folder:
        text, notes = _training_text(dev, tests, folder, options)
        valid = _write(folder / "valid.txt", sentences(options, VALID))
        models = {name: _trained(name, text, valid, folder, options) for name in names}
        table = tabulate(dev, models, Form(), options.progress)
        tables = {test: tabulate(lists, models, Form(), options.progress) for test, lists in tests.items()}
    found: dict[str, dict[tuple[str, ...], Outcome]] = {test: {} for test in tests}
    for chosen in combinations:
        places = [names.index(name) for name in chosen]
        weights = _tuned(dev, table.by_runs(places), chosen, notes)
        for test, lists in tests.items():
            own = tables[test].by_runs(places)
            found[test][chosen] = outcome(rank(lists, own, weights), own)
    rows = [row for test, results in found.items() for row in _rows(test, results)]
    return BenchReport("LibriSpeech 10-best lists, re-ranked", COLUMNS, rows, tuple(notes))


def _read(name: str, options: BenchOptions) -> list[NBest]:
    return read_lists(data_file(options, f"asr_nbest_librispeech/{name}.jsonl.gz"), Problems(), references=True)


def _training_text(dev: list[NBest], tests: Tests, folder: Path, options: BenchOptions) -> tuple[Path, list[str]]:
    """The text, less what was read aloud in the lists (a chapter of the book was), and what to say of it."""
    every = list(sentences(options, BOOK + OTHERS))
    kept = apart_from(every, (one.reference or "" for lists in (dev, *tests.values()) for one in lists))
    words = sum(len(line.split()) for line in kept)
    notes = [
        f"{words:,} words of text, none of LibriSpeech; seed {options.seed}",
        f"sentences left out, since they are read aloud in the lists or stand between such: {len(every) - len(kept):,}",
    ]
    return _write(folder / "text.txt", kept), [*notes, *(_known(*test, kept) for test in tests.items())]


def _trained(name: str, text: Path, valid: Path, folder: Path, options: BenchOptions) -> Model:
    options.progress(f"training {name}")
    settings = [*SPOKEN, *SETTINGS[name], f"training.threads={options.threads}"]
    return train_or_stop(
        RECIPES.get(name, name),
        train=text,
        valid=valid,
        out=folder / name,
        settings=settings,
        seed=options.seed,
        resume=True,
    )


def _tuned(dev: list[NBest], table: Table, chosen: Sequence[str], notes: list[str]) -> Weights:
    """Tune on dev, and note the weights with what they do there."""
    vector, errors = tune(table, word_error_table(dev, table))
    weights = Weights.of(dict.fromkeys(chosen, ""), vector, Form(), Tuning("dev", len(dev), errors))
    told = ", ".join(f"{one.name} {one.logp:.3f} (unknown {one.unknown:.2f})" for one in weights.runs)
    on_dev = outcome(rank(dev, table, weights), table)
    wrong, _ = _rate(on_dev.after)
    closed, _ = _percent(on_dev.closed, 1)
    notes.append(f"dev: {told}, word {weights.words:.2f}: {wrong} %, {closed} % of the gap closed")
    return weights


def _rows(test: str, found: Mapping[tuple[str, ...], Outcome]) -> list[tuple[Any, ...]]:
    first = next(iter(found.values()))
    nothing = ("", "", "", "")
    rows = [
        (
            test,
            " + ".join(names),
            *_rate(result.after),
            *_percent(result.change, 2),
            *_percent(result.closed, 1),
        )
        for names, result in found.items()
    ]
    alone = (test, "the recogniser alone", *_rate(first.before), *nothing)
    return [alone, *rows, (test, "the oracle", *_rate(first.oracle), *nothing)]


def _rate(score: Score | None) -> tuple[float, str]:
    assert score is not None
    return _percent((score.value, score.low, score.high), 2)


def _percent(values: tuple[float, float, float] | None, digits: int) -> tuple[float, str]:
    assert values is not None
    value, low, high = (round(100 * value, digits) for value in values)
    return value, f"{low} to {high}"


def _known(test: str, lists: Sequence[NBest], text: Sequence[str]) -> str:
    """How many of the test's references the language models have read."""
    records = [Record(Path(test), one.line, {"text": one.reference}) for one in lists]
    found = find_overlap(records, text, shortest=SHORTEST)
    return f"{test}: {found.found:,} of {found.texts:,} references stand in the text"


def _write(path: Path, lines: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)
    return path
