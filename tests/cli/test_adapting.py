"""``weft evaluate`` of a model that learns from the text on its way: options, tables, JSON, refusals."""

import json

import pytest

from weft.cli._exit_codes import BAD_INPUT

QUICK = ("--no-leak-check",)


def test_the_variants_stand_below_the_plain_scores(weft, language_model_run, lines):
    done = weft(
        "evaluate", language_model_run, lines, *QUICK, "--dynamic", "--dynamic-rate", "0.5", "--dynamic-segment", "9",
        "--cache", "--cache-size", "40",
    )  # fmt: skip
    assert done.code == 0
    plain = weft("evaluate", language_model_run, lines, *QUICK)
    assert done.out.startswith(plain.out)
    table = done.out.removeprefix(plain.out).strip().splitlines()
    assert [line.split("  ")[0] for line in table[:5]] == ["read", "in order", "cache", "dynamic", "dynamic+cache"]
    assert table[5:] == [
        "  cache: size 40, theta 0.8, weight 0.1",
        "  dynamic: rule sgd, rate 0.5, decay 0.003, segment 9",
    ]


def test_tuned_on_another_text_and_shown(weft, language_model_run, lines):
    asked = ("evaluate", language_model_run, lines, *QUICK, "--cache", "--cache-size", "50", "--tune", lines)
    told = weft(*asked)
    assert "cache: the best of 30 settings on " in told.out
    assert "note: the settings are tuned on the text that is measured, and its scores flatter them" in told.err
    table = told.out.split("\n\n")[0].splitlines()
    assert table[1].split() == ["size", "theta", "weight", "nats", "a", "symbol", "perplexity"]
    assert len(table) == 2 + 8
    done = json.loads(weft(*asked, "--json").out)
    best = min(done["tuning"], key=lambda trial: trial["nats"])
    assert done["variants"][1]["settings"] == {"cache": best["settings"]}
    assert done["variants"][1]["scores"][0]["value"] < done["variants"][0]["scores"][0]["value"]
    assert [float(each) for each in table[2].split()[:3]] == pytest.approx(list(best["settings"].values()))


def test_steps_divided_by_the_gradients_size(weft, language_model_run, lines):
    done = weft("evaluate", language_model_run, lines, *QUICK, "--dynamic", "--dynamic-data", lines, "--json")
    settings = json.loads(done.out)["variants"][1]["settings"]["dynamic"]
    assert (settings["rule"], settings["rate"]) == ("rms", 1e-4)


def test_steps_that_diverge_are_told_and_their_perplexity_is_infinite(weft, language_model_run, lines):
    asked = ("evaluate", language_model_run, lines, *QUICK, "--dynamic", "--dynamic-rate", "1e9")
    done = weft(*asked)
    row = next(line.split() for line in done.out.splitlines() if line.startswith("dynamic "))
    assert (done.code, "inf" in row) == (0, True)
    told = "dynamic: the steps diverged, worse than guessing; the rate (--dynamic-rate) must be lower"
    assert f"note: {told}\n" in done.err
    values = json.loads(weft(*asked, "--json").out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert told in values["notes"]
    scores = {score["name"]: score["value"] for score in values["variants"][1]["scores"]}
    assert scores["perplexity"] is None
    assert weft(*asked[:-1], "1e300").code == BAD_INPUT
    broken = weft(*asked[:-1], "1e38")
    assert broken.code == BAD_INPUT
    assert broken.err.startswith(
        "error: dynamic evaluation: the steps diverged at rate 1e+38\nhint: the rate must be lower"
    )


def test_a_text_of_one_block_has_no_interval(weft, language_model_run, tmp_path):
    short = tmp_path / "short.txt"
    short.write_text("a good film\n")
    done = weft("evaluate", language_model_run, short, *QUICK, "--cache", "--cache-size", "5")
    rows = [line.split() for line in done.out.splitlines()]
    marks = [row[2] for row in rows if row and row[0] in ("perplexity", "bits-per-character", "cache")]
    assert marks == ["-"] * 3
    assert next(row for row in rows if row[:2] == ["in", "order"])[3] == "-"
    assert " .. " not in done.out
    assert "interval:none" in done.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--dynamic-rate", "0.1"), "--dynamic-rate is an option of --dynamic, which is not given"),
        (("--dynamic-data", "x.txt"), "--dynamic-data is an option of --dynamic, which is not given"),
        (("--cache-theta", "1", "--dynamic"), "--cache-theta is an option of --cache, which is not given"),
        (("--cache", "--cache-weight", "1"), "neural cache: weight must be at least 0 and less than 1, got 1.0"),
        (("--tune", "x.txt"), "tuning needs dynamic evaluation or a cache to tune"),
    ],
)
def test_options_that_say_nothing_together(weft, language_model_run, lines, arguments, sentence):
    done = weft("evaluate", language_model_run, lines, *QUICK, *arguments)
    assert (done.code, done.out) == (BAD_INPUT, "")
    assert sentence in done.err


def test_a_classifier_says_that_it_cannot(weft, classifier_run, labelled):
    done = weft("evaluate", classifier_run, labelled, "--cache")
    assert done.code == BAD_INPUT
    assert "a model of task 'classify' cannot learn from the text it is measured on" in done.err
