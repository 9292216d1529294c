"""weft explain: strips, files and plain values of any recurrent run; what cannot be explained is one sentence."""

import json
import os
import re
import subprocess
import sys

import pytest

from weft.cli import _shades
from weft.cli._exit_codes import BAD_INPUT


def test_strips_on_standard_output(weft, classifier_run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    done = weft("explain", classifier_run, "--text", "a warm film", "--units", "0,5")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith('"a warm film": 3 symbols read by gru\nlabel ')
    for word in ("layer 0, forward", "layer 0, reverse", "reset gate", "update gate", "|candidate|", "  unit 5"):
        assert word in done.out
    assert "\x1b" not in done.out
    assert set("▁▂▃▄▅▆▇█") & set(done.out)
    assert max(map(len, done.out.splitlines())) <= 90


@pytest.mark.parametrize("arguments", [("-",), ("--text", "-")])
def test_a_text_on_standard_input(weft, language_model_run, arguments):
    done = weft("explain", language_model_run, *arguments, "--json", stdin="a güt film\r\n".encode())
    values = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert values["text"] == "a güt film"
    assert values["kind"] == "gates"
    assert [symbol["known"] for symbol in values["symbols"]].count(False) == 1
    assert values["said"]["symbols"] == len(values["symbols"]) == 11
    assert len(values["traces"][0]["gates"][0]["units"]) == 8


@pytest.mark.parametrize("name", ["trace.html", "trace.png"])
def test_a_file_instead_of_strips(weft, classifier_run, tmp_path, name):
    done = weft("explain", classifier_run, "--text", "a warm film", "--out", tmp_path / name)
    assert (done.code, done.out, done.err) == (0, "", f"{tmp_path / name} written\n")
    assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "no text to explain"),
        (("--text", ""), "the text holds no symbol: ''"),
        (("--text", "  "), "the text holds no symbol: '  '"),
        (("-", "--text", "good"), "both --text and - give a text"),
        (("good film",), "expected - (standard input) or nothing, got 'good film'"),
        (("--text", "good", "--units", "999"), "there is no unit 999: the layers of this run have 8 units"),
        (("--text", "good", "--units", "1,two"), "--units 1,two: expected whole numbers from 0, parted by commas, got"),
        (("--text", "good", "--units", "-1"), "--units -1: expected whole numbers from 0"),
        (("--text", "good", "--out", "trace.gif"), "trace.gif: unknown ending '.gif'"),
        (("--text", "good", "--kind", "gate"), "unknown explanation 'gate', did you mean 'gates'?"),
    ],
)
def test_bad_input_is_one_sentence(weft, classifier_run, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    done = weft("explain", classifier_run, *arguments)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert done.err.startswith(f"error: {sentence}")
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_page_is_made_and_one_that_cannot_be_is_told_first(weft, classifier_run, tmp_path):
    done = weft("explain", classifier_run, "--text", "good", "--out", tmp_path / "none" / "trace.html")
    assert done.code == 0
    assert [path.name for path in (tmp_path / "none").iterdir()] == ["trace.html"]
    taken = tmp_path / "none" / "trace.html" / "more.html"
    done = weft("explain", classifier_run, "--text", "good", "--out", taken)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert done.err.startswith(f"error: {taken}: the explanation cannot be written: ")


@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_adds_color_and_nothing_else(weft, classifier_run, monkeypatch, no_color):
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    plain = weft("explain", classifier_run, "--text", "a [bold]warm film").out
    monkeypatch.setattr(_shades, "_on_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    drawn = weft("explain", classifier_run, "--text", "a [bold]warm film").out
    assert ("\x1b[" in drawn) is not no_color
    bare = re.sub(r"\x1b\[[0-9;]*m", "", drawn)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_an_output_that_knows_ascii_alone_gets_digits_and_no_picture_library_is_loaded(classifier_run):
    script = (
        "import sys\nfrom weft.cli import main\n"
        f"try:\n    main(['explain', {str(classifier_run)!r}, '--text', 'a warm fülm'])\n"
        "except SystemExit as left:\n"
        "    print(left.code, sorted({'matplotlib', 'sklearn', 'pyarrow'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environment, check=True, text=True)
    lines = done.stdout.splitlines()
    assert lines[-1] == "0 []"
    assert re.search(r"^reset gate .* \d{4} \d{4} \d{4}$", "\n".join(lines), re.MULTILINE)
    assert "f?lm" in done.stdout


def test_the_kind_that_fits_is_taken_and_another_can_be_named(weft, classifier_run, language_model_run, trigram_run):
    arguments = ("--text", "a warm film", "--json")
    for run, kind in ((classifier_run, "gates"), (language_model_run, "gates"), (trigram_run, "surprise")):
        assert json.loads(weft("explain", run, *arguments).out)["kind"] == kind
    assert json.loads(weft("explain", language_model_run, *arguments, "--kind", "surprise").out)["kind"] == "surprise"


@pytest.mark.parametrize(
    ("run", "arguments", "sentence"),
    [
        ("classifier_run", ("--kind", "surprise"), "a run of task 'classify' predicts no next symbol"),
        ("trigram_run", ("--kind", "gates"), "a run of task 'ngram' has no recurrent encoder (NGramModel)"),
        (
            "language_model_run",
            ("--kind", "surprise", "--units", "3"),
            "surprise is of the whole model, it has no units",
        ),
    ],
)
def test_a_kind_that_does_not_fit_is_one_sentence(weft, request, run, arguments, sentence):
    done = weft("explain", request.getfixturevalue(run), "--text", "a film", *arguments)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert done.err.startswith(f"error: {sentence}")


@pytest.mark.parametrize("name", ["surprise.html", "surprise.pdf"])
def test_surprise_as_a_file(weft, language_model_run, tmp_path, name):
    options = ("--text", "a warm film", "--kind", "surprise", "--out", tmp_path / name)
    done = weft("explain", language_model_run, *options)
    assert (done.code, done.out, done.err) == (0, "", f"{tmp_path / name} written\n")
    assert (tmp_path / name).stat().st_size > 1000


def test_surprise_is_colored_on_a_terminal(weft, language_model_run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    options = ("--text", "a [bold]warm film", "--kind", "surprise")
    plain = weft("explain", language_model_run, *options).out
    monkeypatch.setattr(_shades, "_on_terminal", lambda: True)
    drawn = weft("explain", language_model_run, *options).out
    assert re.search(r"\x1b\[38;[25];[\d;]+ma\x1b\[0m", drawn)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", drawn)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()
