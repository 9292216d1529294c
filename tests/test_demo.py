"""The demo, small: the page a person sees, its folder, its comparison with scikit-learn."""

import json

import numpy as np
import pytest

from weft import bundle
from weft.catalog import METRICS
from weft.cli import _demo_page
from weft.data.samples import _phrases, languages, python_sources
from weft.demo import ground, sources
from weft.demo import languages as contest
from weft.demo.sentences import SENTENCES
from weft.errors import RunError
from weft.model import Evaluation
from weft.types import LabelEvidence

TINY = ("embedding.size=8", "encoder.hidden=8", "training.max_steps=3", "training.epochs=1")


@pytest.fixture
def small(monkeypatch):
    """Samples of a few rows in five languages."""
    for kind in _phrases.PER_LANGUAGE:
        monkeypatch.setitem(_phrases.PER_LANGUAGE, kind, 8)
    for code in sorted(set(languages.LANGUAGES) - {"en", "de", "nb", "da", "ja"}):
        monkeypatch.delitem(languages.LANGUAGES, code)
    for part in python_sources.CHARACTERS:
        monkeypatch.setitem(python_sources.CHARACTERS, part, 3000)
    monkeypatch.setattr(_demo_page, "SAMPLED", 20)


def test_the_page(small, tmp_path, capsys):
    out = tmp_path / "demo"
    _demo_page.show(out, seed=1, settings=TINY)
    page = capsys.readouterr().out
    assert "\x1b" not in page, "no colors where nobody sees them"
    for sentence in (
        "phrases in 5 languages, made from Babel's CLDR and num2words",
        "LSTM in both directions",
        "TF-IDF and logistic regression",
        f" of {len(SENTENCES)} right; logistic regression has ",
        "most confused",
        "characters of this Python's own standard library",
        "compressor xz, given the same text before, needs",
        "It goes on from 'def '",
        "    class ",
        f"weft generate {out}/python --prompt 'def '",
    ):
        assert sentence in page
    for name in ("languages/confusion.png", "languages/curves.png", "python/curves.png", "languages/model.safetensors"):
        assert (out / name).stat().st_size > 0
    (out / "mine.txt").write_text("kept")
    _demo_page.show(out, seed=2, settings=TINY)
    assert json.loads((out / "demo.json").read_text())["made by"] == "weft demo"
    assert sorted(path.name for path in out.iterdir()) == ["data", "demo.json", "languages", "mine.txt", "python"]
    assert "seed = 2" in (out / "python" / "recipe.toml").read_text()


def test_a_slow_machine_is_told(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(contest, "SECONDS", 0.001)
    ground.prepare(tmp_path)
    _demo_page._languages(_demo_page.Page(), tmp_path, 1, TINY)
    assert "Stopped by the clock after" in capsys.readouterr().out


def test_a_foreign_folder_is_left_alone(tmp_path, weft_command):
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "thesis.txt").write_text("years of work")
    code, error = weft_command("demo", "--out", str(tmp_path))
    assert code == 2
    assert f"error: {tmp_path} is not empty and was not made by weft demo; nothing in it was touched" in error
    assert "hint: choose another folder with --out DIR" in error
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["languages", "languages/thesis.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file is a file, the demo needs a folder"):
        ground.prepare(tmp_path / "file")
    with pytest.raises(RunError, match="file/demo cannot be made: Not a directory"):
        ground.prepare(tmp_path / "file" / "demo")


@pytest.fixture
def weft_command(capsys):
    """Runs the command line; gives its exit code and standard error."""
    from weft.cli import main

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        return left.value.code, capsys.readouterr().err

    return run


def test_an_old_run_comes_back_when_the_new_one_fails(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "weights").write_text("old")

    def fail():
        with ground.replaced(run):
            run.mkdir()
            (run / "weights").write_text("half")
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        fail()
    assert (run / "weights").read_text() == "old"
    assert list(tmp_path.iterdir()) == [run]


def test_an_old_run_survives_a_demo_that_was_killed(tmp_path):
    run, old = tmp_path / "run", tmp_path / "run.old"
    for folder, text in ((run, "half"), (old, "old")):
        folder.mkdir()
        (folder / "weights").write_text(text)
    with ground.replaced(run):
        assert (old / "weights").read_text() == "old"
        run.mkdir()
        (run / "weights").write_text("new")
    assert (run / "weights").read_text() == "new"
    assert list(tmp_path.iterdir()) == [run]


def test_ctrl_c_ends_the_demo(small, tmp_path, monkeypatch):
    files = ground.make_sample(sources.SAMPLE, tmp_path, 1)
    monkeypatch.setattr(bundle, "read_metrics", lambda run: {"stopped": "interrupt"})
    with pytest.raises(KeyboardInterrupt):
        ground.train(sources.RECIPE, files, tmp_path / "run", seed=1, time_limit=60.0, settings=TINY)
    assert bundle.is_run(tmp_path / "run"), "what was trained is kept where nothing stood before"


def test_the_contest_pairs_the_rows():
    rows = contest.Rows(("aaa", "bbb", "aab", "bba") * 10, ("A", "B") * 20, ("x", "x", "y", "y") * 10)
    answers = [{"label": "A", "probability": 0.6}] * 40
    gold = np.array([0, 1] * 20)
    score = METRICS.load("accuracy").score(LabelEvidence(("A", "B"), gold, np.tile([0.6, 0.4], (40, 1))))
    found = contest.compare(answers, Evaluation((score,)), contest.fit_rival(rows), rows)
    assert (found.network.value, found.rival.value) == (0.5, 1.0)
    assert (found.lead, found.low < -0.5 < found.high < 0.0) == (-0.5, True)
    assert {row[0]: row[1:] for row in found.kinds} == {"x": (20, 0.5, 1.0), "y": (20, 0.5, 1.0)}


def test_mixups_count_both_ways_and_show_the_surest():
    rows = contest.Rows(("one", "two", "three", "four"), ("A", "B", "A", "C"), ("x",) * 4)
    answers = [{"label": label, "probability": p} for label, p in (("B", 0.5), ("A", 0.9), ("A", 1.0), ("A", 0.4))]
    assert contest.mixups(answers, rows, most=1) == [contest.Mixup("A", "B", 2, "two", "B", "A")]


def test_sentences_are_of_languages_in_the_sample():
    assert {label for _, label in SENTENCES} <= set(languages.LANGUAGES.values())
    assert len({text for text, _ in SENTENCES}) == len(SENTENCES)


def test_the_compressor_sees_what_came_before(tmp_path):
    files = {part: tmp_path / part for part in ("train", "test")}
    text = np.random.default_rng(1).integers(32, 127, 5000, dtype=np.uint8).tobytes()
    for path in files.values():
        path.write_bytes(text)
    assert sources.compressed_bits(files) < 0.1


@pytest.mark.parametrize(("encoding", "characters"), [("utf-8", "█░"), ("ascii", "#."), ("no such", "#.")])
def test_bars_are_drawn_with_what_the_terminal_can_show(encoding, characters):
    assert "".join(_demo_page._bar_characters(encoding)) == characters
