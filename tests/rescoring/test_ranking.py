"""Scores of hypotheses, weights in files, and lists in their new order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rescoring.made_lists import ByHeart, listed
from weft.data.problems import Problems
from weft.errors import ConfigError, RunError
from weft.rescoring import (
    Form,
    NBest,
    RunWeights,
    Tuning,
    Weights,
    outcome,
    rank,
    read_lists,
    tabulate,
    word_error_table,
)

KNOWS = ByHeart({"a": -1.0, "b": -2.0, "c": -4.0})


def lists(tmp_path: Path) -> list[NBest]:
    path = listed(
        tmp_path / "n.jsonl",
        ("A B", [("A C", -1.0), ("A B", -2.0), ("A X", -2.5)]),
        ("B", [("B", 0.0)]),
        (None, [("X", -1.0), ("", -1.0)]),
    )
    return read_lists(path, Problems())


RUN_OF_WEIGHTS = '{{"runs": [{{"name": "a", {}}}], "form": {{}}, "tuning": null}}'


def weights(**changes: float) -> Weights:
    values = {"logp": 0.0, "unknown": 0.0, "words": 0.0} | changes
    return Weights((RunWeights("r", values["logp"], values["unknown"]),), values["words"], Form("lower"))


def test_each_text_is_scored_once_in_its_form_and_short_lists_are_filled(tmp_path: Path) -> None:
    run, told = ByHeart(KNOWS.words), []
    table = tabulate(lists(tmp_path), {"r": run}, Form("lower"), told.append)
    assert sorted(run.asked) == ["", "a b", "a c", "a x", "b", "x"]
    assert told == ["r scores 6 texts"]
    assert table.own.tolist() == [[-1.0, -2.0, -2.5], [0.0, 0.0, 0.0], [-1.0, -1.0, -1.0]]
    assert table.logp[..., 0].tolist() == [[-5.0, -3.0, -10.0], [-2.0] * 3, [-9.0, 0.0, -9.0]]
    assert table.features[..., 1].tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 1]]
    assert table.features[..., 2].tolist() == [[2, 2, 2], [1, 1, 1], [1, 0, 1]]


def test_a_log_probability_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="run r gives the text 'x' the log-probability -inf"):
        tabulate(lists(tmp_path), {"r": ByHeart(KNOWS.words, unknown=-np.inf)}, Form("lower"), lambda _line: None)


def test_lists_are_ordered_by_the_sum(tmp_path: Path) -> None:
    found = lists(tmp_path)
    table = tabulate(found, {"r": KNOWS}, Form("lower"), lambda _line: None)
    first, _, last = rank(found, table, weights(logp=1.0, unknown=-1.0, words=0.5))
    assert first.order == (1, 0, 2)
    assert first.scores.tolist() == [-5.0, -4.0, -12.5]
    assert (first.before, first.after, last.before, last.after) == (0, 1, 0, 1)
    row = first.to_json()
    assert (row["id"], row["reference"]) == ("u1", "A B")
    assert row["nbest"][0] == {"text": "A B", "score": -4.0, "own_score": -2.0, "logp": [-3.0]}


def test_what_came_with_a_list_stays(tmp_path: Path) -> None:
    row = {"id": 7, "speaker": "me", "nbest": [{"text": "a", "score": 1, "times": [0, 3]}]}
    found = read_lists(listed(tmp_path / "n.jsonl", row), Problems())
    table = tabulate(found, {"r": KNOWS}, Form(), lambda _line: None)
    expected = {"text": "a", "score": 0.0, "times": [0, 3], "own_score": 1.0, "logp": [-1.0]}
    assert rank(found, table, weights(logp=1.0))[0].to_json() == {**row, "nbest": [expected]}


def test_error_rates_of_what_has_a_reference(tmp_path: Path) -> None:
    found = lists(tmp_path)
    table = tabulate(found, {"r": KNOWS}, Form("lower"), lambda _line: None)
    result = outcome(rank(found, table, weights(logp=1.0)), table)
    assert (result.lists, result.hypotheses, result.changed, result.measured) == (3, 6, 2, 2)
    assert result.before is not None
    assert result.after is not None
    assert result.oracle is not None
    assert (result.before.value, result.after.value, result.oracle.value) == (1 / 3, 0.0, 0.0)
    assert result.change is not None
    assert result.change[0] == pytest.approx(-1 / 3)
    assert result.closed is not None
    assert result.closed[0] == 1.0
    assert json.loads(json.dumps(result.to_json()))["after"]["name"] == "word-error-rate"


def test_without_references_only_changes_are_counted(tmp_path: Path) -> None:
    found = lists(tmp_path)[2:]
    table = tabulate(found, {"r": KNOWS}, Form("lower"), lambda _line: None)
    result = outcome(rank(found, table, weights(logp=1.0)), table)
    assert (result.changed, result.measured, result.before, result.closed) == (1, 0, None, None)


def test_references_without_words_give_no_rate(tmp_path: Path) -> None:
    found = read_lists(listed(tmp_path / "n.jsonl", ("", [("A", -1.0), ("", -2.0)])), Problems())
    table = tabulate(found, {"r": KNOWS}, Form("lower"), lambda _line: None)
    result = outcome(rank(found, table, weights(words=-2.0)), table)
    assert (result.changed, result.measured, result.before) == (1, 1, None)


def test_errors_are_counted_in_the_form_asked_for(tmp_path: Path) -> None:
    found = read_lists(listed(tmp_path / "n.jsonl", ("A-b, c.", [("a b C", -1.0), ("X", -2.0)])), Problems())
    table = tabulate(found, {"r": KNOWS}, Form("lower"), lambda _line: None)
    assert word_error_table(found, table).tolist() == [[3, 2]]
    form = Form("lower", "remove")
    assert word_error_table(found, table, form).tolist() == [[0, 3]]
    result = outcome(rank(found, table, weights(logp=-1.0)), table, form)
    assert result.before is not None
    assert result.after is not None
    assert (result.before.value, result.after.value, result.after.n) == (0.0, 1.0, 3)
    assert result.to_json()["form"] == {"case": "lower", "punctuation": "remove"}


def test_weights_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    runs = {"a": "12-34", "b": "56-78"}
    ours = (RunWeights("a", 0.25, -1.0, "12-34"), RunWeights("b", 0.5, 0.0, "56-78"))
    kept = Weights(ours, -0.125, Form("lower"), Tuning("dev", 9, 4))
    kept.write(path)
    assert Weights.read(path, runs, Form()) == kept
    assert Weights.read(path, runs, Form("lower")) == kept
    assert kept.vector.tolist() == [0.25, -1.0, 0.5, 0.0, -0.125]
    assert Weights.of(runs, kept.vector, Form("lower"), Tuning("dev", 9, 4)) == kept


@pytest.mark.parametrize(
    ("runs", "form", "sentence"),
    [
        ({"b": "1"}, Form(), "holds weights for a, given are b"),
        ({"a": "2"}, Form(), "holds weights for another a: the run's model or vocabulary has changed since"),
        ({"a": "1"}, Form("upper"), "--case upper: the weights in {path} were tuned with --case lower"),
        ({"a": "1"}, Form(None, "keep"), "--punctuation keep: the weights in {path} were tuned without --punctuation"),
    ],
)
def test_weights_of_something_else_are_refused(tmp_path: Path, runs: Any, form: Form, sentence: str) -> None:
    path = tmp_path / "w.json"
    weights_of_a = Weights((RunWeights("a", 1.0, identity="1"),), 0.0, Form("lower"))
    weights_of_a.write(path)
    with pytest.raises(ConfigError) as caught:
        Weights.read(path, runs, form)
    assert sentence.format(path=path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{\n"runs": [}', "line 2, column 10 breaks the JSON: Expecting value"),
        ("[]", "expected an object with 'runs', found []"),
        ("{}", "'runs' is missing"),
        ('{"runs": 3, "form": {}, "tuning": null}', "'runs' must be a list, found 3"),
        (RUN_OF_WEIGHTS.format('"identity": "1", "logp": NaN'), "'logp' must be a finite number, found nan"),
        (RUN_OF_WEIGHTS.format('"identity": "1", "logp": 1'), "'unknown' is missing"),
        (RUN_OF_WEIGHTS.format('"logp": 1'), "'identity' is missing"),
        (
            '{"runs": [], "words": 0, "form": {"case": "title", "punctuation": null}, "tuning": null}',
            "expected one of lower, upper, as-is or null, found 'title'",
        ),
    ],
)
def test_a_file_that_holds_no_weights(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "w.json"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        Weights.read(path, {"a": ""}, Form())
    assert str(caught.value) == f"{path} holds no weights of weft rescore: {why}"
    assert "--save-weights" in caught.value.hint


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the weights cannot be read: No such file"):
        Weights.read(tmp_path / "none.json", {"a": ""}, Form())
    with pytest.raises(ConfigError, match="the weights cannot be written: No such file"):
        weights().write(tmp_path / "none" / "w.json")


def test_weights_by_hand() -> None:
    assert Weights.given(["a", "b"], "0.5, 0.25", Form()).vector.tolist() == [0.5, 0.0, 0.25, 0.0, 0.0]
    assert Weights.given(["a"], "-1,2", Form()).vector.tolist() == [-1.0, 0.0, 2.0]
    for text, sentence in (("a=1", "neither a .json file nor numbers"), ("1,2,3", "holds 3 numbers for 1 run")):
        with pytest.raises(ConfigError, match=sentence):
            Weights.given(["a"], text, Form())
    with pytest.raises(ConfigError, match="'0,inf': weight 2 is inf; weights are finite numbers"):
        Weights.given(["a"], "0,inf", Form())
