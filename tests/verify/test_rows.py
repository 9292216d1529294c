"""Which texts are run: a file's, or the run's own, evenly spread."""

import json
import shutil

import numpy as np
import pytest

import weft
from weft.errors import DataError, RunError
from weft.verify import file_rows, own_rows, text_rows

from made import reviews, verse
from opinions import BAD, GOOD, write_labelled


@pytest.fixture
def copy(trained, tmp_path):
    """A run trained on files of its own, in a folder of its own."""

    def make(task, **files):
        settings = ["training.max_steps=1", "embedding.size=4", "encoder.hidden=4", "training.threads=1"]
        return weft.train({"task": task}, out=tmp_path / "run", settings=settings, **files)

    return make


def test_texts_are_spread_evenly_over_any_source(trained):
    model = trained("language-model")
    texts = [f"{'a' * (1 + number % 7)} {number}" for number in range(1000)]
    for limit in (1, 7, 100, 999, 1000, 2000):
        rows = text_rows(model, (text for text in texts), limit=limit)
        assert len(rows.texts) == min(limit, 1000)
        assert rows.available == 1000
    assert all(np.array_equal(row, model.encode(text)) for row, text in zip(rows.texts, texts, strict=True))
    rows = text_rows(model, texts, limit=10)
    assert [model.encode(texts[place - 1]).tolist() for place in rows.places] == [row.tolist() for row in rows.texts]
    steps = np.diff([0, *rows.places])
    assert (rows.places[0], steps[1:].min() > 80) == (1, True)


def test_long_texts_are_cut_and_empty_ones_left_out(trained):
    model = trained("language-model")
    rows = text_rows(model, ["a" * 500, "", "  ", "so it goes", None, ["no", "text"]])
    assert [len(row) for row in rows.texts] == [200, 11]
    assert (rows.cut, rows.left_out) == (1, 4)
    assert [len(row) for row in text_rows(trained("classify"), ["fine " * 500]).texts] == [400]


def test_a_file_needs_no_labels(trained, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("so it goes\n\na dog ran\n", encoding="utf-8")
    rows = file_rows(trained("classify"), str(path))
    assert (len(rows.texts), rows.left_out, rows.source) == (2, 1, "texts.txt")
    assert [name for name, digest in rows.sources if len(digest) == 64] == ["texts.txt"]
    path = tmp_path / "texts.jsonl"
    path.write_text('{"review": "fine"}\n{"review": ["fine"]}\nnot json\n', encoding="utf-8")
    rows = file_rows(trained("classify"), str(path), column="review")
    assert (len(rows.texts), rows.left_out) == (1, 2)
    assert any("not a JSON object" in note for note in rows.notes)
    with pytest.raises(DataError, match="no column 'txt'") as caught:
        file_rows(trained("classify"), str(reviews(tmp_path / "r.csv")), column="txt")
    assert "--column" in caught.value.hint


def test_a_source_without_texts_is_told(trained, tmp_path):
    path = tmp_path / "none.txt"
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(DataError, match=r"none.txt holds no text to verify the run on: 0 usable, 2 without a symbol"):
        file_rows(trained("classify"), str(path))
    path.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"none\.txt"):
        file_rows(trained("classify"), str(path))


def test_a_runs_own_validation_file_is_found_again(copy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train, valid = reviews(tmp_path / "t.csv"), write_labelled(tmp_path / "v.csv", copies=1)
    model = copy("classify", train=train.name, valid=valid.name)
    monkeypatch.chdir("/")
    rows = own_rows(weft.load(tmp_path / "run"))
    assert rows.source == "v.csv"
    assert [row.tolist() for row in rows.texts] == [model.encode(text).tolist() for text in GOOD + BAD]


@pytest.mark.parametrize("task", ["classify", "language-model"])
def test_a_held_out_share_is_found_again(copy, tmp_path, task):
    train = reviews(tmp_path / "t.csv", rows=200) if task == "classify" else verse(tmp_path / "t.txt")
    model = copy(task, train=train)
    rows = own_rows(model)
    assert rows.source == f"the held-out share of {train.name}"
    work = tmp_path / "work"
    work.mkdir()
    data = model.task.prepare(weft.types.Files((train,)), model.config, work, model.vocabulary)
    held_out = sum(batch.tokens for batch in data.valid.epoch(0))
    assert rows.symbols == held_out


def test_a_run_says_why_its_texts_cannot_be_found(copy, tmp_path):
    valid = write_labelled(tmp_path / "v.csv")
    model = copy("classify", train=reviews(tmp_path / "t.csv"), valid=valid)
    content = valid.read_text()
    valid.write_text(content + "more,good\n")
    with pytest.raises(RunError, match=r"v\.csv: the file has changed since the run was trained on it") as caught:
        own_rows(model)
    assert caught.value.hint == "give a file of texts: weft verify RUN FILE"
    valid.unlink()
    with pytest.raises(RunError, match=r"v\.csv: the run's validation texts are not there any more"):
        own_rows(model)
    metrics = tmp_path / "run" / "metrics.json"
    values = json.loads(metrics.read_text())
    for broken in ({**values, "files": None}, {**values, "files": {"train": 3}}, {**values, "sources": None}):
        metrics.write_text(json.dumps(broken))
        with pytest.raises(RunError, match=r"does not say where the run's validation texts are"):
            own_rows(model)
    del values["files"]
    metrics.write_text(json.dumps(values))
    with pytest.raises(RunError, match=r"an older Weft kept no paths"):
        own_rows(model)
    assert weft.training.Outcome.read(tmp_path / "run").files == {}
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RunError, match="no run at"):
        own_rows(model)


def test_a_run_and_its_texts_may_move_together(copy, tmp_path):
    copy("classify", train=reviews(tmp_path / "t.csv"), valid=write_labelled(tmp_path / "v.csv"))
    written = (tmp_path / "run" / "metrics.json").read_text() + (tmp_path / "run" / "README.md").read_text()
    assert str(tmp_path) not in written
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("run", "v.csv"):
        shutil.move(tmp_path / name, moved / name)
    assert own_rows(weft.load(moved / "run")).source == "v.csv"
