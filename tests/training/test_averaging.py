"""Means of the weights: what they are, when they begin, and that validation, the best model and resuming use them."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from weft.bundle import module_tensors, read_tensors
from weft.config import Training, resolve
from weft.errors import ConfigError, RunError
from weft.training import checkpoint, train
from weft.training.averaging import Averaging, stands_still
from weft.training.loop import Trainer


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def walk(averaging: str, steps: int = 6, begin: int = 0, **settings: object) -> tuple[Averaging, list[torch.Tensor]]:
    """A module whose weights are drawn anew at every update; averaging may be triggered after ``begin`` of them."""
    torch.manual_seed(1)
    module = torch.nn.Linear(3, 2)
    mean = Averaging(module, Training(averaging=averaging, averaging_patience=1, **settings))
    seen = []
    for step in range(1, steps + 1):
        with torch.no_grad():
            module.weight.copy_(torch.randn(2, 3))
        seen.append(module.weight.detach().clone())
        mean.update()
        if step == begin:
            assert mean.validated([1.0, 2.0, 3.0], higher_is_better=False)
    return mean, seen


def test_triggered_is_the_mean_of_the_weights_since_then():
    mean, seen = walk("triggered", begin=3)
    assert mean.count == 4
    assert torch.allclose(mean.tensors()["weight"], torch.stack(seen[2:]).mean(dim=0), atol=1e-6)


def test_exponential_is_a_mean_whose_shares_fall():
    mean, seen = walk("exponential", averaging_decay=0.8)
    shares = np.array([0.8**ago for ago in range(5, -1, -1)])
    expected = sum(share * weight for share, weight in zip(shares / shares.sum(), seen, strict=True))
    assert mean.count == 6
    assert torch.allclose(mean.tensors()["weight"], expected, atol=1e-6)


def test_none_is_none():
    mean, seen = walk("none")
    assert (mean.count, dict(mean.tensors())) == (0, {})
    with mean.applied():
        assert torch.equal(mean._parameters["weight"], seen[-1])
    assert not mean.validated([1.0, 2.0, 3.0], higher_is_better=False)


def test_applied_gives_the_mean_and_takes_it_back():
    mean, seen = walk("exponential")
    weight = mean._parameters["weight"]
    with mean.applied():
        assert torch.equal(weight, mean.tensors()["weight"])
        assert not torch.equal(weight, seen[-1])
    assert torch.equal(weight, seen[-1])


@pytest.mark.parametrize(
    ("values", "begins"),
    [
        ([3.0, 2.0], False),
        ([3.0, 2.0, 2.5], False),  # worse than the last, and that is not more than 1 ago
        ([3.0, 2.0, 1.5, 2.5], True),
        ([3.0, 2.0, 1.5, 2.0], True),  # no better
        ([3.0, 2.0, 1.5, 1.9], False),
    ],
)
def test_when_a_validation_stands_still(values, begins):
    assert stands_still(values, 1, higher_is_better=False) is begins
    assert stands_still([-value for value in values], 1, higher_is_better=True) is begins


# A rate so large that validations rise and fall: averaging begins in the midst of training.
WILD = {
    "optimizer": "sgd", "lr": 30.0, "clip_norm": 0.5, "max_steps": 16, "validate_every": 2,
    "averaging": "triggered", "averaging_patience": 1,
}  # fmt: skip


def validations(run: Path) -> list[dict]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == "validation"]


@pytest.mark.parametrize(
    "settings",
    [WILD, {"averaging": "exponential", "averaging_decay": 0.7, "validate_every": 4, "patience": 2, "lr": 0.3}],
    ids=["triggered", "exponential"],
)
def test_interrupted_three_times_ends_with_the_same_bits(tmp_path, files, language, whole, recorder, settings):
    config = language(**settings)
    once = train(config, files, tmp_path / "once").run
    averaged = [line["averaged"] for line in validations(once)]
    assert averaged[-1] > 1
    run = tmp_path / "often"
    for step in (2, 9, 13):
        train(config, files, run, resume=True, listener=recorder({step: interrupt}))
    train(config, files, run, resume=True)
    assert whole(run) == whole(once)


def test_triggered_begins_when_the_log_says_and_only_changes_what_is_measured(tmp_path, files, language):
    plain = train(language(**{**WILD, "averaging": "none"}), files, tmp_path / "plain").run
    run = train(language(**WILD), files, tmp_path / "run").run
    before, after = ([line["scores"][0]["value"] for line in validations(each)] for each in (plain, run))
    averaged = [line["averaged"] for line in validations(run)]
    begun = averaged.index(1)
    assert averaged[: begun + 3] == [0] * begun + [1, 3, 5]
    assert stands_still(after[: begun + 1], 1, higher_is_better=False)
    assert not any(stands_still(after[: place + 1], 1, higher_is_better=False) for place in range(begun))
    assert after[: begun + 1] == before[: begun + 1]
    assert all(mine != other for mine, other in zip(after[begun + 1 :], before[begun + 1 :], strict=True))
    assert min(after) < min(before)  # the mean of a wild walk is better than any place on it


def test_the_model_shipped_is_the_mean(tmp_path, files, language, monkeypatch):
    means = []
    settle = Averaging.settle

    def watched(self):
        settle(self)
        means.append({name: tensor.clone() for name, tensor in self.tensors().items()})

    monkeypatch.setattr(Averaging, "settle", watched)
    summary = train(language(averaging="exponential", averaging_decay=0.5, max_steps=5), files, tmp_path / "run")
    tensors = read_tensors(summary.run / "model.safetensors")
    assert all(torch.equal(tensors[name], mean) for name, mean in means[-1].items())
    assert set(means[-1]) == set(tensors)


def test_a_run_stopped_between_validations_ships_the_mean(tmp_path, files, language, recorder):
    config = language(averaging="exponential", averaging_decay=0.5)
    train(config, files, tmp_path / "run", listener=recorder({4: interrupt}))
    saved = checkpoint.read(tmp_path / "run" / "checkpoints" / checkpoint.LAST)
    tensors = read_tensors(tmp_path / "run" / "model.safetensors")
    assert saved.progress.averaged == 4
    assert all(torch.equal(tensors[name], mean) for name, mean in saved.average.items())
    assert any(not torch.equal(saved.model[name], mean) for name, mean in saved.average.items())


def test_patience_counts_anew_when_averaging_begins(tmp_path, files, language):
    """Without that, two validations after the best would end what has just begun."""
    run = train(language(**WILD, patience=2), files, tmp_path / "run")
    lines = validations(run.run)
    begun = [line["averaged"] for line in lines].index(1)
    assert len(lines) > begun + 1


def test_a_checkpoint_that_does_not_fit_is_told():
    mean, _ = walk("exponential")
    with pytest.raises(RunError, match=r"here: the averaged weights in it do not fit the recipe's network"):
        mean.restore({"weight": torch.zeros(3, 3)}, 4, "here")
    with pytest.raises(RunError, match="do not fit"):
        mean.restore(dict(mean.tensors()), 0, "here")


def test_a_patience_that_ends_training_before_averaging_is_refused():
    document = {"task": "language-model", "training": {"averaging": "triggered", "patience": 5}}
    with pytest.raises(ConfigError, match="patience must be larger than averaging_patience 5, got 5"):
        resolve(document)
    assert resolve(document, ["training.patience=6"]).training.patience == 6


def test_the_module_trains_on_with_its_own_weights(tmp_path, files, language, monkeypatch):
    """A validation in the midst leaves no trace in training."""
    weights = []
    measure = Trainer.measure

    def watched(self):
        scores = measure(self)
        weights.append({name: tensor.clone() for name, tensor in module_tensors(self.module).items()})
        return scores

    monkeypatch.setattr(Trainer, "measure", watched)
    settings = {"averaging": "exponential", "averaging_decay": 0.9, "max_steps": 6}
    train(language(**settings), files, tmp_path / "rare")
    rare = weights[-1]
    train(language(**settings, validate_every=1), files, tmp_path / "often")
    assert all(torch.equal(tensor, rare[name]) for name, tensor in weights[-1].items())
