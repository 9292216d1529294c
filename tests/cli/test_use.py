"""The commands that use a run: evaluate, predict, score, generate."""

import json

import pytest

from weft.cli import _answering
from weft.cli._exit_codes import BAD_INPUT, UNANSWERED


def rows(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_predict_answers_standard_input_in_order(weft, classifier_run):
    done = weft("predict", classifier_run, "--alternatives", "1", stdin=b"a good film\na bad film\n")
    first, second = rows(done)
    assert (done.code, done.err) == (0, "")
    assert set(first) == {"label", "probability", "alternatives"}
    assert first["label"] in ("good", "bad")
    assert first["alternatives"] == [{"label": first["label"], "probability": first["probability"]}]
    assert second != first


def test_a_bad_line_is_answered_in_its_place_and_the_rest_goes_on(weft, classifier_run):
    text = b"good\n\nbad \xff film\nbad\n"
    done = weft("predict", classifier_run, stdin=text)
    answers = rows(done)
    assert done.code == 0
    assert [("error" in row) for row in answers] == [False, True, False, False]
    assert answers[1] == {"error": "holds no symbol: ''", "line": 2}
    assert "1 of 4 rows could not be answered, the first on line 2" in done.err
    assert "invalid UTF-8 replaced by U+FFFD (line 3)" in done.err
    assert weft("predict", classifier_run, "--strict", stdin=text).code == UNANSWERED
    assert weft("predict", classifier_run, "--strict", stdin=b"good\n").code == 0


def test_predict_reads_every_format_by_its_columns(weft, classifier_run, labelled, tmp_path):
    by_line = weft("predict", classifier_run, labelled)
    assert len(rows(by_line)) == 48
    path = tmp_path / "r.jsonl"
    path.write_text('{"review": "good"}\n{"review": ["good"]}\nnot json\n{"other": 1}\n', encoding="utf-8")
    good, listed, broken, missing = rows(weft("predict", classifier_run, path, "--column", "review"))
    assert "label" in good
    assert listed == {"error": "the text is a list, not text", "line": 2}
    assert broken["error"].startswith("line skipped, not a JSON object")
    assert missing == {"error": "row skipped: no 'review'", "line": 4}
    wrong = weft("predict", classifier_run, labelled, "--column", "txt")
    assert wrong.code == BAD_INPUT
    assert "no column 'txt', did you mean 'text'?" in wrong.err
    assert "hint: say which column holds the text: --column NAME\n" in wrong.err


@pytest.mark.parametrize("command", ["predict", "score"])
def test_a_column_of_what_has_none_is_refused(weft, classifier_run, language_model_run, lines, command):
    run = classifier_run if command == "predict" else language_model_run
    for source, name in ((lines, str(lines)), ("-", "standard input")):
        done = weft(command, run, source, "--column", "review", stdin=b"good\n")
        assert (done.code, done.out) == (BAD_INPUT, "")
        assert f"--column review: {name} has no named columns, a line of it is a text" in done.err


def test_answers_do_not_depend_on_how_the_rows_are_cut_into_pieces(weft, classifier_run, labelled, monkeypatch):
    whole = rows(weft("predict", classifier_run, labelled))
    monkeypatch.setattr(_answering, "PIECE", 5)
    cut = rows(weft("predict", classifier_run, labelled))
    assert [row["label"] for row in cut] == [row["label"] for row in whole]
    assert [row["probability"] for row in cut] == pytest.approx([row["probability"] for row in whole], rel=1e-5)


def test_score_gives_a_row_a_line(weft, language_model_run):
    done = weft("score", language_model_run, stdin="a good film\nüß\n".encode())
    first, second = rows(done)
    assert (done.code, done.err) == (0, "")
    assert {"logp", "symbols", "unknown", "bits_per_character"} <= set(first)
    assert first["logp"] < 0
    assert (first["symbols"], first["unknown"]) == (12, 0)
    assert second["unknown"] == 2


def test_generate_streams_one_sample_and_is_seeded(weft, language_model_run):
    options = ("--prompt", "a good", "--length", "30")
    done = weft("generate", language_model_run, *options)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("a good")
    assert len(done.out) == len("a good") + 30 + 1
    assert weft("generate", language_model_run, *options).out == done.out
    assert weft("generate", language_model_run, *options, "--seed", "2").out != done.out


def test_generate_several_samples_and_json(weft, language_model_run):
    options = ("--prompt", "a ", "--length", "10", "--samples", "3")
    answers = rows(weft("generate", language_model_run, *options, "--json"))
    assert [row["prompt"] for row in answers] == ["a "] * 3
    assert [len(row["text"]) for row in answers] == [10] * 3
    plain = weft("generate", language_model_run, *options).out
    assert plain == "\n".join("a " + row["text"] + "\n" for row in answers)
    alone = weft("generate", language_model_run, "--prompt", "a ", "--length", "10").out
    assert alone == "a " + answers[0]["text"] + "\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--temperature", "-1"), "temperature"),
        (("--top-p", "0"), "top_p"),
        (("--top-k", "-2"), "top_k"),
        (("--device", "tpu"), "tpu"),
    ],
)
def test_settings_out_of_range_are_told(weft, language_model_run, options, sentence):
    done = weft("generate", language_model_run, "--prompt", "a good", *options)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err


