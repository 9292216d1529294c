"""Run folders: made, refused, read; a sentence for everything that can be wrong."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from weft.bundle import (
    check_run,
    create,
    is_run,
    load_module,
    read_document,
    read_metrics,
    read_recipe,
    read_vocabulary,
    save,
)
from weft.config import dump, resolve
from weft.errors import RunError

RECIPE = dump(resolve({"task": "classify"}))


@pytest.fixture
def run(tmp_path):
    create(tmp_path / "run", RECIPE)
    return tmp_path / "run"


def test_a_new_run_in_a_new_folder(tmp_path):
    out = tmp_path / "a" / "b"
    create(out, RECIPE)
    assert is_run(out)
    assert read_recipe(out) == resolve({"task": "classify"})
    assert read_document(out)["format"] == 1


def test_an_empty_folder_and_leftovers_of_a_kill_will_do(tmp_path):
    (tmp_path / ".recipe.toml.tmp").touch()
    (tmp_path / "checkpoints").mkdir()
    create(tmp_path, RECIPE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoints", "recipe.toml"]


def test_a_folder_that_holds_a_run_is_refused(run):
    before = (run / "recipe.toml").read_bytes()
    with pytest.raises(RunError, match=r"run already holds a run; nothing was changed") as caught:
        create(run, "other")
    assert "--resume" in caught.value.hint
    assert (run / "recipe.toml").read_bytes() == before


def test_a_folder_with_other_files_is_refused(tmp_path):
    for name in "abcd":
        (tmp_path / name).touch()
    with pytest.raises(RunError, match=r"holds files that are no run's: a, b, c and 1 more; nothing was changed"):
        create(tmp_path, RECIPE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "d"]


def test_nothing_of_a_person_s_is_taken_for_a_leftover(tmp_path):
    for name in (".mine.tmp", "a"):
        (tmp_path / name).touch()
    with pytest.raises(RunError, match=r"holds files that are no run's: .mine.tmp, a; nothing was changed"):
        create(tmp_path, RECIPE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine.tmp", "a"]


def test_checkpoints_of_something_else_are_refused(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "epoch-1.pt").touch()
    with pytest.raises(RunError, match=r"holds files that are no run's: checkpoints; nothing was changed"):
        create(tmp_path, RECIPE)
    assert (tmp_path / "checkpoints" / "epoch-1.pt").exists()


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(RunError, match=r"out is a file; --out needs a folder"):
        create(tmp_path / "out", RECIPE)
    with pytest.raises(RunError, match=r"inside: cannot be written: (Not a directory|File exists)"):
        create(tmp_path / "out" / "inside", RECIPE)


def test_a_read_only_place(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RunError, match=r"run: not allowed to write there \(Read-only file system\)"):
        create(tmp_path / "run", RECIPE)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind the super-user")
def test_a_really_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match=r"not allowed to write there"):
        create(tmp_path / "run", RECIPE)
    tmp_path.chmod(0o700)


def test_what_is_no_run(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"no run at .*absent: there is no such folder"):
        check_run(tmp_path / "absent")
    with pytest.raises(RunError, match=r"file is a file; a run is the folder"):
        check_run(tmp_path / "file")
    with pytest.raises(RunError, match=r" is not a run: it holds no recipe.toml"):
        check_run(tmp_path)


def test_a_recipe_that_is_damaged_newer_or_foreign(run):
    path = run / "recipe.toml"
    path.write_text('task = "class')
    with pytest.raises(RunError, match=r"recipe.toml: damaged, not a TOML file: "):
        read_document(run)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RunError, match=r"recipe.toml: damaged, not a TOML file: "):
        read_document(run)
    path.write_text(RECIPE.replace("format = 1", "format = 7"))
    with pytest.raises(RunError, match=r"was written by a newer Weft: format 7, this one reads up to 1") as caught:
        read_recipe(run)
    assert caught.value.hint == "update weft to read it"
    path.write_text('name = "somebody else\'s"')
    with pytest.raises(RunError, match=r"not a run's recipe: format is None, expected 1"):
        read_recipe(run)
    path.write_text(RECIPE.replace("\nhidden = ", "\nhiden = "))
    with pytest.raises(RunError, match=r"recipe.toml has 1 problem:\n  encoder.hiden: unknown key, did you mean"):
        read_recipe(run)


def test_vocabulary_and_metrics_that_are_absent_or_damaged(run):
    with pytest.raises(RunError, match=r"vocabulary.json: no such file") as caught:
        read_vocabulary(run)
    assert "--resume" in caught.value.hint
    with pytest.raises(RunError, match=r"metrics.json: no such file"):
        read_metrics(run)
    (run / "vocabulary.json").write_text('{"text": ')
    with pytest.raises(RunError, match=r"vocabulary.json: damaged, not a JSON file: "):
        read_vocabulary(run)
    (run / "metrics.json").write_text("[1]")
    with pytest.raises(RunError, match=r"metrics.json: damaged: holds list, not named values"):
        read_metrics(run)


def test_a_network_saved_as_a_run_of_its_own(tmp_path, run):
    (run / "README.md").write_text("# card")
    module, other, config = nn.Linear(2, 2), nn.Linear(2, 2), resolve({"task": "classify"})
    out = save(tmp_path / "copy", config=config, vocabulary={"text": [1]}, module=module, source=run)
    load_module(other, out / "model.safetensors")
    assert torch.equal(module.weight, other.weight)
    assert read_recipe(out) == config
    assert read_vocabulary(out) == {"text": [1]}
    names = ["README.md", "model.safetensors", "recipe.toml", "vocabulary.json"]
    assert sorted(path.name for path in out.iterdir()) == names
    with pytest.raises(RunError, match=r"already holds a run"):
        save(out, config=config, vocabulary={}, module=module)
