"""Random search: repeatable draws, a table that survives failures, the best run kept."""

from __future__ import annotations

import json
import os
import signal

import pytest

from weft.config import Range
from weft.errors import ConfigError, RunError
from weft.training import random_search, train
from weft.training.trials import Trial, draw, rank
from weft.types import Score

RANGES = {
    "training.lr": Range(low=1e-4, high=1e-1, log=True),
    "encoder.hidden": Range(low=3, high=9),
    "training.optimizer": Range(choices=["adam", "sgd"]),
}


@pytest.fixture
def config(language):
    return language(max_steps=2).model_copy(update={"search": RANGES})


def score(value, *, higher_is_better=True):
    return Score("m", value, "", 1, "x", value, value, "", higher_is_better)


def test_draws_are_repeatable_within_their_ranges_and_of_the_right_kind(config):
    drawn = [draw(config, number) for number in range(1, 60)]
    assert drawn == [draw(config, number) for number in range(1, 60)]
    assert len({str(values) for values in drawn}) > 50
    assert {values["training.optimizer"] for values in drawn} == {"adam", "sgd"}
    assert {values["encoder.hidden"] for values in drawn} == set(range(3, 10))
    rates = [values["training.lr"] for values in drawn]
    assert 1e-4 <= min(rates) < 1e-3 < 1e-2 < max(rates) <= 1e-1


def test_ranking():
    trials = [Trial(1, {}, score(0.5)), Trial(2, {}, error="bad"), Trial(3, {}, score(0.9)), Trial(4, {}, score(0.5))]
    assert [trial.number for trial in rank(trials)] == [3, 1, 4, 2]
    assert [trial.number for trial in rank([trials[1], trials[0]])] == [1, 2]
    losses = [Trial(k, {}, score(value, higher_is_better=False)) for k, value in enumerate([2.0, float("nan"), 1.0])]
    assert [trial.number for trial in rank(losses)] == [2, 0, 1]


def test_a_search_keeps_every_trial_and_copies_the_best(tmp_path, files, config, recorder):
    listener = recorder()
    search = random_search(config, files, tmp_path / "out", trials=3, listener=listener)
    table = json.loads((tmp_path / "out" / "trials.json").read_text())
    values = [row["score"]["value"] for row in table]
    assert values == sorted(values)
    assert search.run == tmp_path / "out" / "best"
    trial = tmp_path / "out" / f"trial-{table[0]['number']:02d}"
    assert (search.run / "model.safetensors").read_bytes() == (trial / "model.safetensors").read_bytes()
    assert [trial.to_json() for trial in search.trials] == table
    assert listener.notes[0].startswith("trial 1 of 3: encoder.hidden = ")
    again = random_search(config, files, tmp_path / "out", trials=4, resume=True, listener=recorder())
    assert {trial.number for trial in again.trials} == {1, 2, 3, 4}
    assert {t.number: t.score for t in again.trials if t.number < 4} == {t.number: t.score for t in search.trials}


def test_a_failing_trial_is_written_down_and_the_rest_goes_on(tmp_path, files, config, recorder):
    def train_one(config, files, out, **options):
        if out.name == "trial-01":
            raise RunError("training stopped at update 1: the loss is nan")
        return train(config, files, out, **options)

    listener = recorder()
    search = random_search(config, files, tmp_path / "out", trials=2, listener=listener, train_one=train_one)
    assert [trial.error for trial in search.trials] == ["", "training stopped at update 1: the loss is nan"]
    assert "trial 1 failed: training stopped at update 1: the loss is nan" in listener.notes


def test_all_trials_failing_is_an_error(tmp_path, files, config):
    def train_one(*arguments, **options):
        raise RunError("no")

    with pytest.raises(RunError, match=r"all 2 trials in .*out failed; the first: no"):
        random_search(config, files, tmp_path / "out", trials=2, train_one=train_one)


def test_a_drawn_value_that_the_recipe_does_not_allow_is_a_failed_trial(tmp_path, files, language):
    config = language(max_steps=1).model_copy(update={"search": {"training.lr": Range(choices=[-1.0])}})
    with pytest.raises(RunError, match=r"drawn recipe has 1 problem:\n  training.lr: input should be greater"):
        random_search(config, files, tmp_path / "out", trials=1)


def test_interrupt_and_time_limit_end_the_search_with_what_there_is(tmp_path, files, config, recorder):
    listener = recorder({1: lambda: os.kill(os.getpid(), signal.SIGINT)})
    assert len(random_search(config, files, tmp_path / "a", trials=3, listener=listener).trials) == 1
    assert len(random_search(config, files, tmp_path / "b", trials=3, time_limit=0.0).trials) == 1
    resumed = random_search(config, files, tmp_path / "b", trials=2, resume=True)
    assert len(resumed.trials) == 2


@pytest.mark.parametrize(
    ("span", "sentence"),
    [
        (Range(), "give either choices, or low and high; got"),
        (Range(low=1.0), "give either choices, or low and high; got"),
        (Range(choices=[1], low=1.0, high=2.0), "give either choices, or low and high; got"),
        (Range(low=2.0, high=1.0), "needs low < high, and low > 0 with log = true; got 2.0 and 1.0"),
        (Range(low=0.0, high=1.0, log=True), "needs low < high, and low > 0 with log = true; got 0.0 and 1.0"),
    ],
)
def test_impossible_ranges(tmp_path, files, language, span, sentence):
    config = language().model_copy(update={"search": {"training.lr": span}})
    with pytest.raises(ConfigError, match=f"search range of training.lr: {sentence}"):
        random_search(config, files, tmp_path / "out", trials=1)
    assert not (tmp_path / "out").exists()


def test_no_ranges_no_trials_no_room(tmp_path, files, language, config):
    with pytest.raises(ConfigError, match=r"the recipe names no ranges to search"):
        random_search(language(), files, tmp_path / "out", trials=1)
    with pytest.raises(ConfigError, match=r"a search needs at least 1 trial, got 0"):
        random_search(config, files, tmp_path / "out", trials=0)
    (tmp_path / "mine").touch()
    for resume in (False, True):
        with pytest.raises(RunError, match=r"is not empty \(it holds mine\); a search needs a folder of its own"):
            random_search(config, files, tmp_path, trials=1, resume=resume)
