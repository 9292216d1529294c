"""A model in closed form: the same run folder, whole or not there, and nothing to go on with in the middle."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

import weft
from weft.bundle import create
from weft.config import dump, resolve
from weft.errors import ConfigError, DataError, RunError
from weft.tasks.ngram.task import NGramTask
from weft.training import Listener, card, random_search, train
from weft.training.progress import Best
from weft.types import Files, Score

CONFIG = resolve({"task": "ngram"})


class Stop(Listener):
    """Ctrl-C while it works."""

    def on_working(self, event):
        if event.what != "reading the data":
            raise KeyboardInterrupt


def contents(run):
    return sorted(path.name for path in run.iterdir())


def test_a_run_holds_what_every_run_does_but_curves(tmp_path, files):
    summary = train(CONFIG, files, tmp_path / "run")
    run, outcome = summary.run, summary.outcome
    assert contents(run) == [
        "README.md",
        "log.jsonl",
        "metrics.json",
        "model.safetensors",
        "recipe.toml",
        "vocabulary.json",
    ]
    metrics = json.loads((run / "metrics.json").read_text())
    assert (metrics["stopped"], metrics["steps"], metrics["epochs"]) == ("fitted", 0, 0)
    assert outcome.finished
    assert metrics["best"]["scores"][0]["name"] == outcome.watch == outcome.watched.name
    assert metrics["finish"] == dict(zip(("1-grams", "2-grams", "3-grams"), metrics["finish"].values(), strict=True))
    assert metrics["finish"]["1-grams"] == len(weft.load(run).vocabulary.text)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in log] == ["validation", "end"]
    card = (run / "README.md").read_text()
    assert "A model of task `ngram`, fitted with Weft" in card
    assert "the model itself follows from the training part alone" in card
    assert "`train.txt` (sha256 `" in card
    assert "curves.png" not in card
    assert str(files.train[0].parent) not in card + json.dumps(metrics) + (run / "recipe.toml").read_text()


def test_a_card_shows_no_interval_where_there_is_none(tmp_path, files):
    summary = train(CONFIG, files, tmp_path / "run")
    best = summary.outcome.best
    scores = tuple(replace(score, signature="n:3|interval:none|weft:0") for score in best.scores)
    outcome = replace(summary.outcome, best=replace(best, scores=scores))
    card.write(tmp_path / "run", NGramTask(), CONFIG, outcome)
    assert (tmp_path / "run" / "README.md").read_text().count("| - |") == len(scores) > 0


def test_a_score_that_no_file_could_hold_is_no_number_when_it_is_read():
    score = vars(Score("perplexity", 1.0, "", 1, "symbols", 1.0, 1.0, "n:1")) | {"value": None, "high": None}
    (read,) = Best.from_json({"step": 1, "epoch": 0, "scores": [score]}).scores
    assert (math.isnan(read.value), read.low, math.isnan(read.high)) == (True, 1.0, True)


def test_listeners_hear_of_the_work_and_the_end(tmp_path, files, recorder):
    class Hears(recorder):
        def on_working(self, event):
            self.events.append(event)

    listener = Hears()
    train(CONFIG, files, tmp_path / "run", listener=listener)
    told = [event.what for event in listener.named("Working")]
    assert told[0] == "reading the data"
    assert told[-1] == "measuring on the validation part"
    assert (len(listener.named("Validated")), listener.named("Ended")[0].stopped) == (1, "fitted")
    assert not listener.named("Begun") + listener.named("Stepped")


def test_a_finished_run_has_nothing_to_resume(tmp_path, files):
    train(CONFIG, files, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    summary = train(CONFIG, files, tmp_path / "run", resume=True)
    assert summary.notes == (f"{tmp_path / 'run'} has finished training (fitted); there is nothing to resume",)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    with pytest.raises(RunError, match="already holds a run; nothing was changed"):
        train(CONFIG, files, tmp_path / "run")
    with pytest.raises(RunError, match=r"begun with another recipe: model.order was 3 and is 4 now"):
        train(resolve({"task": "ngram"}, ["model.order=4"]), files, tmp_path / "run", resume=True)


def test_an_interrupted_run_is_gone(tmp_path, files):
    with pytest.raises(KeyboardInterrupt):
        train(CONFIG, files, tmp_path / "run", listener=Stop())
    assert not (tmp_path / "run").exists()


def test_an_unfinished_run_begins_again(tmp_path, files, recorder, whole):
    create(tmp_path / "run", dump(CONFIG))  # what a kill leaves
    with pytest.raises(RunError, match=r"vocabulary.json: no such file"):
        weft.load(tmp_path / "run")
    listener = recorder()
    train(CONFIG, files, tmp_path / "run", resume=True, listener=listener)
    note = f"{tmp_path / 'run'} holds no checkpoint yet; training begins at the start"
    assert listener.notes[0] == note
    assert note not in train(CONFIG, files, tmp_path / "other").notes
    assert whole(tmp_path / "run") == whole(tmp_path / "other")


def test_what_is_wrong_leaves_no_folder(tmp_path, files, monkeypatch):
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(DataError, match="every training text is empty"):
        train(CONFIG, Files((tmp_path / "empty.txt",), files.valid), tmp_path / "run")
    monkeypatch.setattr("weft.training.closed_form.card.write", fails)
    with pytest.raises(RunError, match="no space left"):
        train(CONFIG, files, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def fails(*_):
    raise RunError("no space left")


def test_what_needs_updates_is_refused_before_a_folder_is_made(tmp_path, files):
    first = train(CONFIG, files, tmp_path / "first").run
    with pytest.raises(ConfigError, match=r"--init .*first: a model of task 'ngram' follows from its text"):
        train(CONFIG, files, tmp_path / "run", init=first)
    with pytest.raises(ConfigError, match="a time limit cannot end a model of task 'ngram' early"):
        train(CONFIG, files, tmp_path / "run", time_limit=5.0)
    with pytest.raises(DataError, match=r"standard input \('-'\) comes only once"):
        train(CONFIG, Files((Path("-"),)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_trials_find_the_best_order(tmp_path, files):
    config = resolve({"task": "ngram", "search": {"model.order": {"choices": [1, 2, 3]}}})
    search = random_search(config, files, tmp_path / "search", trials=3)
    values = [trial.score.value for trial in search.trials]
    assert values == sorted(values)
    assert weft.load(search.run).config.model.order == search.trials[0].settings["model.order"]
    with pytest.raises(ConfigError, match="a time limit cannot end"):
        random_search(config, files, tmp_path / "other", trials=2, time_limit=9.0)


def test_a_damaged_model_is_told_with_its_file(tmp_path, files):
    run = train(CONFIG, files, tmp_path / "run").run
    text = (run / "recipe.toml").read_text()
    (run / "recipe.toml").write_text(text.replace("order = 3", "order = 2"))
    with pytest.raises(RunError, match=r"model\.safetensors: the n-grams do not fit .*: order 3, not 2"):
        weft.load(run)
    (run / "recipe.toml").write_text(text)
    (run / "model.safetensors").write_bytes(b"x")
    with pytest.raises(RunError, match="damaged or not a safetensors file"):
        weft.load(run)


def test_the_notes_of_a_closed_form_are_kept(tmp_path, files, monkeypatch):
    real = NGramTask.fit
    monkeypatch.setattr(NGramTask, "fit", lambda *given: type(fit := real(*given))(fit.arrays, ("an odd text",)))
    summary = train(CONFIG, files, tmp_path / "run")
    assert summary.notes == ("an odd text",)
    assert "- an odd text" in (summary.run / "README.md").read_text()
