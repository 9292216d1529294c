"""A run that was stopped, however, and resumed is the run that was never stopped, bit for bit."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace

import pytest

from weft.bundle import alone_in, create
from weft.config import dump, resolve
from weft.errors import RunError
from weft.training import train
from weft.types import Files


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


SETTINGS = [
    {"optimizer": "sgd", "momentum": 0.9, "schedule": "plateau"},
    {"optimizer": "sgd", "schedule": "halving"},
    {"optimizer": "adam", "clip_norm": 0.5, "schedule": "cosine", "warmup_steps": 4},
    {"optimizer": "adamw", "weight_decay": 0.1, "validate_every": 4},
    {"optimizer": "adadelta", "lr": 1.0, "clip_value": 0.01},
    {"optimizer": "rmsprop", "patience": 1, "validate_every": 3, "autocast": True},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda values: values["optimizer"] + str(len(values)))
def test_interrupted_three_times_ends_with_the_same_bits(tmp_path, files, language, whole, recorder, settings):
    config = language(**settings)
    train(config, files, tmp_path / "once")
    run = tmp_path / "often"
    for step in (2, 9, 13):
        outcome = train(config, files, run, resume=True, listener=recorder({step: interrupt})).outcome
        assert outcome.stopped in ("interrupt", "patience")
    train(config, files, run, resume=True)
    assert whole(run) == whole(tmp_path / "once")


@pytest.mark.parametrize("every", [0.0, 1000.0])
def test_a_crash_between_checkpoints_costs_only_time(tmp_path, labelled, sentiment, whole, recorder, dies, every):
    """With a checkpoint at every update, and with none before the crash (then it starts again from the beginning)."""
    config, (crash, death) = sentiment(checkpoint_seconds=every), dies
    train(config, labelled, tmp_path / "once")
    for step in (1, 5, 17):
        with pytest.raises(death):
            train(config, labelled, tmp_path / "often", resume=True, listener=recorder({step: crash}))
    train(config, labelled, tmp_path / "often", resume=True)
    assert whole(tmp_path / "often") == whole(tmp_path / "once")


def test_drawn_windows_find_their_place_and_their_rate(tmp_path, files, language, whole, recorder):
    """Epochs of different lengths, in training that ends after a number of epochs and falls along a cosine."""
    values = language(epochs=3, schedule="cosine", optimizer="sgd").model_dump(mode="json")
    values["data"] |= {"window": 20, "window_spread": 4.0, "window_half": 0.3}
    config, listener = resolve(values), recorder()
    train(config, files, tmp_path / "once", listener=listener)
    steps = listener.named("Stepped")
    epochs = [[event for event in steps if event.epoch == number] for number in range(3)]
    assert len({len(epoch) for epoch in epochs}) > 1
    assert all(len(epoch) == epoch[0].batches for epoch in epochs)
    assert steps[-1].step == steps[-1].total_steps == len(steps)
    assert steps[-1].lr < 1e-4
    assert max(steps[0].lr, steps[1].lr) != pytest.approx(0.01, rel=1e-3)  # the window's share of 20 steps
    for step in (2, len(epochs[0]), len(epochs[0]) + 3):
        train(config, files, tmp_path / "often", resume=True, listener=recorder({step: interrupt}))
    train(config, files, tmp_path / "often", resume=True)
    assert whole(tmp_path / "often") == whole(tmp_path / "once")


def test_a_crash_amid_any_write_costs_only_time(tmp_path, files, language, whole, monkeypatch, dies):
    """Dies at the n-th sync to the disk, before the rename: every file of the run meets it once."""
    config, (_, death) = language(checkpoint_seconds=0.0, epochs=1, max_steps=5), dies
    train(config, files, tmp_path / "once")
    sync, left = os.fsync, []

    def dying(descriptor):
        left[0] -= 1
        if left[0] == 0:
            raise death
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", dying)
    run, deaths = tmp_path / "often", 0
    for patience in range(1, 200):
        left[:] = [patience]
        try:
            train(config, files, run, resume=True)
        except death:
            deaths += 1
            assert not list(run.rglob(".*.tmp"))
        else:
            break
    assert deaths > 10
    assert whole(run) == whole(tmp_path / "once")


def test_a_finished_run_says_so_and_stays_as_it_is(tmp_path, files, language, recorder):
    config = language(max_steps=2)
    train(config, files, tmp_path / "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    listener = recorder()
    summary = train(config, files, tmp_path / "run", resume=True, listener=listener)
    assert summary.outcome.stopped == "steps"
    assert "has finished training (steps, 2 updates); there is nothing to resume" in listener.notes[0]
    assert not listener.events
    assert before == {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}


def test_resume_refuses_another_recipe(tmp_path, files, language, recorder):
    train(language(), files, tmp_path / "run", listener=recorder({2: interrupt}))
    with pytest.raises(RunError, match=r"begun with another recipe: training.lr was 0.01 and is 0.5 now; .*seed was 1"):
        train(language(lr=0.5, seed=2), files, tmp_path / "run", resume=True)


def test_a_run_of_a_version_that_had_fewer_keys_goes_on(tmp_path, files, language, whole, recorder):
    train(language(), files, tmp_path / "once")
    run = tmp_path / "run"
    train(language(), files, run, listener=recorder({2: interrupt}))
    written = (run / "recipe.toml").read_text(encoding="utf-8")
    (run / "recipe.toml").write_text(written.replace("init_range = 0.0\n", ""), encoding="utf-8")
    assert (run / "recipe.toml").read_text(encoding="utf-8") != written
    train(language(), files, run, resume=True)
    assert whole(run)["weights"] == whole(tmp_path / "once")["weights"]


def test_resume_refuses_other_data(tmp_path, files, language, recorder):
    mine = replace(files, train=(shutil.copy(files.train[0], tmp_path / "train.txt"),))
    train(language(), mine, tmp_path / "run", listener=recorder({2: interrupt}))
    (tmp_path / "train.txt").write_text("the dog sees a cat\n" * 40)
    with pytest.raises(RunError, match=r"begun with other data: train.txt had sha256 [0-9a-f]{12}, train.txt has"):
        train(language(), mine, tmp_path / "run", resume=True)
    with pytest.raises(RunError, match=r"begun with 2 data files \(train.txt, valid.txt\), got 1 \(train.txt\)"):
        train(language(), replace(mine, valid=()), tmp_path / "run", resume=True)


def test_moved_data_and_another_pace_of_checkpoints_are_welcome(tmp_path, files, language, whole, recorder):
    train(language(), files, tmp_path / "once")
    train(language(), files, tmp_path / "run", listener=recorder({5: interrupt}))
    (tmp_path / "moved").mkdir()
    moved = Files(
        *(tuple(shutil.copy(path, tmp_path / "moved") for path in part) for part in (files.train, files.valid))
    )
    moved = Files(*(tuple(type(files.train[0])(path) for path in part) for part in (moved.train, moved.valid)))
    train(language(checkpoint_seconds=0.0), moved, tmp_path / "run", resume=True)
    assert whole(tmp_path / "run") == whole(tmp_path / "once")


def test_other_threads_are_told_loudly(tmp_path, files, language, recorder):
    train(language(max_steps=3), files, tmp_path / "run", listener=recorder({2: interrupt}))
    listener = recorder()
    summary = train(language(max_steps=3, threads=2), files, tmp_path / "run", resume=True, listener=listener)
    assert "threads was 1 before the stop and is 2 now: the result may differ in its last bits" in listener.notes
    assert listener.notes[0] in summary.outcome.notes


def test_resume_of_nothing_begins(tmp_path, files, language):
    assert train(language(max_steps=1), files, tmp_path / "absent", resume=True).outcome.steps == 1
    (tmp_path / "empty").mkdir()
    assert train(language(max_steps=1), files, tmp_path / "empty", resume=True).outcome.steps == 1


def test_a_run_killed_before_its_first_checkpoint_begins_again_and_says_so(tmp_path, files, language, recorder):
    run = tmp_path / "run"
    create(run, dump(language(max_steps=1)))
    listener = recorder()
    assert train(language(max_steps=1), files, run, resume=True, listener=listener).outcome.steps == 1
    assert f"{run} holds no checkpoint yet; training begins at the start" in listener.notes


@pytest.mark.skipif(sys.platform == "win32", reason="the system locks no folders")
def test_two_trainings_never_write_the_same_run(tmp_path, files, language, whole, recorder):
    config, run, refused = language(), tmp_path / "run", []
    train(config, files, tmp_path / "once")

    def a_second_one():
        with pytest.raises(RunError, match="another process is training there") as caught:
            train(config, files, run, resume=True)
        refused.append(caught.value)

    train(config, files, run, listener=recorder({5: a_second_one}))
    assert refused
    assert whole(run) == whole(tmp_path / "once")
    with alone_in(run):
        pass  # the folder is free again
