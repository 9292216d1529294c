"""Files stay whole: full disks, forbidden folders, deaths amid a write."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path

import pytest

from weft.bundle import append_log, cut_log, read_log, remove_leftovers, sync_log, write_bytes, write_json, write_text
from weft.errors import RunError


def failing(code):
    def fail(*arguments, **options):
        raise OSError(code, os.strerror(code))

    return fail


def test_a_file_is_replaced_in_one_go(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    write_bytes(path, b"new")
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_keeps_the_old_file_and_leaves_no_part(tmp_path, monkeypatch, code):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    monkeypatch.setattr(os, "fsync", failing(code))
    with pytest.raises(
        RunError, match=r"a.txt: no space left on the disk; the files written before are whole"
    ) as caught:
        write_text(path, "new")
    assert "--resume" in caught.value.hint
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_read_only_folder(tmp_path, monkeypatch, code):
    monkeypatch.setattr(Path, "open", failing(code))
    with pytest.raises(RunError, match=r"a.txt: not allowed to write there \(.+\)") as caught:
        write_text(tmp_path / "a.txt", "new")
    assert "--out" in caught.value.hint


def test_any_other_refusal_is_told_in_the_system_s_words(tmp_path):
    with pytest.raises(RunError, match=r"a.txt: cannot be written: No such file or directory"):
        write_text(tmp_path / "absent" / "a.txt", "new")


def test_death_amid_a_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def dies(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_leftovers_of_a_kill_are_removed_and_nothing_else(tmp_path):
    for name in (".model.safetensors.tmp", "mine.tmp", ".hidden"):
        (tmp_path / name).touch()
    assert remove_leftovers(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "mine.tmp"]


def test_json_has_no_word_for_numbers_that_are_not_finite(tmp_path):
    write_json(tmp_path / "a.json", {"a": [math.nan, 1.5], "b": {"c": -math.inf}, "d": (1, "ü")})
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"a": [None, 1.5], "b": {"c": None}, "d": [1, "ü"]}


def test_log_grows_by_lines_and_is_cut_to_what_is_wanted(tmp_path):
    path = tmp_path / "log.jsonl"
    for step in range(4):
        append_log(path, {"step": step, "loss": math.inf})
    sync_log(path)
    with path.open("a") as file:
        file.write('{"step": 4, "lo')
    assert [line["step"] for line in read_log(path)] == [0, 1, 2, 3]
    cut_log(path, lambda line: line["step"] < 2)
    assert path.read_text() == '{"step": 0, "loss": null}\n{"step": 1, "loss": null}\n'


def test_log_skips_what_is_no_object_and_an_absent_log_is_empty(tmp_path):
    (tmp_path / "log.jsonl").write_text('3\n{"a": 1}\n')
    assert read_log(tmp_path / "log.jsonl") == [{"a": 1}]
    assert read_log(tmp_path / "absent") == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's always full device")
def test_log_on_a_disk_that_is_really_full():
    with pytest.raises(RunError, match=r"/dev/full: no space left on the disk"):
        append_log(Path("/dev/full"), {"step": 1})
