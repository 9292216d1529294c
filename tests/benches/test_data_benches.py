"""The benchmarks of the data room, on small data."""

import time

import numpy as np
import pytest

from weft.benches import _memory, corpus, pipeline
from weft.benches._contract import BenchOptions, data_file
from weft.benches._memory import PrivateMemory
from weft.benches._synthetic import CharacterNgrams
from weft.errors import BackendError, DataError

TEXT = "the cat sat on the mat\nthe dog, é, sat on the cat\n" * 20


@pytest.fixture
def options(tmp_path):
    (tmp_path / "data" / "tiny_shakespeare").mkdir(parents=True)
    (tmp_path / "data" / "tiny_shakespeare" / "input.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "data" / "sst2").mkdir()
    rows = "".join(f"{row % 2}\t{'good ' * (1 + row % 5)}film{row}\n" for row in range(100))
    (tmp_path / "data" / "sst2" / "train.tsv").write_text("label\ttext\n" + rows, encoding="utf-8")
    return BenchOptions(tmp_path / "data", full=False, seed=1, out=tmp_path / "out", progress=lambda line: None)


def test_a_synthetic_text_holds_only_what_its_model_has_seen(monkeypatch):
    monkeypatch.setattr("weft.benches._synthetic.LANES", 3)
    monkeypatch.setattr("weft.benches._synthetic.STEPS", 40)
    model = CharacterNgrams(TEXT, order=3)
    text = "".join(model.draw(240, seed=1))
    assert len(text) == 240
    ring = TEXT + TEXT[:3]
    passages = [text[start : start + 40] for start in range(0, 240, 40)]
    assert all(passage[start : start + 4] in ring for passage in passages for start in range(37))
    assert text == "".join(model.draw(240, seed=1))
    assert text != "".join(model.draw(240, seed=2))


def test_the_corpus_benchmark_reads_all_in_a_fresh_process(options, monkeypatch):
    monkeypatch.setattr(corpus, "SIZES", (200_000,))
    said = []
    report = corpus.run(BenchOptions(**{**vars(options), "progress": said.append}))
    (row,) = report.rows
    assert len(row) == len(report.columns)
    assert row[0] == 0.2
    assert all(value > 0 for value in row)
    assert row[-1] < 1000
    assert "synthetic" in report.notes[0]
    assert said == ["drawing 0 million characters", "numbering and reading 0 million characters"]
    assert list(options.out.iterdir()) == []


def test_the_corpus_is_read_whole(options, tmp_path):
    text = options.data / "tiny_shakespeare" / "input.txt"
    seen = corpus.measure(text, tmp_path / "tokens")
    assert seen.symbols == len(TEXT)
    assert 0 < seen.before <= seen.peak


def test_the_pipeline_benchmark_counts_tokens(options, monkeypatch):
    monkeypatch.setattr(pipeline, "UPDATES", 2)
    report = pipeline.run(options)
    assert [row[1] for row in report.rows] == [400, len(TEXT), 20 * (7 + 10)]
    assert all(len(row) == len(report.columns) for row in report.rows)


def test_private_memory_sees_a_peak_that_passes():
    with PrivateMemory() as memory:
        held = np.ones(100_000_000, np.uint8)
        deadline = time.monotonic() + 30  # a busy machine may keep the watcher waiting
        while memory.peak < memory.start + 80_000_000 and time.monotonic() < deadline:
            time.sleep(0.01)
        del held
    assert memory.peak >= memory.start + 80_000_000


def test_a_system_that_does_not_tell_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(_memory, "OWN", tmp_path / "none")
    with pytest.raises(BackendError, match="does not tell the private memory") as error:
        _memory.private_bytes()
    assert "Linux" in error.value.hint


def test_data_must_be_given_and_hold_the_file(options, tmp_path):
    with pytest.raises(DataError, match=r"reads sst2/train\.tsv and no data folder was given") as error:
        data_file(BenchOptions(None, False, 1, None, options.progress), "sst2/train.tsv")
    assert "--data DIR" in error.value.hint
    assert "WEFT_DATA" in error.value.hint
    with pytest.raises(DataError, match=r"does not hold sst2/test\.tsv"):
        data_file(options, "sst2/test.tsv")
