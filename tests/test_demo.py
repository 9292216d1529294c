"""The demo, small: the page a person sees, its folder, what it measures."""

import json

import pytest

from weft import bundle
from weft.cli import _demo_page
from weft.data.alignments import Links
from weft.data.samples import dates as dates_sample
from weft.data.samples import number_words
from weft.demo import dates, ground, numbers
from weft.errors import RunError

TINY = ("embedding.size=8", "encoder.hidden=8", "decoder.hidden=8", "training.max_steps=3", "training.epochs=1")


@pytest.fixture
def small(monkeypatch):
    """Samples of a few rows in a few languages."""
    monkeypatch.setattr(dates_sample, "LOCALES", ("en", "de", "es", "fr", "zh"))
    for sample in (dates_sample, number_words):
        for part in sample.COUNTS:
            monkeypatch.setitem(sample.COUNTS, part, 40)


def test_the_page(small, tmp_path, capsys):
    out = tmp_path / "demo"
    _demo_page.show(out, seed=1, settings=TINY)
    page = capsys.readouterr().out
    assert "\x1b" not in page, "no colors where nobody sees them"
    for sentence in (
        "40 dates as Babel's CLDR writes them in a hundred languages",
        "95 % interval",
        dates.EXAMPLES[0],
        "a column a source word",
        "spread of attention",
        "no date right yet",
        "40 numbers as num2words says them",
        "that it saw in no language it gets",
        numbers.EXAMPLES[1],
        f"weft explain {out}/dates --text",
    ):
        assert sentence in page
    for name in ("dates/curves.png", "dates/model.safetensors", "numbers/curves.png"):
        assert (out / name).stat().st_size > 0
    (out / "mine.txt").write_text("kept")
    _demo_page.show(out, seed=2, settings=TINY)
    assert json.loads((out / "demo.json").read_text())["made by"] == "weft demo"
    assert sorted(path.name for path in out.iterdir()) == ["data", "dates", "demo.json", "mine.txt", "numbers"]
    assert "seed = 2" in (out / "numbers" / "recipe.toml").read_text()


def test_a_slow_machine_is_told(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(numbers, "SECONDS", 0.001)
    ground.prepare(tmp_path)
    _demo_page._numbers(_demo_page.Page(), tmp_path, 1, TINY)
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
    files = ground.make_sample(numbers.SAMPLE, tmp_path, 1)
    monkeypatch.setattr(bundle, "read_metrics", lambda run: {"stopped": "interrupt"})
    with pytest.raises(KeyboardInterrupt):
        ground.train(numbers.RECIPE, files, tmp_path / "run", seed=1, time_limit=60.0, settings=TINY)
    assert bundle.is_run(tmp_path / "run"), "what was trained is kept where nothing stood before"


def test_dates_are_right_by_format():
    links = (Links(),) * 4
    some = dates.Dates(("a", "b", "c", "d"), ("1", "2", "3", "4"), ("long", "full", "long", "full"), links)
    found = {name: (score.value, score.n) for name, score in dates.exact(some, ["1", "0", "3", "4"])}
    assert found == {"all": (0.75, 4), "full": (0.5, 2), "long": (1.0, 2)}


class Looking:
    """Stands for a model that reads every date and looks at the places it is told."""

    def __init__(self, targets, links):
        self.targets, self.links = targets, links

    def align(self, sources):
        rows = zip(self.targets, self.links, strict=True)
        return [({"translation": target}, type("Seen", (), {"links": links})) for target, links in rows]


def test_true_links_have_no_errors_and_wrong_answers_are_left_out(small, tmp_path):
    files = ground.make_sample(dates.SAMPLE, tmp_path, 1)
    train, test = dates.read_dates(files["train"]), dates.read_dates(files["test"]).first(10)
    links = [each.sure | each.possible for each in test.links]
    links[0] |= {(0, 4)}  # what a hyphen looked at is nothing's error
    targets = [*test.targets[:9], "1900-01-01"]
    found = dates.alignment_errors(Looking(targets, links), train, test)
    assert found["attention"].value == 0.0
    assert found["attention"].n == found["IBM Model 1"].n == 9
    assert 0.1 < found["IBM Model 1"].value <= 1.0


def test_the_dates_of_the_page_are_none_of_training(tmp_path):
    assert dates.DRAWN in dates.EXAMPLES
    train = {pair.source for pair in dates_sample.pairs(2000, seed=1, part="train", locales=["es", "de", "fr", "pl"])}
    assert not train & set(dates.EXAMPLES)


@pytest.mark.parametrize(("encoding", "characters"), [("utf-8", "█░"), ("ascii", "#."), ("no such", "#.")])
def test_bars_are_drawn_with_what_the_terminal_can_show(encoding, characters):
    assert "".join(_demo_page._bar_characters(encoding)) == characters
