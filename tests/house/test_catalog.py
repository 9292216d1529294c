"""Names come from files: listing imports nothing, a wrong name gets the nearest right one."""

import subprocess
import sys

import pytest

from weft import catalog
from weft.errors import ConfigError

ALL = [value for value in vars(catalog).values() if isinstance(value, catalog.Catalog)]
FILES = {
    "cells": {"elman", "gru", "lstm"},
    "kernels": {"fused", "loop"},
    "data/tokenizers": {"bpe", "byte", "char", "unigram", "whitespace", "word"},
    "tasks": {"classify", "language-model"},
    "recipes": {"elman1990", "karpathy2015", "sentiment-bilstm", "tiny-classify", "tiny-language-model", "topic-gru"},
    "cli": {"bench", "data", "demo", "doctor", "evaluate", "generate", "predict", "recipes", "score", "train"},
}


@pytest.mark.parametrize("folder", FILES)
def test_every_file_is_listed(folder):
    (found,) = [each for each in ALL if each.folder == folder]
    assert set(found.names()) >= FILES[folder]
    assert found.names() == sorted(found.names())


@pytest.mark.parametrize("entries", ALL, ids=lambda entries: entries.folder)
def test_every_entry_has_a_summary_of_one_line(entries):
    assert entries.names(), f"{entries.folder} is empty"
    for name in entries.names():
        if entries.ending == ".py":
            assert 10 < len(entries.summary(name)) <= 120, name


@pytest.mark.parametrize("entries", [each for each in ALL if each.ending == ".py"], ids=lambda entries: entries.folder)
def test_every_entry_imports(entries):
    for name in entries.names():
        assert entries.load(name).__name__.startswith("weft.")


def test_listing_imports_nothing():
    script = (
        "import sys; from weft import catalog; before = set(sys.modules)\n"
        "for each in vars(catalog).values():\n"
        "    if isinstance(each, catalog.Catalog) and each.ending == '.py':\n"
        "        [each.summary(name) for name in each.names()]\n"
        "print([name for name in set(sys.modules) - before if name.startswith(('weft', 'torch'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_underscores_and_private_files(tmp_path, monkeypatch):
    (tmp_path / "room").mkdir()
    for name in ("import_.py", "two_words.py", "_private.py", "__init__.py", "notes.txt"):
        (tmp_path / "room" / name).write_text('"""First line.\n\nMore."""\n')
    (tmp_path / "room" / "folder_one").mkdir()
    (tmp_path / "room" / "folder_one" / "__init__.py").write_text("")
    monkeypatch.setattr(catalog, "ROOT", tmp_path)
    room = catalog.Catalog("thing", "room")
    assert room.names() == ["folder-one", "import", "two-words"]
    assert room.summary("import") == "First line."
    assert room.summary("folder-one") == ""
    assert room.path("folder-one").name == "__init__.py"


def test_a_wrong_name_gets_the_nearest_right_one():
    with pytest.raises(ConfigError, match=r"unknown cell 'ltsm', did you mean 'lstm'\?") as caught:
        catalog.CELLS.load("ltsm")
    assert caught.value.hint == "known cells: " + ", ".join(catalog.CELLS.names())
    with pytest.raises(ConfigError, match=r"^unknown cell 'zzzzzz'$"):
        catalog.CELLS.path("zzzzzz")
