"""The straight way: what a training leaves behind, what it tells, when it stops, how it fails."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import weft
from weft.bundle import module_tensors, read_metadata, read_tensors
from weft.catalog import TASKS
from weft.errors import BackendError, ConfigError, DataError, RunError
from weft.training import Listener, checkpoint, train, train_task
from weft.training.checkpoint import Checkpoint
from weft.types import Files

LANGUAGE = "language-model"


class Altered:
    """A task with some members replaced."""

    def __init__(self, name, **members):
        self._task = TASKS.load(name, "task").task
        vars(self).update(members)

    def __getattr__(self, name):
        return getattr(self._task, name)


def test_a_finished_run_holds_what_the_design_says(tmp_path, files, language):
    summary = train(language(), files, tmp_path / "run")
    run, outcome = summary.run, summary.outcome
    names = [
        "README.md",
        "curves.png",
        "log.jsonl",
        "metrics.json",
        "model.safetensors",
        "recipe.toml",
        "vocabulary.json",
    ]
    assert sorted(path.name for path in run.iterdir()) == names
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["format"] == 1
    assert metrics["stopped"] == outcome.stopped == "epochs"
    assert metrics["steps"] == outcome.steps
    assert metrics["best"]["scores"][0]["name"] == outcome.watch == outcome.watched.name
    assert metrics["best"]["step"] == read_metadata(run / "model.safetensors")["step"]
    assert outcome.finished
    card = (run / "README.md").read_text()
    assert str(files.train[0].parent) not in card + json.dumps(metrics) + (run / "recipe.toml").read_text()
    assert "`train.txt` (sha256 `" in card
    assert "weft generate run" in card
    for score in outcome.best.scores:
        assert f"| {score.name} | {score.value:.4g} | {score.low:.4g} to {score.high:.4g} |" in card


def test_all_parameters_may_start_uniform(tmp_path, files, language):
    run = train(language(init_range=0.05, lr=1e-12, max_steps=1), files, tmp_path / "run").run
    for name, tensor in read_tensors(run / "model.safetensors").items():
        assert 0.01 < float(tensor.abs().max()) < 0.05 + 1e-6, name


def test_a_classifier_s_card_says_how_to_predict(tmp_path, labelled, sentiment):
    summary = train(sentiment(max_steps=3), labelled, tmp_path / "run")
    assert "weft predict run" in (tmp_path / "run" / "README.md").read_text()
    assert summary.outcome.finish == json.loads((tmp_path / "run" / "metrics.json").read_text())["finish"]


def test_the_same_seed_gives_the_same_run_and_another_another(tmp_path, labelled, sentiment, whole):
    torch.manual_seed(99)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(sentiment(seed=seed, max_steps=4), labelled, tmp_path / name)
        torch.rand(3)
    assert whole(tmp_path / "a") == whole(tmp_path / "b")
    assert whole(tmp_path / "a")["weights"] != whole(tmp_path / "c")["weights"]
    torch.manual_seed(99)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_validation_and_checkpoints_do_not_touch_the_numbers(tmp_path, labelled, sentiment):
    digests = []
    for number, options in enumerate([{}, {"checkpoint_seconds": 0.0}, {"validate_every": 2}]):
        train(sentiment(epochs=1, **options), labelled, tmp_path / str(number))
        steps = [json.loads(line) for line in (tmp_path / str(number) / "log.jsonl").read_text().splitlines()]
        digests.append([line["loss"] for line in steps if line["kind"] == "step"])
    assert digests[0] == digests[1] == digests[2]


def test_the_model_on_disk_is_the_best_one(tmp_path, files, language):
    """A rate far too large after one good epoch: the weights of that epoch remain."""
    seen = []

    def evidence(module, feed, vocabulary):
        seen.append({name: tensor.clone() for name, tensor in module_tensors(module).items()})
        return TASKS.load(LANGUAGE, "task").task.evidence(module, feed, vocabulary)

    config = language(epochs=4, optimizer="sgd", lr=30.0, schedule="constant")
    outcome = train_task(Altered(LANGUAGE, evidence=evidence), config, files, tmp_path / "run").outcome
    scores = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    values = [line["scores"][0]["value"] for line in scores if line["kind"] == "validation"]
    best = values.index(min(values))
    assert outcome.watched.value == min(values)
    assert outcome.best.epoch == best
    tensors = read_tensors(tmp_path / "run" / "model.safetensors")
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in seen[best].items())


def test_events_carry_what_a_bar_needs(tmp_path, files, language, recorder):
    listener = recorder()
    outcome = train(language(), files, tmp_path / "run", listener=listener).outcome
    (begun,), steps, (ended,) = listener.named("Begun"), listener.named("Stepped"), listener.named("Ended")
    assert begun.total_steps == len(steps) == outcome.steps == begun.epochs * begun.steps_per_epoch
    assert [event.step for event in steps] == list(range(1, len(steps) + 1))
    assert steps[0].watched is None
    assert steps[-1].watched.name == begun.watch
    assert steps[-1].seconds_left == 0.0
    assert all(event.tokens_per_second > 0 and math.isfinite(event.loss) for event in steps)
    assert steps[-1].epoch == begun.epochs - 1
    assert steps[-1].batch == steps[-1].batches - 1
    assert len(listener.named("Validated")) == begun.epochs
    assert listener.named("Validated")[0].best
    assert (ended.stopped, ended.step) == ("epochs", outcome.steps)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_usable_run(tmp_path, files, language, recorder, number):
    listener = recorder({3: lambda: os.kill(os.getpid(), number)})
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    outcome = train(language(), files, tmp_path / "run", listener=listener).outcome
    assert (outcome.stopped, outcome.steps, outcome.best.step) == ("interrupt", 3, 3)
    assert not outcome.finished
    assert (tmp_path / "run" / "model.safetensors").is_file()
    assert "a person stopped it; `weft train ... --resume` goes on" in (tmp_path / "run" / "README.md").read_text()
    assert handlers == [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_the_second_signal_quits_at_once(tmp_path, files, language, recorder, number, error):
    def twice():
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)

    with pytest.raises(error):
        train(language(checkpoint_seconds=0.0), files, tmp_path / "run", listener=recorder({3: twice}))
    assert checkpoint.read(tmp_path / "run" / "checkpoints" / "last.safetensors").progress.step == 2


def test_training_outside_the_main_thread_leaves_signals_alone(tmp_path, files, language):
    outcomes = []
    run = tmp_path / "run"
    thread = threading.Thread(target=lambda: outcomes.append(train(language(max_steps=1), files, run).outcome))
    thread.start()
    thread.join()
    assert outcomes[0].steps == 1


def test_a_time_limit_stops_well_and_resume_goes_on(tmp_path, files, language, whole):
    outcome = train(language(), files, tmp_path / "run", time_limit=0.0).outcome
    assert (outcome.stopped, outcome.steps) == ("time", 0)
    assert outcome.best.scores
    train(language(), files, tmp_path / "run", resume=True, time_limit=1000.0)
    train(language(), files, tmp_path / "once")
    assert whole(tmp_path / "run") == whole(tmp_path / "once")


def test_patience_stops_after_validations_without_a_new_best(tmp_path, files, language, recorder):
    listener = recorder()
    config = language(epochs=50, lr=20.0, optimizer="sgd", patience=2, validate_every=3)
    outcome = train(config, files, tmp_path / "run", listener=listener).outcome
    rounds = listener.named("Validated")
    assert outcome.stopped == "patience"
    assert [event.best for event in rounds][-2:] == [False, False]
    assert all(event.step % 3 == 0 for event in rounds)


def test_plateau_lowers_the_rate(tmp_path, files, language, recorder):
    listener = recorder()
    config = language(epochs=4, lr=20.0, optimizer="sgd", schedule="plateau", validate_every=2, schedule_factor=0.1)
    train(config, files, tmp_path / "run", listener=listener)
    rates = [event.lr for event in listener.named("Stepped")]
    stale = [event.step for event in listener.named("Validated") if not event.best]
    assert rates[stale[0] - 1] == 20.0
    assert rates[stale[0]] == pytest.approx(2.0)


@pytest.mark.parametrize("options", [{"clip_norm": 1e-3}, {"clip_value": 1e-4}])
def test_clipping_bounds_the_update(tmp_path, files, language, options):
    biggest = []
    for number, extra in enumerate([{}, options]):
        config = language(optimizer="sgd", lr=1.0, max_steps=1, **extra)
        start = language(optimizer="sgd", lr=1e-30, max_steps=1)
        train(config, files, tmp_path / f"to{number}")
        train(start, files, tmp_path / f"from{number}")
        ends = [read_tensors(tmp_path / f"{name}{number}" / "model.safetensors") for name in ("to", "from")]
        moves = torch.cat([(ends[0][name] - ends[1][name]).flatten() for name in ends[0]])
        biggest.append(float(moves.norm() if "clip_norm" in options else moves.abs().max()))
    bound = next(iter(options.values()))
    assert biggest[0] > 2 * bound
    assert biggest[1] <= bound * 1.01


def test_autocast_computes_in_bfloat16(tmp_path, files, language):
    kinds = []

    def loss(module, batch, state):
        kinds.append((torch.ones(2, 2) @ torch.ones(2, 2)).dtype)
        return TASKS.load(LANGUAGE, "task").task.loss(module, batch, state)

    for number, on in enumerate([False, True]):
        config = language(autocast=on, max_steps=1)
        train_task(Altered(LANGUAGE, loss=loss), config, files, tmp_path / str(number))
    assert kinds == [torch.float32, torch.bfloat16]


def test_the_watched_measure_can_be_chosen(tmp_path, labelled, sentiment):
    assert train(sentiment(watch="log-loss", max_steps=2), labelled, tmp_path / "run").outcome.watch == "log-loss"
    with pytest.raises(ConfigError, match=r"'log-los' is no measure of task 'classify', did you mean 'log-loss'"):
        train(sentiment(watch="log-los"), labelled, tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_with_one_sentence_and_keeps_the_best(tmp_path, labelled, sentiment, bad):
    counted = iter(range(1, 1000))

    def loss(module, batch, state):
        good = TASKS.load("classify", "task").task.loss(module, batch, state)
        return replace(good, total=good.total * bad) if next(counted) == 12 else good

    task, run = Altered("classify", loss=loss), tmp_path / "run"
    with pytest.raises(
        RunError, match=r"stopped at update 12: the loss is (nan|inf) at learning rate 0.02; the best"
    ) as e:
        train_task(task, sentiment(), labelled, run)
    assert "clip_norm" in e.value.hint
    assert all(tensor.isfinite().all() for tensor in read_tensors(run / "model.safetensors").values())


def test_a_gradient_that_is_not_finite_never_reaches_the_weights(tmp_path, files, language):
    def loss(module, batch, state):
        good = TASKS.load(LANGUAGE, "task").task.loss(module, batch, state)
        zero = next(module.parameters()).sum() * 0.0
        return replace(good, total=good.total + torch.sqrt(zero))

    task = Altered(LANGUAGE, loss=loss)
    with pytest.raises(RunError, match=r"update 1: the gradient's norm is nan at .*; no model was validated before"):
        train_task(task, language(), files, tmp_path / "run")


def test_a_batch_in_which_nothing_counts_changes_no_weight(tmp_path, files, language):
    def loss(module, batch, state):
        good = TASKS.load(LANGUAGE, "task").task.loss(module, batch, state)
        return replace(good, total=good.total.detach() * 0.0, count=0)

    train_task(Altered(LANGUAGE, loss=loss), language(max_steps=2), files, tmp_path / "run")
    train(language(lr=1e-30, max_steps=1), files, tmp_path / "start")
    ends = [read_tensors(tmp_path / name / "model.safetensors") for name in ("run", "start")]
    assert all(torch.allclose(ends[0][name], ends[1][name], atol=1e-12) for name in ends[0])


def test_wrong_data_takes_the_new_folder_back(tmp_path, language):
    missing = Files((tmp_path / "absent.txt",))
    with pytest.raises(DataError):
        train(language(), missing, tmp_path / "runs" / "a")
    assert not (tmp_path / "runs" / "a").exists()


def test_standard_input_cannot_be_trained_on(tmp_path, files, language):
    for given in (Files((Path("-"),)), replace(files, valid=(Path("-"),))):
        with pytest.raises(
            DataError, match=r"reads its files more than once, and standard input \('-'\) comes only once"
        ):
            train(language(), given, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_feed_without_batches(tmp_path, files, language):
    class Empty:
        tokens = 0

        def epoch(self, number):
            return []

    def prepare(*arguments):
        return replace(TASKS.load(LANGUAGE, "task").task.prepare(*arguments), train=Empty())

    with pytest.raises(DataError, match=r"the training part holds no batch"):
        train_task(Altered(LANGUAGE, prepare=prepare), language(), files, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_in_the_way_is_left_alone(tmp_path, files, language):
    train(language(max_steps=1), files, tmp_path / "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(RunError, match=r"already holds a run; nothing was changed"):
        train(language(max_steps=2), files, tmp_path / "run")
    assert before == {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(tmp_path, files, language):
    with pytest.raises(BackendError, match="cuda"):
        train(language(device="cuda"), files, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_disk_that_fills_up_keeps_the_last_good_files(tmp_path, files, language, recorder, monkeypatch, whole):
    sync, run = os.fsync, tmp_path / "run"

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    listener = recorder({12: lambda: monkeypatch.setattr(os, "fsync", full)})
    with pytest.raises(RunError, match=r"no space left on the disk; the files written before are whole"):
        train(language(checkpoint_seconds=0.0), files, run, listener=listener)
    assert not list(run.rglob(".*.tmp"))
    assert checkpoint.read(run / "checkpoints" / "last.safetensors").progress.step == 11
    assert read_tensors(run / "model.safetensors")
    monkeypatch.setattr(os, "fsync", sync)
    train(language(), files, run, resume=True)
    train(language(), files, tmp_path / "once")
    assert whole(run) == whole(tmp_path / "once")


@pytest.fixture
def stopped(tmp_path, files, language, recorder):
    """A run stopped after two updates, and its checkpoint's path."""
    run = tmp_path / "run"
    train(language(), files, run, listener=recorder({2: lambda: os.kill(os.getpid(), signal.SIGINT)}))
    return run, run / "checkpoints" / "last.safetensors"


