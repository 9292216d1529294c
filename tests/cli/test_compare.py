"""``weft compare --runs``: two runs and a file in, a table or JSON out."""

import json

import pytest

import weft as library
from weft.cli._exit_codes import BAD_INPUT

MEASURES = ["accuracy", "macro-f1", "log-loss", "calibration-error"]


@pytest.fixture(scope="module")
def untrained(tmp_path_factory, labelled):
    """The classifier of ``classifier_run`` after a single update."""
    out = tmp_path_factory.mktemp("runs") / "untrained"
    settings = ["embedding.size=8", "encoder.hidden=8", "training.max_steps=1", "training.batch_size=8"]
    library.train("tiny-classify", train=labelled, valid=labelled, out=out, settings=settings)
    return out


@pytest.mark.parametrize("first", ["--runs A B FILE", "A B FILE --runs"])
def test_a_table_says_who_is_better(weft, untrained, classifier_run, labelled, first):
    given = {"A": untrained, "B": classifier_run, "FILE": labelled}
    done = weft("compare", *(given.get(word, word) for word in first.split()))
    assert (done.code, done.err.count("calibration-error")) == (0, 1)
    head, *rows = done.out.splitlines()
    assert head.split("  ")[0] == "measure"
    for word in ("difference", "its interval", "verdict", "95 % interval"):
        assert word in head
    assert rows[0].split()[:2] == ["accuracy", "untrained"]
    assert rows[1].split()[0] == "classifier"
    assert rows[1].split()[-1] in ("better", "chance")
    assert "  accuracy, share, 48 texts: n:48|classes:2|" in done.out
    assert "  accuracy, classifier less untrained: n:48|differing:" in done.out


def test_json_for_programs(weft, untrained, classifier_run, labelled):
    done = weft("compare", "--runs", untrained, classifier_run, labelled, "--json")
    values = json.loads(done.out)
    assert set(values["measures"]) <= {*MEASURES, "micro-f1"}
    base, other = values["measures"]["log-loss"]
    assert (base["run"], other["run"]) == ("untrained", "classifier")
    apart = other["difference"]
    assert apart["value"] == pytest.approx(other["score"]["value"] - base["score"]["value"])
    assert apart["low"] <= apart["value"] <= apart["high"]
    assert other["verdict"] == "better"


def test_language_models_are_compared_block_by_block(weft, language_model_run, trigram_run, lines, tmp_path):
    done = weft("compare", "--runs", language_model_run, trigram_run, lines)
    assert done.code == 0
    assert "nats-per-symbol" in done.out
    assert "cannot be paired in likelihood: they cut the text into different symbols or blocks" in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("A", "B", "FILE"), "compare needs --runs"),
        (("--runs", "A", "FILE"), "--runs needs two runs or more and a file, got "),
        (("--runs", "A", "A", "FILE"), "a run is given twice"),
        (("--runs", "A", "L", "FILE"), "the runs share no measure"),
        (("--runs", "A", "NOWHERE", "FILE"), "nowhere"),
        (("--runs", "A", "B", "-"), "standard input ('-') comes only once"),
        (("--runs",), "Missing argument"),
    ],
)
def test_what_is_wrong_is_told(weft, untrained, classifier_run, language_model_run, labelled, arguments, sentence):
    given = {"A": untrained, "B": classifier_run, "L": language_model_run, "FILE": labelled, "NOWHERE": "/nowhere"}
    done = weft("compare", *(given.get(word, word) for word in arguments))
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err
    assert "Traceback" not in done.err
