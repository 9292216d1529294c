"""The commands that look: recipes, data check, doctor, bench, and how tables and numbers are shown."""

import json

import pytest

from weft.benches._contract import BenchReport
from weft.catalog import BENCHES, CELLS, RECIPES
from weft.cli import _console
from weft.cli._exit_codes import BAD_INPUT
from weft.kernels import _extension
from weft.version import VERSION


def test_recipes_are_listed(weft):
    done = weft("recipes")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["recipe", *RECIPES.names()]
    values = json.loads(weft("recipes", "--json").out)
    assert {entry["name"] for entry in values} == set(RECIPES.names())
    assert all(entry["title"] and entry["source"] for entry in values)


def test_a_recipe_is_shown_as_its_file(weft):
    assert weft("recipes", "show", "tiny-classify").out == RECIPES.path("tiny-classify").read_text()


def test_a_recipe_is_copied_and_never_over_a_file(weft, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = weft("recipes", "copy", "tiny-classify")
    assert (done.code, done.out) == (0, "")
    assert "tiny-classify.toml written; train with: weft train tiny-classify.toml" in done.err
    assert (tmp_path / "tiny-classify.toml").read_text() == RECIPES.path("tiny-classify").read_text()
    (tmp_path / "tiny-classify.toml").write_text("mine")
    again = weft("recipes", "copy", "tiny-classify")
    assert again.code == BAD_INPUT
    assert "is there already" in again.err
    assert (tmp_path / "tiny-classify.toml").read_text() == "mine"
    assert weft("recipes", "copy", "tiny-classify", "--force").code == 0
    assert (tmp_path / "tiny-classify.toml").read_text() != "mine"


@pytest.mark.parametrize(
    ("target", "sentence"), [("x.txt", "does not end in .toml"), ("no/x.toml", "cannot be written")]
)
def test_a_copy_that_cannot_be_is_told(weft, tmp_path, target, sentence):
    done = weft("recipes", "copy", "tiny-classify", tmp_path / target)
    assert done.code == BAD_INPUT
    assert sentence in done.err


def test_data_check_tells_what_a_file_holds_and_what_is_wrong(weft, tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\ngood film,1\nbad film,0\nbad film,0\n1,2,3\n", encoding="utf-8")
    done = weft("data", "check", path)
    assert done.code == 0
    assert "3 columns instead of 2" in done.out
    values = json.loads(weft("data", "check", path, "--json").out)
    assert values["clean"] is False
    assert values["files"][0]["rows"] == 3
    mapped = weft("data", "check", path, "--column", "text=txt")
    assert mapped.code == BAD_INPUT or "did you mean 'text'" in mapped.out


@pytest.mark.parametrize("column", ["text", "=x", "text="])
def test_data_check_wants_field_and_name(weft, labelled, column):
    done = weft("data", "check", labelled, "--column", column)
    assert done.code == BAD_INPUT
    assert f"--column needs FIELD=NAME, got {column!r}" in done.err


def test_data_check_of_a_damaged_file_is_2(weft, tmp_path):
    path = tmp_path / "open.csv"
    path.write_text('text,label\ngood,1\n"never closed,0\n', encoding="utf-8")
    done = weft("data", "check", path)
    assert done.code == BAD_INPUT
    assert "never closed" in done.out


def test_doctor_tells_versions_and_kernels(weft):
    done = weft("doctor")
    assert done.code == 0
    for word in (VERSION, "torch", "threads", "extra demo", *CELLS.names()):
        assert word in done.out
    values = json.loads(weft("doctor", "--json").out)
    own = {"gru": "core", "elman": "core", "lstm": "core", "mrnn": "core", "mingru": "core", "minlstm": "core"}
    assert {row["cell"]: row["auto"] for row in values["kernels"]} == dict.fromkeys(CELLS.names(), "loop") | own
    assert set(values["extras"]) == {"images", "demo", "tensorboard"}
    assert values["packages"]["torch"]


def test_doctor_tells_what_the_core_runs_with(weft):
    core = json.loads(weft("doctor", "--json").out)["core"]
    assert core["absent"] == ""
    assert core["instructions"] in core["available"]
    assert core["openmp_threads"] >= 1
    shown = weft("doctor").out
    assert f"{core['instructions']} (here: " in shown
    assert f"{core['openmp_threads']} (OpenMP)" in shown


def test_doctor_tells_why_there_is_no_core(weft, monkeypatch):
    monkeypatch.setattr(_extension, "absence", lambda: "the C++ core is not built")
    done = weft("doctor")
    assert (done.code, done.err) == (0, "")
    assert "the C++ core is not built" in done.out
    assert json.loads(weft("doctor", "--json").out)["core"]["available"] == []


def test_bench_lists_what_there_is(weft):
    done = weft("bench")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["benchmark", *BENCHES.names()]


def test_bench_runs_one_and_shows_its_table(weft, monkeypatch, tmp_path):
    name = BENCHES.names()[0]
    seen = []

    def run(options):
        seen.append(options)
        options.progress("half way")
        rows = [("short", 1234567), ("long", 0.5)]
        return BenchReport("Speed", ("case", "tokens/s"), rows, ("a note",), {"threads": 2}, (tmp_path / "speed.png",))

    monkeypatch.setattr(BENCHES.load(name), "run", run)
    monkeypatch.setenv("WEFT_DATA", str(tmp_path))
    done = weft("bench", name, "--full", "--seed", "7")
    assert done.code == 0
    assert done.out == "Speed\ncase    tokens/s\nshort  1,234,567\nlong      0.5000\n  threads: 2\n  a note\n"
    assert done.err == f"{BENCHES.summary(name)}\nhalf way\npicture: {tmp_path / 'speed.png'}\n"
    assert (seen[0].data, seen[0].full, seen[0].seed, seen[0].out) == (tmp_path, True, 7, None)
    values = json.loads(weft("bench", name, "--json").out)
    assert values["rows"][0] == {"case": "short", "tokens/s": 1234567}
    assert (values["machine"], values["pictures"]) == ({"threads": 2}, [str(tmp_path / "speed.png")])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5000"), (0.0, "0.0000"), (12345.678, "1.235e+04"), (0.0001, "0.0001"), (1234567, "1,234,567"),
        (True, "yes"), (False, "no"), (None, "-"), ("x", "x"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_values_are_shown_as_a_person_reads_them(value, text):
    assert _console.shown(value) == text


def test_json_knows_no_nan(capsys):
    _console.write_json({"a": float("nan"), "b": [1.5, float("inf")], "c": "ü", "d": (1,)})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, None], "c": "ü", "d": [1]}


def test_a_table_on_a_terminal_is_drawn(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _console.table(("name", "n"), [("[bold]", 1), ("b", 20)], title="Things")
    shown = capsys.readouterr().out
    assert "Things" in shown
    assert "[bold]" in shown
    assert "──" in shown or "━━" in shown
