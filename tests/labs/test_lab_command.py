"""`weft lab`: lists the labs, runs one, shows its table and sentences."""

import json

import pytest

from weft.catalog import LABS
from weft.cli import main
from weft.labs._contract import LabReport

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


def test_an_unknown_lab_is_told_with_the_nearest(weft):
    code, _, err = weft("lab", "gradient")
    assert code == 2
    assert "unknown lab 'gradient', did you mean 'gradients'?" in err
