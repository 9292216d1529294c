"""Numbered corpora on disk: what is written is what is read, whole or not at all."""

import hashlib
import json
import resource
import signal
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.data.corpus import Ragged, TokenFile, fingerprint
from weft.errors import DataError, RunError

ROWS = [[1, 2, 3], [], [4], [5, 6]]


def arrays(rows=ROWS, dtype="uint8"):
    return (np.array(row, dtype) for row in rows)


@contextmanager
def largest_file(size):
    """As on a full disk: writing a file beyond ``size`` bytes fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(0, 65535), max_size=5)))
def test_rows_come_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "train"
    for ragged in (Ragged.write(arrays(rows, "uint16"), path, "uint16"), Ragged.open(path)):
        assert len(ragged) == len(rows)
        assert ragged.lengths.tolist() == [len(row) for row in rows]
        assert [array.tolist() for array in ragged] == rows
        assert ragged.tokens == sum(map(len, rows))
        assert ragged.ids.dtype == np.uint16
        assert ragged.lengths.dtype == np.int64


def test_a_stream_comes_back(tmp_path):
    file = TokenFile.write(arrays(), tmp_path / "deep" / "train", np.uint8)
    assert file.ids.tolist() == [1, 2, 3, 4, 5, 6]
    assert len(TokenFile.open(tmp_path / "deep" / "train")) == 6
    assert (tmp_path / "deep" / "train.ids").read_bytes() == bytes([1, 2, 3, 4, 5, 6])
    assert file.fingerprint == hashlib.sha256(bytes([1, 2, 3, 4, 5, 6])).hexdigest()
    header = json.loads((tmp_path / "deep" / "train.json").read_text())
    assert header == {"format": 1, "kind": "stream", "dtype": "uint8", "symbols": 6, "fingerprint": file.fingerprint}
    assert len(TokenFile.write([], tmp_path / "none", np.uint8)) == 0


def test_numbers_are_little_endian_and_only_mapped(tmp_path, monkeypatch):
    monkeypatch.setattr("weft.data.corpus.BUFFER", 4)
    file = TokenFile.write(arrays([[258], [3, 4]], "uint16"), tmp_path / "train", np.uint16)
    assert (tmp_path / "train.ids").read_bytes() == b"\x02\x01\x03\x00\x04\x00"
    assert isinstance(file.ids.base, np.memmap)
    assert not file.ids.flags.writeable


def test_a_failing_source_leaves_the_old_corpus(tmp_path):
    def broken():
        yield np.array([9], np.uint8)
        raise DataError("line 7 is bad")

    for kind in (TokenFile, Ragged):
        path = tmp_path / kind.__name__
        kind.write(arrays(), path, np.uint8)
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        with pytest.raises(DataError, match="line 7 is bad"):
            kind.write(broken(), path, np.uint8)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_full_disk_is_told_and_nothing_half_written_stays(tmp_path):
    chunks = (np.zeros(100_000, np.uint8) for _ in range(30))
    with (
        largest_file(1_000_000),
        pytest.raises(RunError, match=r"train\.ids: the numbered corpus .ids. cannot be written: File too") as error,
    ):
        TokenFile.write(chunks, tmp_path / "train", np.uint8)
    assert "has room" in error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file/train\.ids: the numbered corpus .* cannot be written: "):
        Ragged.write(arrays(), tmp_path / "file" / "train", np.uint8)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("train.json", None, r"\.json cannot be read .No such file"),
        ("train.json", b"{", r"\.json is not JSON"),
        ("train.json", b"[]", r"\.json must say format 1 and kind 'rows', got \[\]"),
        ("train.json", b'{"format": 2, "kind": "rows"}', "must say format 1"),
        (
            "train.json",
            b'{"format": 1, "kind": "rows"}',
            r"must say symbols, dtype \(uint8, uint16, uint32\) and finger",
        ),
        ("train.ids", b"12345", "5 bytes instead of 6"),
        ("train.ids", None, "No such file"),
        ("train.offsets", b"", r"\.offsets does not end where \.ids does"),
        ("train.offsets", b"123", "not a multiple"),
        ("train.offsets", b"\0" * 16, r"\.offsets does not end"),
    ],
)
def test_a_damaged_corpus_is_told(tmp_path, file, content, sentence):
    Ragged.write(arrays(), tmp_path / "train", np.uint8)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(RunError, match=f"the numbered corpus is damaged: .*{sentence}") as error:
        Ragged.open(tmp_path / "train")
    assert error.value.hint == "delete it; it is made again from the text"


def test_rows_are_no_stream(tmp_path):
    Ragged.write(arrays(), tmp_path / "train", np.uint8)
    with pytest.raises(RunError, match="kind 'stream'"):
        TokenFile.open(tmp_path / "train")


def test_files_have_fingerprints(tmp_path):
    (tmp_path / "folder" / "below").mkdir(parents=True)
    for name in ("a.txt", "folder/b.txt", "folder/below/c.txt"):
        (tmp_path / name).write_text(name)
    prints = fingerprint([tmp_path / "a.txt", tmp_path / "folder"])
    assert prints == {
        str(tmp_path / name): hashlib.sha256(name.encode()).hexdigest()
        for name in ("a.txt", "folder/b.txt", "folder/below/c.txt")
    }
    with pytest.raises(DataError, match=r"none\.txt: cannot be read: No such file"):
        fingerprint([tmp_path / "none.txt"])
