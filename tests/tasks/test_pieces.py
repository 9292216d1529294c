"""Texts read in pieces: begin, step and read on give what reading at once gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import weft
from weft.catalog import TASKS
from weft.errors import ConfigError, ShapeError
from weft.nn import join_rows, select_rows, state_from_bytes, state_to_bytes

from made import data_for

TEXTS = ("the film is fine", "dull", "a dog ran so it goes")


def model(task: str, folder: Path, *settings: str) -> weft.Model:
    wires = TASKS.load(task, "task").task
    train = data_for(wires.fields, folder)
    return weft.train({"task": task, **wires.tiny()}, train=train, out=folder / "run", settings=settings, seed=2)


@pytest.mark.parametrize("pooling", ["last", "max", "mean"])
def test_a_classifier_says_its_answer_so_far(tmp_path: Path, pooling: str) -> None:
    trained = model("classify", tmp_path, f"head.pool={pooling}", "encoder.cell=lstm", "encoder.layers=2")
    for text in TEXTS:
        state = trained.begin(1)
        for place, number in enumerate(trained.encode(text), 1):
            probabilities, state = trained.step([int(number)], state)
            (at_once,) = trained.predict([" ".join(text.split()[:place])], alternatives=2)
            by_name = {each["label"]: each["probability"] for each in at_once["alternatives"]}
            assert probabilities[0].tolist() == pytest.approx([by_name[name] for name in trained.classes], abs=1e-6)


def test_a_language_model_says_the_next_symbol(tmp_path: Path) -> None:
    trained = model("language-model", tmp_path, "encoder.cell=gru")
    codec = trained.vocabulary.text
    for text, row in zip(TEXTS, trained.score(list(TEXTS)), strict=True):
        numbers = trained.encode(text)
        assert numbers.dtype == np.int64
        assert numbers[0] == codec.end_id
        state, total = trained.begin(1), 0.0
        for number, following in zip(numbers, [*numbers[1:], codec.end_id], strict=True):
            logp, state = trained.step([int(number)], state)
            total += float(logp[0, following])
        assert total == pytest.approx(row["logp"], abs=1e-4)


@pytest.mark.parametrize("task", sorted({*TASKS.names()} - {"translate"}))
def test_states_are_rows_that_come_and_go(task: str, tmp_path: Path) -> None:
    trained = model(task, tmp_path, *(["head.pool=mean"] if task == "classify" else []))
    one, two = trained.encode("the film")[:2]
    _, both = trained.step([one, two], trained.begin(2))
    alone = [trained.step([number], trained.begin(1))[1] for number in (one, two)]
    sent = state_from_bytes(state_to_bytes(join_rows([alone[1], alone[0]])))
    expected, _ = trained.step([two, one], both)
    found, _ = trained.step([one, two], sent)
    assert torch.allclose(found, expected.flip(0), atol=1e-6)
    alone_again, _ = trained.step([one], select_rows(both, [1]))
    assert torch.allclose(alone_again, found[:1], atol=1e-6)


def test_a_translator_says_why_it_cannot(translator_run: Path) -> None:
    trained = weft.load(translator_run)
    for ask in (lambda: trained.begin(1), lambda: trained.step([1], {})):
        with pytest.raises(ConfigError, match="writes when it has read all"):
            ask()


def test_a_bidirectional_classifier_says_why_it_cannot(tmp_path: Path) -> None:
    trained = model("classify", tmp_path, "encoder.bidirectional=true")
    ids = torch.ones(1, 2, dtype=torch.int64)
    for ask in (
        lambda: trained.begin(1),
        lambda: trained.step([1], {}),
        lambda: trained.module.read(ids, torch.tensor([2]), {}),
    ):
        with pytest.raises(ConfigError, match="cannot stream: its reverse direction starts at the end"):
            ask()
    assert trained.module.read(ids, torch.tensor([2]))[1] == {}


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    trained = model("classify", tmp_path, "head.pool=mean")
    state = trained.begin(2)
    for ids, got in (([[1], [2]], r"int64 \[2, 1\]"), ([1.0, 2.0], r"float32 \[2\]"), ([], r"float32 \[0\]")):
        with pytest.raises(ShapeError, match=rf"step: expected ids int64 \[n\], one symbol a text, got {got}"):
            trained.step(ids, state)
    without = {name: value for name, value in state.items() if name != "pooled.count"}
    with pytest.raises(ShapeError, match=r"state 'pooled.count': expected \[2, 1\] \(rows, width\), got none"):
        trained.step([1, 1], without)
    with pytest.raises(ShapeError, match=r"state 'pooled.mean': expected torch.float32 on cpu, got torch.float64"):
        trained.step([1, 1], {**state, "pooled.mean": state["pooled.mean"].double()})
    with pytest.raises(ShapeError, match=r"state 'pooled.mean': expected numbers, got NaN"):
        trained.step([1, 1], {**state, "pooled.mean": state["pooled.mean"] * torch.nan})
    with pytest.raises(ShapeError, match=r"state 'h.0': expected \[3, 4\]"):
        trained.step([1, 1, 1], state)
    with pytest.raises(ShapeError, match="begin: expected at least 1 row, got 0"):
        trained.begin(0)
