"""The benchmark of rescoring on a few lists, and the text it trains on."""

import gzip
import random

import pytest

from weft.benches import rescore
from weft.benches._contract import BenchOptions
from weft.benches._english import OTHERS, VALID, Source, apart_from, sentences
from weft.data.samples import misheard

BOOK_TEXT = "“Don’t go,” said Natásha. He\nwent to the sea.\n\nShe did n't know; it was late."


@pytest.fixture
def options(tmp_path):
    """A data folder with a little of everything the benchmark reads."""
    data = tmp_path / "data"
    train, valid, test = misheard.make(tmp_path / "sample")
    for name, content in (("train.txt.gz", train.read_text()), ("valid.txt", BOOK_TEXT)):
        put(data / "war_and_peace" / name, content)
    for kind, path in (("dev", valid), ("test", test)):
        for part in rescore.PARTS:
            put(data / "asr_nbest_librispeech" / f"{kind}-{part}.jsonl.gz", path.read_text())
    return BenchOptions(data, full=False, seed=1, out=tmp_path / "out", progress=lambda line: None, threads=1)


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = content.encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def test_sentences_are_whole_words_without_accents(options):
    expected = ["“Don’t go,” said Natasha.", "He went to the sea.", "She didn't know; it was late."]
    assert list(sentences(options, VALID)) == expected


def test_tables_headings_and_treebanks_are_read(options):
    put(options.data / "t.tsv", 'id\ttext\n1\tIt " is\n2\tso .\n')
    put(options.data / "l.txt", " = Heading = \n\na line\n")
    put(options.data / "u.conllu.gz", "# text = One. Two.\n1\tOne\n")
    readers = {source.name: source.read for source in OTHERS}
    sources = (
        Source("t.tsv", readers["sst1/train.tsv"]),
        Source("l.txt", readers["wikitext2/valid.txt"]),
        Source("u.conllu.gz", readers["ud_english_ewt/train.conllu.gz"]),
    )
    assert list(sentences(options, sources)) == ['It " is', "so .", "a line", "One.", "Two."]


def test_what_is_read_aloud_is_left_out_with_what_stands_between():
    draw = random.Random(1)
    lines = [" ".join(f"w{draw.randrange(999)}" for _ in range(12)) for _ in range(60)]
    read = [lines[20].upper(), lines[25] + " and so on", lines[50]]
    assert apart_from(lines, read) == [*lines[:20], *lines[26:50], *lines[51:]]
    assert apart_from(lines, []) == lines


def test_weights_of_dev_are_measured_on_test(options, monkeypatch):
    monkeypatch.setattr(rescore, "OTHERS", ())
    report = rescore.run(options)
    assert [row[:2] for row in report.rows] == [
        (f"test-{part}", name)
        for part in ("clean", "other")
        for name in ("the recogniser alone", *map(" + ".join, rescore.COMBINATIONS), "the oracle")
    ]
    before, after, oracle = (row[2] for row in (report.rows[0], report.rows[1], report.rows[4]))
    assert before > after >= oracle
    assert report.rows[1][4] == pytest.approx(after - before, abs=0.02)
    assert all(len(row) == len(report.columns) for row in report.rows)
    assert any(note.startswith("dev: kneser-ney") for note in report.notes)
    assert any(note.startswith("sentences left out") and note.endswith(": 1") for note in report.notes)
    assert any(note.startswith("test-clean: 1 of 30 references stand in the text") for note in report.notes)
