"""``weft rescore`` from a built-in sample to a table, in the steps a person takes."""

import json

import pytest

import weft as library
from weft.cli._exit_codes import BAD_INPUT
from weft.data.samples import misheard


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample's files and a trigram of its text."""
    folder = tmp_path_factory.mktemp("misheard")
    misheard.make(folder)
    settings = ["data.lowercase=true", "data.punctuation=remove"]
    library.train("trigram", train=folder / "train.txt", out=folder / "trigram", settings=settings)
    return folder


def lists(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_weights_are_tuned_kept_and_used(weft, sample, tmp_path):
    kept, report = tmp_path / "new" / "folder" / "weights.json", tmp_path / "reports" / "report.json"
    tuned = weft("rescore", sample / "trigram", sample / "test.jsonl", "--dev", sample / "valid.jsonl",
                 "--save-weights", kept, "--report", report, "--changed", "2")  # fmt: skip
    assert tuned.code == 0
    for words in ("which the weights were tuned on", "before", "after", "oracle", "95 % interval", "paired bootstrap",
                  "share of the gap to the oracle that is closed", "30 lists, 70 hypotheses", "said  "):  # fmt: skip
        assert words in tuned.err
    values = json.loads(report.read_text())
    assert values["oracle"]["value"] <= values["after"]["value"] < values["before"]["value"]
    assert values["closed"][0] > 0.5
    again = weft("rescore", sample / "trigram", sample / "test.jsonl", "--weights", kept)
    assert again.out == tuned.out
    assert "tuned on" not in again.err
    rows = lists(again)
    assert len(rows) == 30
    assert all(row["nbest"][0]["score"] == max(entry["score"] for entry in row["nbest"]) for row in rows)


def test_weights_by_hand_and_lists_without_references(weft, sample, tmp_path):
    path = tmp_path / "n.jsonl"
    nbest = [{"text": "WRECK A NICE BEACH", "score": -1.0}, {"text": "", "score": -1.5}]
    path.write_text(json.dumps({"id": "u", "nbest": nbest}) + "\n")
    done = weft("rescore", sample / "trigram", path, "--weights", "0,-2", "--changed", "1")
    assert done.code == 0
    assert [entry["text"] for entry in lists(done)[0]["nbest"]] == ["", "WRECK A NICE BEACH"]
    assert "without references no word error rate" in done.err
    assert "1 hypothesis without words" in done.err
    assert "before  WRECK A NICE BEACH" in done.err


def test_weights_of_a_run_that_was_trained_again_are_refused(weft, sample, tmp_path):
    kept, run = tmp_path / "weights.json", tmp_path / "trigram"
    settings = ["data.lowercase=true", "data.punctuation=remove"]
    library.train("trigram", train=sample / "train.txt", out=run, settings=[*settings, "model.order=2"])
    done = weft("rescore", sample / "trigram", sample / "test.jsonl", "--dev", sample / "valid.jsonl",
                "--save-weights", kept)  # fmt: skip
    assert done.code == 0
    done = weft("rescore", run, sample / "test.jsonl", "--weights", kept)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "holds weights for another trigram: the run's model or vocabulary has changed since" in done.err
    assert "hint: tune again with --dev DEV --save-weights FILE.json" in done.err


def test_references_in_another_case_are_an_error_or_brought_together(weft, sample, tmp_path):
    path = tmp_path / "lowered.jsonl"
    rows = [json.loads(line) for line in (sample / "valid.jsonl").read_text().splitlines()]
    path.write_text("".join(json.dumps(row | {"reference": row["reference"].lower()}) + "\n" for row in rows))
    done = weft("rescore", sample / "trigram", sample / "test.jsonl", "--dev", path)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "lowered.jsonl: references are in lower case, hypotheses in upper case" in done.err
    assert "hint: give --case lower or --case upper" in done.err
    whole = weft("rescore", sample / "trigram", sample / "test.jsonl", "--dev", sample / "valid.jsonl")
    mended = weft("rescore", sample / "trigram", sample / "test.jsonl", "--dev", path, "--case", "lower")
    assert (mended.code, mended.out) == (0, whole.out)
    assert (
        mended.err.split("which the weights were tuned on")[1] == whole.err.split("which the weights were tuned on")[1]
    )


def test_references_without_a_word_are_told(weft, sample, tmp_path):
    path = tmp_path / "silence.jsonl"
    path.write_text('{"reference": "", "nbest": [{"text": "A", "score": -1}]}\n')
    done = weft("rescore", sample / "trigram", path, "--weights", "1")
    assert done.code == 0
    assert "without a word in any reference no word error rate" in done.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "the weights come from --dev or from --weights; neither was given"),
        (("--dev", "{valid}", "--weights", "1"), "the weights come from --dev or from --weights; both were given"),
        (("--weights", "x"), "--weights 'x' is neither a .json file nor numbers"),
        (("--dev", "{unsaid}"), "unsaid.jsonl, line 1: no 'reference'"),
        (("--weights", "1", "--case", "title"), "'title'"),
        (("--weights", "1", "--report", "{unsaid}/r.json"), "the report cannot be written"),
        (("--weights", "1", "--save-weights", "{unsaid}/r.json"), "the weights cannot be written"),
        (("--dev", "{valid}", "--save-weights", "w.txt"), "--save-weights w.txt: weights are kept in a .json file"),
        (("--weights", "nan,0"), "--weights 'nan,0': weight 1 is nan; weights are finite numbers"),
    ],
)
def test_what_is_wrong_is_told(weft, sample, tmp_path, options, sentence):
    files = {"valid": sample / "valid.jsonl", "unsaid": tmp_path / "unsaid.jsonl"}
    files["unsaid"].write_text('{"nbest": [{"text": "a", "score": 1}]}\n')
    given = [option.format(**files) for option in options]
    done = weft("rescore", sample / "trigram", sample / "test.jsonl", *given)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err
    assert "which the weights were tuned on" not in done.err


def test_upper_case_for_a_run_of_lower_case_letters_is_an_error(weft, sample, language_model_run):
    done = weft("rescore", language_model_run, sample / "test.jsonl", "--weights", "1")
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "they arrive in upper case, the text it was trained on is in lower case" in done.err
    assert "hint: give --case lower" in done.err


def test_runs_that_cannot_be_told_apart_or_do_not_score(weft, sample, classifier_run):
    twice = weft("rescore", sample / "trigram", sample / "trigram", sample / "test.jsonl", "--weights", "1,1")
    assert (twice.code, twice.out) == (BAD_INPUT, "")
    assert "a run is given twice" in twice.err
    done = weft("rescore", classifier_run, sample / "test.jsonl", "--weights", "1")
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert "does not score" in done.err
