"""``weft train``: what a person sees, what is left on the disk, what goes on, what is refused."""

import json
import signal

import pytest

from weft import api
from weft.cli import _training_talk, train
from weft.cli._console import duration
from weft.cli._exit_codes import BAD_INPUT, INTERRUPTED
from weft.errors import ConfigError
from weft.training.listeners import Listener

from opinions import write_labelled

SMALL = ("--set", "embedding.size=4", "--set", "encoder.hidden=4", "--set", "training.batch_size=8")


def arguments(labelled, out, *more):
    return ("train", "tiny-classify", "--train", labelled, "--valid", labelled, "--out", out, *SMALL, *more)


def test_a_training_ends_with_a_table_and_the_next_commands(weft, tmp_path):
    out, labelled = tmp_path / "run", write_labelled(tmp_path / "enough.csv", copies=5)
    done = weft(
        *arguments(labelled, out, "--set", "training.epochs=2", "--seed", "3", "--threads", "1", "--device", "cpu")
    )
    assert done.code == 0
    assert f"{out}: best on the validation part after " in done.out
    assert "accuracy" in done.out
    assert "temperature: " in done.out
    assert "calibration error after: " in done.out
    assert f"{out}: classify, " in done.err
    assert "1 thread;" in done.err
    assert "epoch 2: accuracy" in done.err
    assert "all epochs trained after 16 updates" in done.err
    assert f"  weft evaluate {out} FILE\n  weft predict {out} FILE\n" in done.err
    assert "\x1b" not in done.out + done.err
    recipe = (out / "recipe.toml").read_text()
    assert "seed = 3" in recipe
    assert 'device = "cpu"' in recipe


def test_a_folder_that_holds_a_run_is_refused_and_left_as_it_is(weft, labelled, classifier_run):
    before = {path: path.read_bytes() for path in classifier_run.iterdir() if path.is_file()}
    done = weft(*arguments(labelled, classifier_run))
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "already holds a run; nothing was changed" in done.err
    assert "--resume" in done.err
    assert {path: path.read_bytes() for path in classifier_run.iterdir() if path.is_file()} == before


def test_a_time_limit_ends_well_and_resume_goes_on(weft, labelled, tmp_path):
    out = tmp_path / "run"
    done = weft(*arguments(labelled, out, "--set", "training.epochs=3", "--time-limit", "0s"))
    assert done.code == 0
    assert "time limit reached after" in done.err
    assert "go on with the same command and --resume" in done.err
    resumed = weft(*arguments(labelled, out, "--set", "training.epochs=3", "--resume"))
    assert resumed.code == 0
    assert "all epochs trained after 18 updates" in resumed.err
    assert json.loads((out / "metrics.json").read_text())["stopped"] == "epochs"


def test_ctrl_c_leaves_a_run_and_says_how_to_go_on(weft, labelled, tmp_path, monkeypatch):
    class Stop(_training_talk.PlainTalk):
        def on_step(self, event):
            if event.step == 2:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(train, "training_talk", Stop)
    out = tmp_path / "run"
    done = weft(*arguments(labelled, out, "--set", "training.epochs=2"))
    assert done.code == INTERRUPTED
    assert "stopping after update 2; the run is being made whole" in done.err
    assert "interrupted after 2 updates" in done.err
    assert "go on with the same command and --resume" in done.err
    assert weft("predict", out, stdin=b"good\n").code == 0


def test_init_starts_from_another_run(weft, labelled, classifier_run, tmp_path):
    done = weft(
        *("train", "tiny-classify", "--train", labelled, "--valid", labelled, "--out", tmp_path / "run"),
        *("--init", classifier_run, "--set", "embedding.size=8", "--set", "encoder.hidden=8"),
        *("--set", "training.epochs=1"),
    )
    assert done.code == 0


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--set", "training.epoch=2"), "training.epoch: unknown key, did you mean 'epochs'?"),
        (("--set", "data.text=review"), "no column 'review'"),
        (("--time-limit", "soon"), "--time-limit 'soon' is no length of time"),
        (("--device", "tpu"), "Invalid value for '--device'"),
        (("--trials", "2"), "search"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_written(weft, labelled, tmp_path, more, sentence):
    done = weft(*arguments(labelled, tmp_path / "run", *more))
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").glob("*.safetensors"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1.5", 1.5), ("90s", 90), ("40m", 2400), ("1h30m", 5400), ("2h", 7200)]
)
def test_lengths_of_time_are_read(text, seconds):
    assert train._seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 minutes", "1m1h", "-3"])
def test_no_length_of_time(text):
    with pytest.raises(ConfigError, match="is no length of time"):
        train._seconds(text)


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")])
def test_lengths_of_time_are_shown(seconds, text):
    assert duration(seconds) == text


def test_the_bar_shows_loss_measure_speed_and_time_left(labelled, tmp_path, monkeypatch, capsys):
    import weft

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(_training_talk, "REDRAW", 0.0)
    talk = _training_talk.training_talk()
    assert isinstance(talk, _training_talk.BarTalk)
    assert isinstance(talk, Listener)
    settings = ["embedding.size=4", "encoder.hidden=4", "training.epochs=2"]
    weft.train("tiny-classify", train=labelled, valid=labelled, out=tmp_path / "run", settings=settings, listener=talk)
    shown = capsys.readouterr().err
    for word in ("epoch 2", "loss ", "accuracy ", "tokens/s", " left", "(best)"):
        assert word in shown
    talk.close()


@pytest.mark.parametrize("settings", ["training.epochs=2", {"training.epochs": 2}])
def test_settings_from_python_are_a_list_of_texts(labelled, tmp_path, settings):
    with pytest.raises(ConfigError, match="settings must be a list of texts, got "):
        api.train("tiny-classify", train=labelled, out=tmp_path / "run", settings=settings)


def test_resume_without_a_run_says_that_it_begins(weft, labelled, tmp_path):
    out = tmp_path / "run"
    done = weft(*arguments(labelled, out, "--set", "training.max_steps=1", "--resume"))
    assert done.code == 0
    assert f"note: there is no {out} to go on with; training begins at the start\n" in done.err
    assert "all of training.max_steps made after 1 update, " in done.err
