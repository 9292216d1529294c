"""`weft lab`: lists the labs, runs one, shows its table and sentences."""

import json
from pathlib import Path

import pytest

from weft.catalog import LABS
from weft.cli import main
from weft.labs._contract import LabReport, LabTable

REPORT = LabReport(
    "Things", ("cell", "norm"), [("lstm", 0.5), ("gru", float("inf"))], ("It follows.",), notes=("a note",)
)


@pytest.fixture
def weft(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        return left.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def seen(monkeypatch):
    """What a lab that measures nothing was given."""
    given = []

    def run(options):
        given.append(options)
        options.progress("half way", 90)
        options.progress("drawn", None)
        return LabReport(**{**vars(REPORT), "pictures": (options.out / "a.png",)})

    monkeypatch.setattr(LABS.load("gradients"), "run", run)
    return given


def test_labs_are_listed_with_their_cost(weft):
    code, out, _ = weft("lab")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["lab", *LABS.names()]
    assert "minutes" in out


def test_a_lab_runs_and_shows_its_table_and_what_follows(weft, seen, tmp_path):
    code, out, err = weft("lab", "gradients", "--out", tmp_path, "--full", "--seed", 7, "--threads", 2)
    assert code == 0
    assert out == "Things\ncell    norm\nlstm  0.5000\ngru      inf\n  a note\n\n  It follows.\n"
    assert err.splitlines()[1:3] == ["half way; about 1 min 30 s left", "drawn"]
    assert err.splitlines()[3] == f"results and pictures are in {tmp_path}: a.png"
    assert (seen[0].out, seen[0].full, seen[0].seed, seen[0].threads) == (tmp_path, True, 7, 2)


def test_json_holds_everything_and_the_folder_has_the_lab_s_name(weft, seen):
    code, out, _ = weft("lab", "gradients", "--json")
    assert code == 0
    assert json.loads(out) == {
        "title": "Things",
        "rows": [{"cell": "lstm", "norm": 0.5}, {"cell": "gru", "norm": None}],
        "sentences": ["It follows."],
        "pictures": ["labs/gradients/a.png"],
        "notes": ["a note"],
    }
    assert str(seen[0].out) == "labs/gradients"


def test_an_option_of_another_lab_is_refused_and_its_own_are_passed_on(weft, seen, monkeypatch, tmp_path):
    code, out, err = weft("lab", "gradients", "--run", tmp_path)
    assert (code, out, seen) == (2, "", [])
    assert "lab 'gradients' does not read --run" in err
    assert "it reads no options of its own" in err
    monkeypatch.setattr(LABS.load("gradients"), "TAKES", ("data", "pairs", "runs"), raising=False)
    code, _, _ = weft("lab", "gradients", "--run", "a", "--run", "b", "--pairs", "blimp", "--data", tmp_path)
    assert code == 0
    assert (seen[0].runs, seen[0].pairs, seen[0].data) == ((Path("a"), Path("b")), ("blimp",), tmp_path)


def test_where_models_are_given_no_cost_of_training_is_announced(weft, monkeypatch):
    monkeypatch.setattr(LABS.load("agreement"), "run", lambda options: REPORT)
    _, _, err = weft("lab", "agreement", "--run", "a")
    assert err.splitlines()[0].endswith("with supervision: models that were given")
    _, _, err = weft("lab", "agreement")
    assert "minutes" in err.splitlines()[0]


def test_further_tables_stand_below_the_first(weft, seen, monkeypatch):
    tables = (LabTable("More", ("who", "n"), [("a", 1)]),)
    monkeypatch.setattr(LABS.load("gradients"), "run", lambda options: LabReport(**{**vars(REPORT), "tables": tables}))
    _, out, _ = weft("lab", "gradients")
    assert "gru      inf\n\nMore\nwho  n\na    1\n  a note" in out
    _, out, _ = weft("lab", "gradients", "--json")
    assert json.loads(out)["tables"] == [{"title": "More", "rows": [{"who": "a", "n": 1}]}]


def test_an_unknown_lab_is_told_with_the_nearest(weft):
    code, _, err = weft("lab", "gradient")
    assert code == 2
    assert "unknown lab 'gradient', did you mean 'gradients'?" in err