def test_evaluate_shows_scores_and_classes(weft, classifier_run, labelled, tmp_path):
    picture = tmp_path / "confusion.png"
    done = weft("evaluate", classifier_run, labelled, "--confusion", picture, "--no-leak-check")
    assert done.code == 0
    for word in ("accuracy", "macro-f1", "95 % interval", "48 texts", "n:48|", "precision", "good", "bad"):
        assert word in done.out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert done.err == f"{picture} drawn\n"


def test_a_picture_that_cannot_be_is_told(weft, classifier_run, labelled, tmp_path):
    for name, why in (("none/c.png", "No such file or directory"), ("c.xyz", "its ending names no format of pictures")):
        done = weft("evaluate", classifier_run, labelled, "--confusion", tmp_path / name)
        assert done.code == BAD_INPUT
        assert f"{name}: the picture cannot be written: {why}" in done.err
    assert not list(tmp_path.glob("c.*"))


def test_evaluate_json(weft, classifier_run, labelled):
    values = json.loads(weft("evaluate", classifier_run, labelled, "--json").out)
    assert {"scores", "classes", "confusion", "notes"} <= set(values)
    assert sum(map(sum, values["confusion"])) == 48
    assert {"name", "value", "n", "low", "high", "signature"} <= set(values["scores"][0])


def test_evaluate_a_language_model(weft, language_model_run, lines, tmp_path):
    done = weft("evaluate", language_model_run, lines, "--no-leak-check")
    assert (done.code, done.err) == (0, "")
    assert "bits-per-character" in done.out
    drawn = weft("evaluate", language_model_run, lines, "--confusion", tmp_path / "c.png")
    assert drawn.code == BAD_INPUT
    assert "there is nothing to draw" in drawn.err
    assert not (tmp_path / "c.png").exists()


@pytest.mark.parametrize(
    ("command", "run", "sentence"),
    [
        ("generate", "classifier_run", "does not generate"),
        ("score", "classifier_run", "does not score"),
        ("predict", "language_model_run", "does not predict"),
    ],
)
def test_a_run_that_cannot_do_this_says_so_before_it_reads(weft, request, command, run, sentence):
    done = weft(command, request.getfixturevalue(run), stdin=b"text\n")
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err


@pytest.mark.parametrize("command", ["predict", "score", "generate", "evaluate"])
def test_a_missing_run_is_told(weft, command, tmp_path, labelled):
    done = weft(command, tmp_path / "none", *([labelled] if command == "evaluate" else []))
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "none" in done.err
    assert "\nhint: " in done.err


def test_a_missing_file_is_told(weft, classifier_run, tmp_path):
    done = weft("predict", classifier_run, tmp_path / "none.csv")
    assert done.code == BAD_INPUT
    assert "no such file" in done.err
