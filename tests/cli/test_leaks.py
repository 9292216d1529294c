"""Texts of the training data in a test: found, counted, and every score again without them."""

import json
import shutil

import pytest

from weft.cli._exit_codes import BAD_INPUT
from weft.errors import DataError
from weft.model import load

from opinions import write_labelled

NEW = ["nobody laughed at any of it", "the second half was much too long", "i would see it again tomorrow"]
LEAKED = ["a warm and lovely play", "A cold, and empty play!"]
SHORT = "good fun"


@pytest.fixture
def opinions(tmp_path):
    """A test file of lines, and the same without those of the training data; line 2 and 4 are from there."""
    mixed, clean = tmp_path / "test.txt", tmp_path / "clean.txt"
    mixed.write_text("\n".join([NEW[0], LEAKED[0], SHORT, LEAKED[1], NEW[1], NEW[2], NEW[0]]) + "\n")
    clean.write_text("\n".join([NEW[0], SHORT, NEW[1], NEW[2], NEW[0]]) + "\n")
    return mixed, clean


@pytest.fixture
def reviews(tmp_path):
    """The same with labels."""
    mixed, clean = tmp_path / "test.csv", tmp_path / "clean.csv"
    rows = [f'"{NEW[0]}",bad', f'"{LEAKED[0]}",good', f'"{NEW[1]}",bad', f'"{NEW[2]}",good', f'"{LEAKED[1]}",bad']
    mixed.write_text("\n".join(["text,label", *rows, f"{SHORT},good"]) + "\n")
    clean.write_text("\n".join(["text,label", rows[0], rows[2], rows[3]]) + "\n")
    return mixed, clean


@pytest.fixture
def moved(language_model_run, lines, tmp_path):
    """A copy of the run and its data, to be spoiled."""
    (tmp_path / "runs").mkdir()
    shutil.copytree(language_model_run, tmp_path / "runs" / "run")
    metrics = tmp_path / "runs" / "run" / "metrics.json"
    values = json.loads(metrics.read_text())
    assert values["files"]["train"] == values["files"]["valid"]
    values["files"] = {"train": ["../data.txt"], "valid": ["../data.txt"]}
    metrics.write_text(json.dumps(values))
    shutil.copy(lines, tmp_path / "runs" / "data.txt")
    return tmp_path / "runs" / "run"


def test_a_language_models_leaks_are_left_out_of_the_stream(language_model_run, opinions):
    mixed, clean = opinions
    model = load(language_model_run)
    result = model.evaluate(mixed)
    assert result.leaks.overlap.exact == ((str(mixed), 2),)
    assert result.leaks.overlap.near == ((str(mixed), 4),)
    assert (result.leaks.overlap.short, result.leaks.overlap.repeated) == (1, 1)
    assert result.leaks.rest.scores == model.evaluate(clean).scores
    assert result.scores == model.evaluate(mixed, leaks=False).scores != result.leaks.rest.scores


def test_a_classifiers_leaks_count_however_short_they_are(classifier_run, reviews):
    mixed, clean = reviews
    model = load(classifier_run)
    result = model.evaluate(mixed)
    assert [line for _, line in result.leaks.overlap.exact] == [3, 7]
    assert [line for _, line in result.leaks.overlap.near] == [6]
    rest, alone = result.leaks.rest, model.evaluate(clean)
    assert (rest.scores, rest.classes) == (alone.scores, alone.classes)
    assert rest.scores[0].n == 3


def test_a_test_without_leaks_is_measured_once(language_model_run, opinions, monkeypatch):
    model = load(language_model_run)
    measured = []
    read = model.task.read
    monkeypatch.setattr(model.task, "read", lambda *given, **more: (measured.append(more), read(*given, **more))[1])
    result = model.evaluate(opinions[1])
    assert (result.leaks.overlap.found, result.leaks.rest, len(measured)) == (0, None, 1)
    assert next(result.leaks.sentences()) == "none of 5 lines stands in the training data (lines.txt)"


def test_other_files_can_be_named(language_model_run, classifier_run, opinions, reviews, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(f"something else\n{NEW[1]}\n")
    for run, test, line in ((language_model_run, opinions[0], 5), (classifier_run, reviews[0], 4)):
        result = load(run).evaluate(test, against=other)
        assert result.leaks.overlap.exact == ((str(test), line),)
        assert result.leaks.against == ("other.txt",)
    with pytest.raises(DataError, match=r"no such file: .*none\.txt"):
        load(language_model_run).evaluate(opinions[0], against=[tmp_path / "none.txt"])


def test_when_nothing_is_left_there_is_no_second_score(classifier_run, tmp_path):
    result = load(classifier_run).evaluate(write_labelled(tmp_path / "again.csv"))
    assert (result.leaks.overlap.found, result.leaks.rest) == (48, None)
    assert list(result.leaks.sentences())[1:] == [
        "nothing is left to measure without them",
        "36 texts repeat an earlier one of the test",
    ]
    assert result.to_json()["without_leaks"]["scores"] is None


def test_what_cannot_be_checked_is_said(moved, opinions, monkeypatch):
    model = load(moved)
    assert model.evaluate(opinions[0]).leaks.overlap.found == 2
    data = moved.parent / "data.txt"
    data.write_text(data.read_text() + "one line more\n")
    result = model.evaluate(opinions[0])
    assert result.leaks is None
    assert result.to_json()["without_leaks"] is None
    assert result.notes[-1].startswith("not checked for texts of the training data: ")
    assert "data.txt: the file has changed since the run was trained on it; name the training files" in result.notes[-1]
    data.unlink()
    assert "the run's training texts are not there any more" in model.evaluate(opinions[0]).notes[-1]
    model.run = None
    assert "no run folder that says where its training texts are" in model.evaluate(opinions[0]).notes[-1]


def test_the_command_shows_both_tables(weft, language_model_run, opinions):
    done = weft("evaluate", language_model_run, opinions[0])
    assert done.code == 0
    assert (
        "note: 2 of 7 lines stand in the training data (lines.txt), 1 exactly and 1 nearly: test.txt:2, test.txt:4\n"
        "note: left out of this count: 1 line of fewer than 4 words that recur as well, as so short ones do by chance\n"
        "note: 1 line repeats an earlier one of the test\n"
    ) in done.err
    assert done.out.count("nats-per-symbol  ") == 2
    assert "\nwithout 2 lines of the training data\n" in done.out
    values = json.loads(weft("evaluate", language_model_run, opinions[0], "--json").out)["without_leaks"]
    assert {key: values[key] for key in ("against", "lines", "exact", "near", "short", "repeated")} == {
        "against": ["lines.txt"], "lines": 7, "exact": 1, "near": 1, "short": 1, "repeated": 1
    }  # fmt: skip
    assert values["first"] == [{"file": str(opinions[0]), "line": line} for line in (2, 4)]
    assert values["scores"][0]["name"] == "nats-per-symbol"


def test_the_command_asks_for_no_contradiction(weft, language_model_run, opinions):
    done = weft("evaluate", language_model_run, opinions[0], "--against", opinions[1], "--no-leak-check")
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert done.err.startswith("error: --against says where to look for leaks, --no-leak-check not to")


def test_standard_input_is_measured_and_not_checked(weft, language_model_run):
    done = weft("evaluate", language_model_run, "-", stdin=f"{LEAKED[0]}\n".encode())
    assert done.code == 0
    assert done.err == (
        "note: not checked for texts of the training data: standard input comes only once; write it to a file first\n"
    )
