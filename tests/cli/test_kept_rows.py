"""``weft predict --out``: answers to a file of any size, which a command that was killed goes on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from weft import bundle
from weft.cli import _answering, _kept_rows

TEXTS = [f"a dog ran {number}" for number in range(23)]

KILLED = """
import os, signal, sys
from weft.cli import _answering, _kept_rows, main
_answering.PIECE = 5
whole, calls = _kept_rows.KeptRows.write, []
def write(self, rows):
    calls.append(1)
    if len(calls) == {at}:
        self._file.write("\\n".join(rows)[:-20].encode())
        self._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    whole(self, rows)
_kept_rows.KeptRows.write = write
main(sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(_answering, "PIECE", 5)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return path


def test_killed_in_the_middle_it_ends_with_the_same_bytes(weft, translator_run, source, tmp_path):
    whole, often = tmp_path / "whole.jsonl", tmp_path / "often.jsonl"
    assert weft("predict", translator_run, source, "--out", whole).code == 0
    command = [sys.executable, "-c", KILLED.format(at=3), "predict", translator_run, source, "--out", often]
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    part = tmp_path / "often.jsonl.part"
    assert 10 < part.read_bytes().count(b"\n") < 15, "killed amid a piece"
    assert not often.exists()
    again = weft("predict", translator_run, source, "--out", often)
    assert again.code == 0
    assert "going on after 10 rows" in again.err
    assert often.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["often.jsonl", "texts.txt", "whole.jsonl"]
    assert len(whole.read_text(encoding="utf-8").splitlines()) == len(TEXTS)


def begun(weft, run, source, out, monkeypatch, *options, pieces=2):
    """A prediction that ends in an error after some pieces."""
    whole, calls = _kept_rows.KeptRows.write, []

    def write(self, rows):
        calls.append(rows)
        if len(calls) > pieces:
            raise KeyboardInterrupt
        whole(self, rows)

    with monkeypatch.context() as patched:
        patched.setattr(_kept_rows.KeptRows, "write", write)
        assert weft("predict", run, source, "--out", out, *options).code == 130


def test_a_classifier_goes_on_and_counts_what_it_could_not_answer(weft, classifier_run, tmp_path, monkeypatch):
    rows = [{"text": text} for text in TEXTS]
    rows[3] = {"text": ""}
    rows[17] = {"text": ""}
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = tmp_path / "labels.jsonl"
    begun(weft, classifier_run, source, out, monkeypatch)
    done = weft("predict", classifier_run, source, "--out", out, "--strict")
    assert done.code == 1
    assert "2 of 23 rows could not be answered, the first on line 4" in done.err
    plain = weft("predict", classifier_run, source)
    assert out.read_text(encoding="utf-8") == plain.out


def test_what_was_begun_with_something_else_is_refused(weft, classifier_run, source, tmp_path, monkeypatch):
    out = tmp_path / "labels.jsonl"
    begun(weft, classifier_run, source, out, monkeypatch)
    kept = (tmp_path / "labels.jsonl.part").read_bytes()
    done = weft("predict", classifier_run, source, "--out", out, "--alternatives", 1)
    assert (done.code, "was begun with another asking" in done.err) == (2, True), done.err
    source.write_text(source.read_text(encoding="utf-8").replace("dog", "cat", 1), encoding="utf-8")
    done = weft("predict", classifier_run, source, "--out", out)
    assert (done.code, "was begun with another source" in done.err) == (2, True), done.err
    assert (tmp_path / "labels.jsonl.part").read_bytes() == kept
    (tmp_path / "labels.jsonl.part.json").unlink()
    done = weft("predict", classifier_run, source, "--out", out)
    assert (done.code, "no record of what it answers" in done.err) == (2, True), done.err


def test_another_run_is_refused(weft, classifier_run, source, tmp_path, monkeypatch):
    out = tmp_path / "labels.jsonl"
    begun(weft, classifier_run, source, out, monkeypatch)
    about = tmp_path / "labels.jsonl.part.json"
    values = json.loads(about.read_text(encoding="utf-8"))
    values["run"][0][2] = "0" * 64
    about.write_text(json.dumps(values), encoding="utf-8")
    done = weft("predict", classifier_run, source, "--out", out)
    assert (done.code, "was begun with another run" in done.err) == (2, True), done.err


def test_what_cannot_be_kept_is_refused_at_once(weft, classifier_run, source, tmp_path):
    there = tmp_path / "there.jsonl"
    there.write_text("mine\n", encoding="utf-8")
    done = weft("predict", classifier_run, source, "--out", there)
    assert (done.code, "is there already, whole" in done.err) == (2, True), done.err
    assert there.read_text(encoding="utf-8") == "mine\n"
    done = weft("predict", classifier_run, "--out", tmp_path / "new.jsonl", stdin=b"a\n")
    assert (done.code, "--out needs a file to read" in done.err) == (2, True), done.err
    done = weft("predict", classifier_run, source, "--out", tmp_path / "absent" / "new.jsonl")
    assert (done.code, "absent" in done.err) == (2, True), done.err


@pytest.mark.skipif(sys.platform == "win32", reason="the system locks no folders")
def test_a_second_command_leaves_the_first_one_alone(weft, translator_run, source, tmp_path, monkeypatch):
    out = tmp_path / "answers.jsonl"
    begun(weft, translator_run, source, out, monkeypatch)
    part = tmp_path / "answers.jsonl.part"
    before = part.read_bytes()
    with part.open("a+b") as first:
        assert bundle.lock(first.fileno())
        second = weft("predict", translator_run, source, "--out", out)
    assert second.code == 2
    assert "another process is writing it" in second.err
    assert part.read_bytes() == before
    assert weft("predict", translator_run, source, "--out", out).code == 0