def test_a_checkpoint_that_is_damaged_foreign_or_newer(stopped, files, language):
    run, path = stopped
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(RunError, match=r"last.safetensors: damaged or not a safetensors file"):
        train(language(), files, run, resume=True)
    path.write_bytes((run / "model.safetensors").read_bytes())
    with pytest.raises(RunError, match=r"safetensors: not a checkpoint of a run: KeyError 'progress' while reading"):
        train(language(), files, run, resume=True)
    path.write_bytes(whole.replace(b'{\\"format\\": 1', b'{\\"format\\": 9'))
    with pytest.raises(RunError, match=r"safetensors was written by a newer Weft: format 9, this one reads up to 1"):
        train(language(), files, run, resume=True)
    path.write_bytes(whole)
    assert train(language(), files, run, resume=True).outcome.finished


def test_a_checkpoint_of_other_sizes(stopped, files, language):
    run, path = stopped
    saved: Checkpoint = checkpoint.read(path)
    name = next(iter(saved.model))
    checkpoint.write(path, replace(saved, model={**saved.model, name: torch.zeros(2, 2)}))
    with pytest.raises(RunError, match=rf"the weights do not fit the run's recipe: {name} is 2x2, the recipe needs"):
        train(language(), files, run, resume=True)


def test_metrics_that_are_damaged(stopped, files, language):
    run, _ = stopped
    (run / "metrics.json").write_text('{"format": 1, "best": 3}')
    with pytest.raises(RunError, match=r"metrics.json: damaged: KeyError 'finish' while reading it"):
        train(language(), files, run, resume=True)


