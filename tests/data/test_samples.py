"""Built-in samples: same seed, same bytes; parts that share nothing; clear sentences where one cannot be made."""

import csv
import random
import subprocess
import sys
import sysconfig
from collections import defaultdict

import pytest

from weft.catalog import SAMPLES
from weft.data.samples import _parts, _phrases, copies, dates, languages, number_words, python_sources
from weft.errors import ConfigError, DataError


@pytest.fixture
def small(monkeypatch):
    """Samples of a few rows."""
    for kind in _phrases.PER_LANGUAGE:
        monkeypatch.setitem(_phrases.PER_LANGUAGE, kind, 4)
    for code in sorted(set(languages.LANGUAGES) - {"en", "de", "hr", "zh", "th"}):
        monkeypatch.delitem(languages.LANGUAGES, code)
    for part in python_sources.CHARACTERS:
        monkeypatch.setitem(python_sources.CHARACTERS, part, 2000)
    monkeypatch.setattr(dates, "LOCALES", ("en", "fr", "zh"))
    for part in _parts.SHARES:
        for sample in (copies, dates, number_words):
            monkeypatch.setitem(sample.COUNTS, part, 20)


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> dict[str, list[dict[str, str]]]:
    """Rows of the whole languages sample by part."""
    return {path.stem: rows(path) for path in languages.make(tmp_path_factory.mktemp("languages"))}


def rows(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("name", SAMPLES.names())
def test_same_seed_same_bytes(name, tmp_path, small):
    make = SAMPLES.load(name).make
    first, again, other = make(tmp_path / "a"), make(tmp_path / "b", seed=1), make(tmp_path / "c", seed=2)
    assert [path.stem for path in first] == ["train", "valid", "test"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert [path.read_bytes() for path in first] != [path.read_bytes() for path in other]
    assert sorted(tmp_path.rglob("*")) == sorted([*(tmp_path / folder for folder in "abc"), *first, *again, *other]), (
        "something was left lying about"
    )


@pytest.mark.parametrize("name", SAMPLES.names())
def test_every_sample_has_a_summary(name):
    assert SAMPLES.summary(name).endswith(".")


def test_samples_import_no_torch():
    names = [f"weft.data.samples.{SAMPLES.path(name).stem}" for name in SAMPLES.names()]
    script = f"import sys, {', '.join(names)}; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )


def test_languages_has_every_language_and_kind_in_every_part(parts):
    for part, found in parts.items():
        assert {row["label"] for row in found} == set(languages.LANGUAGES.values()), part
        assert {row["kind"] for row in found} == set(_phrases.PER_LANGUAGE), part
    assert len(languages.LANGUAGES) == 40
    assert len(parts["train"]) > 20_000
    assert len(parts["test"]) > 3_000


def test_no_phrase_is_in_two_parts_or_two_languages(parts):
    seen = defaultdict(set)
    for part, found in parts.items():
        for row in found:
            seen[row["text"].casefold()].add((part, row["label"]))
    assert {text: where for text, where in seen.items() if len(where) > 1} == {}


def test_phrases_are_words_without_marks_of_direction(parts):
    for row in (row for found in parts.values() for row in found):
        assert row["text"] == " ".join(row["text"].split())
        assert sum(c.isalpha() for c in row["text"]) >= 2
        assert not set(row["text"]) & set("\u200e\u200f\u061c\u00a0\u202f")


def test_what_a_list_names_is_of_its_own_part():
    generator = random.Random(1)
    cuts = {
        kind: _parts.split(_phrases.items(kind, generator), generator) for kind in ("territory", "language", "currency")
    }
    pools = {part: {kind: cut[part] for kind, cut in cuts.items()} for part in _parts.SHARES}
    for part, pool in pools.items():
        for _ in range(50):
            source, *codes = _phrases.draw("list", pool, generator)
            assert {(code,) for code in codes} <= set(pool[source]), part


def test_split_puts_every_item_into_one_part():
    cut = _parts.split(range(1000), random.Random(3))
    assert {part: len(items) for part, items in cut.items()} == {"train": 800, "valid": 80, "test": 120}
    assert sorted(item for items in cut.values() for item in items) == list(range(1000))


@pytest.mark.parametrize(
    ("kind", "item", "code", "phrase"),
    [
        ("territory", ("DE",), "fr", "Allemagne"),
        ("territory", ("nowhere",), "fr", None),
        ("number", (42,), "de", "zweiundvierzig"),
        ("number", (42,), "nb", "førtito"),
        ("number", (42,), "hr", None),
        ("duration", ("day", -3), "en", "3 days ago"),
        ("amount", ("EUR", 5), "es", "5 euros"),
        ("amount", ("nothing", 5), "es", None),
        ("measure", ("length-kilometer", 5), "sv", "5 kilometer"),
        ("measure", ("length-hop", 5), "sv", None),
        ("list", ("language", "en", "fr"), "de", "Englisch und Französisch"),
        ("list", ("language", "en", "nothing"), "de", None),
    ],
)
def test_say(kind, item, code, phrase):
    assert _phrases.say(kind, item, code) == phrase


def test_without_babel_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(ConfigError, match="made with Babel and num2words; 'babel' is not installed") as caught:
        languages.make(tmp_path)
    assert caught.value.hint == "pip install 'weft[demo]'"


def test_python_sources_are_whole_files_of_the_library(tmp_path, small):
    texts = [path.read_text(encoding="ascii") for path in python_sources.make(tmp_path)]
    assert all(len(text) >= 2000 for text in texts)
    library = {path.read_text(encoding="utf-8", errors="replace") for path in _library()}
    assert any(source.rstrip("\n") in texts[0] for source in library if len(source) > 200)


def _library():
    return python_sources._files(python_sources.Path(sysconfig.get_path("stdlib")), random.Random(1))[:40]


def test_python_sources_leaves_out_tests_long_files_and_other_scripts(monkeypatch, tmp_path):
    library = tmp_path / "lib"
    (library / "test").mkdir(parents=True)
    (library / "test" / "a.py").write_text("left = 1\n")
    (library / "b.py").write_text("kept = 'b'\n")
    (library / "c.py").write_text("left = 'ü'\n", encoding="utf-8")
    (library / "d.py").write_text("left = 1\n" * python_sources.LONGEST)
    monkeypatch.setattr(python_sources.sysconfig, "get_path", lambda name: str(library))
    texts = [path.read_text() for path in python_sources.make(tmp_path / "out")]
    assert texts == ["", "", "kept = 'b'\n"]


def test_a_python_without_its_sources(monkeypatch, tmp_path):
    monkeypatch.setattr(python_sources.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(DataError, match=r"no \.py files, this Python comes without the sources") as caught:
        python_sources.make(tmp_path / "out")
    assert "--train FOLDER" in caught.value.hint


@pytest.mark.parametrize("name", SAMPLES.names())
def test_a_folder_that_cannot_be_written(name, tmp_path, small):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataError, match=r"file/train\.(csv|txt): the sample cannot be written: File exists"):
        SAMPLES.load(name).make(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_leaves_the_old_file(monkeypatch, tmp_path):
    path = _parts.write_text(tmp_path / "train.txt", ["old"])

    def texts():
        yield "new"
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"train\.txt: the sample cannot be written: No space left on device"):
        _parts.write_text(path, texts())
    assert [item.name for item in tmp_path.iterdir()] == ["train.txt"]
    assert path.read_text() == "old\n"
