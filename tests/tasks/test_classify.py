"""The classifier: splits, labels, several labels, weights, cutting, what its files may hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import weft
from weft.config import resolve
from weft.errors import ConfigError, DataError, RunError
from weft.tasks.classify.task import task
from weft.types import Files

from made import reviews

TINY = {"task": "classify", **task.tiny()}


def prepare(folder: Path, *, settings: tuple[str, ...] = (), train: Path, valid: Path | None = None):
    return task.prepare(Files((train,), (valid,) if valid else ()), resolve(TINY, settings), folder)


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_held_out_rows_and_training_rows_are_all_rows(tmp_path: Path) -> None:
    data = prepare(tmp_path, train=reviews(tmp_path / "r.csv", rows=200))
    sizes = [sum(len(batch.ids) for batch in feed.epoch(0)) for feed in (data.train, data.valid)]
    assert sum(sizes) == 200
    assert 5 <= sizes[1] <= 40


def test_too_few_texts_to_hold_some_out_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "text,label", "good film,a", "bad film,b")
    with pytest.raises(DataError, match=r"r.csv: 2 text\(s\) are too few to hold some out for validation") as caught:
        prepare(tmp_path, train=path, settings=("data.valid_fraction=0.0001",))
    assert "--valid" in caught.value.hint


def test_equal_texts_stand_on_one_side(tmp_path: Path) -> None:
    rows = [f"text number {n % 40},{'ab'[n % 2]}" for n in range(400)]
    data = prepare(tmp_path, train=write(tmp_path / "r.csv", "text,label", *rows))
    sides = [
        {tuple(row[:n].tolist()) for batch in feed.epoch(0) for row, n in zip(batch.ids, batch.lengths, strict=True)}
        for feed in (data.train, data.valid)
    ]
    assert sides[0]
    assert sides[1]
    # Numbers of held-out texts may be unknown words; a text of only known words must not stand on both sides.
    assert not {text for text in sides[0] & sides[1] if 0 not in text}


def test_vocabulary_is_frozen_from_the_training_part(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "text,label", "red,a", "green,b")
    valid = write(tmp_path / "v.csv", "text,label", "blue,a")
    data = prepare(tmp_path, train=train, valid=valid)
    assert set(data.vocabulary.text.symbols) == {"<unk>", "red", "green"}
    assert data.valid.epoch(0)[0].ids.tolist() == [[data.vocabulary.text.unknown_id]]


def test_one_class_only_is_refused(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "text,label", "red,a", "green,a")
    with pytest.raises(
        DataError, match=r"t\.csv: every training text has the label 'a'; a classifier needs at least two"
    ):
        prepare(tmp_path, train=train, valid=train)


def test_label_unseen_in_training_is_counted_and_always_wrong(tmp_path: Path) -> None:
    train = reviews(tmp_path / "t.csv")
    odd = write(tmp_path / "v.csv", "text,label", "the film fine,good", "the film fine,superb")
    data = prepare(tmp_path, train=train, valid=odd)
    assert any("1 row with a label that training did not have, 'superb' (line 3)" in note for note in data.notes)
    module = task.build(resolve(TINY), data.vocabulary, {}).eval()
    evidence = task.evidence(module, data.valid, data.vocabulary)
    assert evidence.gold.tolist() == [1, -1]


def test_empty_texts_and_labels_are_counted_with_their_lines(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "text,label", "red,a", ",a", "green,", "blue,b")
    data = prepare(tmp_path, train=train, valid=write(tmp_path / "v.csv", "text,label", "red,a"))
    notes = " | ".join(data.notes)
    assert "1 text skipped, empty (line 3)" in notes
    assert "1 row skipped, empty label (line 4)" in notes


def test_texts_are_cut_in_training_and_prediction_alike(tmp_path: Path) -> None:
    train = reviews(tmp_path / "t.csv")
    model = weft.train(TINY, train=train, out=tmp_path / "run", settings=["data.max_length=2"])
    long, short = model.predict(["the film is dull", "the film"])
    assert long.pop("cut_at") == 2
    assert long == short
    assert any("60 texts cut" in note or "cut at the longest" in note for note in model.evaluate(train).notes)


def test_several_labels_a_text(tmp_path: Path) -> None:
    rows = [("fast red,speed|color", "slow red,color", "fast,speed", "plain,")[n % 4] for n in range(80)]
    train = write(tmp_path / "t.csv", "text,label", *rows)
    settings = ["head.multi_label=true", "training.epochs=60", "training.max_steps=0", "training.lr=0.05"]
    model = weft.train(TINY, train=train, valid=train, out=tmp_path / "run", settings=settings)
    answers = [set(row["labels"]) for row in model.predict(["fast red", "slow red", "fast", "plain"])]
    assert answers == [{"speed", "color"}, {"color"}, {"speed"}, set()]
    assert model.evaluate(train).scores[0].value == 1.0


def test_balanced_weights_count_inversely_to_frequency(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "text,label", *["red,a"] * 30, *["green,b"] * 10)
    data = prepare(tmp_path, train=train, valid=train)
    module = task.build(resolve(TINY, ["head.class_weights=balanced"]), data.vocabulary, {})
    assert module.class_weights.tolist() == pytest.approx([40 / 60, 2.0])
    counts = torch.tensor(data.vocabulary.labels.counts, dtype=torch.float32)
    assert float((module.class_weights * counts).sum()) == pytest.approx(40.0)


def test_calibration_changes_no_decision_and_is_saved(tmp_path: Path) -> None:
    train = reviews(tmp_path / "t.csv", rows=900)
    settings = ["training.epochs=1", "training.max_steps=0", "training.lr=0.05"]
    model = weft.train(TINY, train=train, out=tmp_path / "run", settings=settings)
    temperature = float(model.module.temperature)
    assert temperature != 1.0
    texts = ["the film dull", "the film warm", "fine film"]
    calibrated = model.predict(texts)
    model.module.temperature.fill_(1.0)
    assert [row["label"] for row in model.predict(texts)] == [row["label"] for row in calibrated]
    assert float(weft.load(tmp_path / "run").module.temperature) == temperature


def test_too_few_validation_texts_calibrate_nothing(tmp_path: Path) -> None:
    train = reviews(tmp_path / "t.csv", rows=60)
    model = weft.train(TINY, train=train, out=tmp_path / "run")
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())["finish"]
    assert written["calibration"].endswith("validation texts, 50 are needed")
    assert float(model.module.temperature) == 1.0


def test_probabilities_sum_to_one_and_alternatives_are_ranked(tmp_path: Path) -> None:
    model = weft.train(TINY, train=reviews(tmp_path / "t.csv"), out=tmp_path / "run")
    (row,) = model.predict(["the film"], alternatives=2)
    ranked = [each["probability"] for each in row["alternatives"]]
    assert sum(ranked) == pytest.approx(1.0)
    assert ranked == sorted(ranked, reverse=True)
    assert row["label"] == row["alternatives"][0]["label"]


def test_a_classifier_says_what_it_cannot_do(tmp_path: Path) -> None:
    model = weft.train(TINY, train=reviews(tmp_path / "t.csv"), out=tmp_path / "run")
    with pytest.raises(ConfigError, match="a model of task 'classify' does not generate; use predict"):
        model.generate("x")
    with pytest.raises(ConfigError, match="a model of task 'classify' does not score; use predict"):
        model.score(["x"])
    with pytest.raises(ConfigError, match=r"expected a list of texts, got a single str 'abc'"):
        model.predict("abc")
    with pytest.raises(ConfigError, match=r"text 2 of 2 is no str but list: \['cut', 'already'\]"):
        model.predict(["fine", ["cut", "already"]])
    with pytest.raises(DataError, match=r"text 2 holds no symbol: '  '"):
        model.predict(["fine", "  "])


def test_a_language_models_vocabulary_is_no_classifiers() -> None:
    with pytest.raises(RunError, match=r"needs 'text' and 'labels', got \['text'\]"):
        task.vocabulary_from_json({"text": {}})
    with pytest.raises(RunError, match=r"has no text vocabulary, only \['source'\]"):
        task.adopt({"source": {}})


@pytest.mark.parametrize("pooling", ["last", "max", "mean"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "elman"])
def test_padding_changes_no_answer(pooling: str, cell: str, tmp_path: Path) -> None:
    settings = [f"head.pool={pooling}", f"encoder.cell={cell}", "encoder.bidirectional=true", "encoder.layers=2"]
    model = weft.train(TINY, train=reviews(tmp_path / "t.csv"), out=tmp_path / "run", settings=settings)
    texts = ["dull", "the film 3 the film 4 the film 5 warm", "film warm"]
    together = model.predict(texts)
    for text, row in zip(texts, together, strict=True):
        (alone,) = model.predict([text])
        assert alone["label"] == row["label"]
        assert np.isclose(alone["probability"], row["probability"], atol=1e-6)


def test_the_scores_of_a_run_are_those_of_the_weights_it_ships(tmp_path: Path) -> None:
    train, valid = reviews(tmp_path / "t.csv", rows=80), reviews(tmp_path / "v.csv", rows=60, seed=2)
    model = weft.train(TINY, train=train, valid=valid, out=tmp_path / "run", settings=["training.lr=0.05"])
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())["best"]["scores"]
    assert written == [score.to_json() for score in model.evaluate(valid).scores]


def test_a_column_may_be_called_by_a_number(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "text,1", *["red,a", "green,b"] * 10)
    data = prepare(tmp_path, train=train, valid=train, settings=("data.label=1",))
    assert data.vocabulary.labels.names == ("a", "b")


def test_loading_leaves_the_threads_of_the_process_alone(tmp_path: Path) -> None:
    weft.train(TINY, train=reviews(tmp_path / "t.csv"), out=tmp_path / "run")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        weft.load(tmp_path / "run")
        assert torch.get_num_threads() == 1
        weft.load(tmp_path / "run", threads=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_run_goes_on_without_the_run_it_was_begun_from(tmp_path: Path) -> None:
    train = reviews(tmp_path / "t.csv")
    weft.train(TINY, train=train, out=tmp_path / "first")
    options = {"train": train, "init": tmp_path / "first", "settings": ["training.max_steps=6", "training.epochs=3"]}
    weft.train(TINY, out=tmp_path / "whole", **options)
    weft.train(TINY, out=tmp_path / "cut", time_limit=0.0, **options)
    shutil.rmtree(tmp_path / "first")
    weft.train(TINY, out=tmp_path / "cut", resume=True, **options)
    weights = [(tmp_path / run / "model.safetensors").read_bytes() for run in ("whole", "cut")]
    assert weights[0] == weights[1]


def test_files_that_no_trial_can_use_end_the_search(tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "words,label", "red,a", "green,b")
    with pytest.raises(DataError, match="no column 'text'"):
        weft.train("topic-gru", train=train, out=tmp_path / "search", trials=3)
    assert not list((tmp_path / "search").glob("*"))
