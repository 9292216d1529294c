"""What stays light: which modules the package, --help, the readers and the commands that use a run load."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "sklearn", "pyarrow", "matplotlib")


def loaded(script: str, *, text: str = "") -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after ``script``."""
    tail = "\nimport sys; sys.stderr.write('LOADED ' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script + tail], capture_output=True, text=True, input=text, check=True)
    return set(done.stderr.partition("LOADED ")[2].split())


def ran(arguments: list[str], text: str = "") -> set[str]:
    """Top-level modules that a command has loaded."""
    return loaded(f"from weft.cli import main\ntry:\n    main({arguments!r})\nexcept SystemExit: pass", text=text)


@pytest.mark.parametrize(
    "script",
    [
        "import weft, weft.errors, weft.types",
        "import weft.config; weft.config.resolve(weft.config.read('tiny-classify'))",
        "import weft.data.readers, weft.data.codec, weft.data.labels, weft.data.check, weft.data.problems",
        "from weft.catalog import TOKENIZERS\nfor name in TOKENIZERS.names(): TOKENIZERS.load(name)",
    ],
    ids=["package", "config", "readers", "tokenizers"],
)
def test_these_modules_import_nothing_heavy(script):
    assert not loaded(script) & set(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["tarin"]])
def test_the_front_door_imports_nothing_heavy(arguments):
    assert not ran(arguments) & {*HEAVY, "rich", "numpy"}


def test_help_imports_no_command():
    script = "from weft.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit: pass\n"
    script += "import sys; sys.stderr.write(' '.join(name for name in sys.modules if name.startswith('weft')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    private = {"weft.cli._app", "weft.cli._exit_codes"}
    assert set(done.stderr.split()) == {"weft", "weft.catalog", "weft.cli", "weft.errors", "weft.version"} | private


@pytest.mark.parametrize("arguments", [["recipes"], ["recipes", "show", "tiny-classify"]])
def test_commands_without_a_network_import_no_torch(arguments):
    assert not ran(arguments) & set(HEAVY)


def test_data_check_imports_no_torch(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\ngood,1\nbad,0\n")
    assert not ran(["data", "check", str(tmp_path / "a.csv")]) & set(HEAVY)


def test_predict_imports_only_what_it_needs(classifier_run):
    found = ran(["predict", str(classifier_run)], text="good\n")
    assert "torch" in found
    assert not found & {"sklearn", "pyarrow", "matplotlib", "rich", "pandas"}


@pytest.mark.parametrize("command", ["generate", "score"])
def test_generate_and_score_import_only_what_they_need(command, language_model_run):
    found = ran([command, str(language_model_run)], text="good\n")
    assert "torch" in found
    assert not found & {"sklearn", "pyarrow", "matplotlib", "rich", "pandas"}


def test_help_loads_next_to_nothing():
    """What makes it quick; `weft bench startup` measures how quick."""
    script = "from weft.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit: pass\n"
    tail = "import sys; sys.stderr.write(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script + tail], capture_output=True, text=True, check=True)
    modules = done.stderr.split()
    assert [name for name in modules if name.startswith("weft")] == [
        "weft", "weft.catalog", "weft.cli", "weft.cli._app", "weft.cli._exit_codes", "weft.errors", "weft.version",
    ]  # fmt: skip
    assert len(modules) < 200
