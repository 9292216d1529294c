"""Translators on the command line."""

import json

import pytest


def rows(done):
    return [json.loads(line) for line in done.out.splitlines()]


def test_predict_takes_a_search_of_its_own(weft, translator_run):
    text = b"a dog\nso cat\n"
    best = rows(weft("predict", translator_run, "--alternatives", 1, stdin=text))
    greedy = rows(weft("predict", translator_run, "--beam", 1, "--alternatives", 1, stdin=text))
    drawn = rows(weft("predict", translator_run, "--samples", 4, "--least-risk", stdin=text))
    mean = rows(weft("predict", translator_run, "--beside", translator_run, "--alternatives", 1, stdin=text))
    assert [len(each) for each in (best, greedy, drawn, mean)] == [2, 2, 2, 2]
    assert [row["translation"] for row in mean] == [row["translation"] for row in best]
    assert all(row["score"] <= 100 for row in drawn)


def test_predict_keeps_to_the_outputs_of_a_file(weft, translator_run, tmp_path):
    only = tmp_path / "only.txt"
    only.write_text("so\nein Hund\n", encoding="utf-8")
    done = weft("predict", translator_run, "--outputs", only, "--alternatives", 1, stdin=b"a dog\n")
    assert rows(done)[0]["translation"] in ("so", "ein Hund")


def test_score_reads_pairs(weft, translator_run, paired):
    done = weft("score", translator_run, "-", stdin=b"a dog\tein Hund\nno tab\n\tso\n")
    first, second, third = rows(done)
    assert first["symbols"] == 9
    assert second == {"error": "expected source TAB target, got 0 tabs", "line": 2}
    assert third["symbols"] == 3
    assert done.code == 0
    of_file = rows(weft("score", translator_run, paired))
    assert len(of_file) == 60


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--beam", 0], "beam size must be 1"),
        (["--samples", 1, "--least-risk"], "2 samples"),
        (["--samples", 2, "--beam", 2], "drawn, not searched"),
        (["--alignment", "--beam", 2], "recipe's own search"),
        (["--outputs", "absent.txt"], "absent.txt"),
    ],
)
def test_predict_refuses_what_makes_no_sense(weft, translator_run, options, said):
    done = weft("predict", translator_run, *options, stdin=b"a\n")
    assert (done.code, said in done.err) == (2, True), done.err


def test_a_classifier_has_no_search(weft, classifier_run):
    done = weft("predict", classifier_run, "--beam", 2, stdin=b"a\n")
    assert done.code == 2
    assert "does not translate" in done.err