def test_a_stop_between_validations_ships_the_better_weights_and_changes_no_bit(tmp_path, labelled, sentiment):
    class StopAt(Listener):
        def __init__(self, step):
            self.step = step

        def on_step(self, event):
            if event.step == self.step:
                os.kill(os.getpid(), signal.SIGINT)

    options = {"epochs": 3, "lr": 0.05, "watch": "log-loss"}
    whole = train(sentiment(**options), labelled, tmp_path / "whole")
    per_epoch = whole.outcome.steps // 3
    stopped = train(sentiment(**options), labelled, tmp_path / "run", listener=StopAt(2 * per_epoch - 1)).outcome
    assert stopped.stopped == "interrupt"
    assert stopped.best.step == 2 * per_epoch - 1
    assert read_metadata(tmp_path / "run" / "model.safetensors")["step"] == stopped.best.step
    train(sentiment(**options), labelled, tmp_path / "run", resume=True)
    weights = [(tmp_path / run / "model.safetensors").read_bytes() for run in ("whole", "run")]
    assert weights[0] == weights[1]


def test_a_kernel_that_cannot_run_leaves_no_folder(tmp_path):
    with pytest.raises(BackendError, match="kernel 'scan' cannot run here: cell 'gru' is not linear in its state"):
        weft.train(
            "tiny-classify",
            train=tmp_path / "not-read.csv",
            out=tmp_path / "run",
            settings=["encoder.cell=gru", "encoder.kernel=scan"],
        )
    assert not (tmp_path / "run").exists()


def test_training_feels_a_penalty_and_does_not_report_it(tmp_path, files, language, recorder):
    plain = language(optimizer="sgd", lr=1e-9, max_steps=3)
    penalized = plain.model_copy(update={"penalty": type(plain.penalty)(size=50.0)})
    heard = [recorder(), recorder()]
    for name, config, listener in zip(("plain", "penalized"), (plain, penalized), heard, strict=True):
        train(config, files, tmp_path / name, listener=listener)
    steps = list(zip(*(listener.named("Stepped") for listener in heard), strict=True))
    assert [mine.loss for mine, _ in steps] == pytest.approx([other.loss for _, other in steps])
    assert all(mine.gradient_norm != pytest.approx(other.gradient_norm, rel=1e-3) for mine, other in steps)
    scores = [listener.named("Validated")[0].watched.value for listener in heard]
    assert scores[0] == pytest.approx(scores[1])
