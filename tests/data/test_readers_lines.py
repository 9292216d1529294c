"""The decoding layer: what comes in as bytes, broken or not, comes out as numbered lines, counted and located."""

from __future__ import annotations

import gzip
import io
import random
import sys
from pathlib import Path

import pytest

from weft.data.problems import Problems
from weft.data.readers import read_lines
from weft.data.readers._bytes import BLOCK
from weft.errors import DataError

from reading import read, refused, texts, write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return Path()


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("end", [True, False])
def test_lf_and_crlf_give_the_same_lines(place: Path, newline: bytes, end: bool) -> None:
    lines = ["first", "", "žluťoučký 🐎", "a\u2028b\x0cc\x85d"]
    file = write(place / "a.txt", newline.join(line.encode() for line in lines) + (newline if end else b""))
    problems = Problems()
    assert list(read_lines(file, problems)) == list(enumerate(lines, 1))
    assert problems.total == 0


@pytest.mark.parametrize("packed", [True, False])
def test_lines_are_the_same_wherever_the_blocks_are_cut(place: Path, packed: bool) -> None:
    rng = random.Random(3)
    lines = ["ř" * rng.randrange(40_000) for _ in range(150)] + ["", "x", ""]
    data = "".join(line + "\r\n" for line in lines).encode()
    assert len(data) > 4 * BLOCK
    file = write(place / ("a.txt.gz" if packed else "a.txt"), gzip.compress(data, 1) if packed else data)
    assert [line for _, line in read_lines(file, Problems())] == lines


def test_carriage_returns_only_are_line_breaks_and_reported(place: Path) -> None:
    records, problems = read(write(place / "mac.txt", b"one\rtwo\r\rfour\r"))
    assert texts(records) == ["one", "two", "", "four"]
    assert problems.notes() == ["mac.txt: 1 file read with carriage returns as line breaks"]


def test_carriage_returns_only_over_many_blocks(place: Path) -> None:
    lines = [f"line {number}" for number in range(200_000)]
    file = write(place / "mac.txt", "\r".join(lines) + "\n")
    assert file.stat().st_size > 2 * BLOCK
    assert [line for _, line in read_lines(file, Problems())] == lines


def test_lone_carriage_return_becomes_a_space(place: Path) -> None:
    records, problems = read(write(place / "a.txt", b"good\nbad\rfilm\r\r\nend\n"))
    assert texts(records) == ["good", "bad film", "end"]
    assert problems.notes() == ["a.txt: 1 line mended, lone carriage return replaced by a space (line 2)"]


def test_byte_order_mark_is_dropped_and_counted(place: Path) -> None:
    records, problems = read(write(place / "a.txt", b"\xef\xbb\xbfone\ntwo"))
    assert texts(records) == ["one", "two"]
    assert problems.notes() == ["a.txt: 1 byte order mark dropped (line 1)"]


def test_nul_is_removed_and_counted(place: Path) -> None:
    records, problems = read(write(place / "a.txt", b"one\nt\0w\0o\nthree"))
    assert texts(records) == ["one", "two", "three"]
    assert problems.notes() == ["a.txt: 1 line mended, NUL characters removed (line 2)"]
    assert problems.skipped == 0


def test_invalid_utf8_is_kept_as_replacement_and_located(place: Path) -> None:
    records, problems = read(write(place / "a.txt", "dobro\nžal".encode() + b"ost \xe8\nend\n\xffx"))
    assert texts(records) == ["dobro", "žalost \ufffd", "end", "\ufffdx"]
    assert problems.notes() == ["a.txt: 2 lines mended, invalid UTF-8 replaced by U+FFFD (lines 2, 4)"]


def test_a_line_of_50_megabytes(place: Path) -> None:
    long = b"abcdefghi " * 5_000_000
    (before, middle, after), problems = read(write(place / "a.txt", b"one\n" + long + b"\nthree"))
    assert (before.values["text"], after.values["text"], after.line) == ("one", "three", 3)
    assert len(middle.values["text"]) == 50_000_000
    assert problems.total == 0


def test_missing_file_names_the_nearest(place: Path) -> None:
    write(place / "reviews.csv", "text,label\na,b\n")
    assert refused("review.csv") == ("no such file: review.csv, did you mean 'reviews.csv'?", "")
    assert refused("zzz.csv") == ("no such file: zzz.csv", "")


def test_missing_folder_is_named(place: Path) -> None:
    assert refused("gone/a.txt")[0] == "no such file: gone/a.txt; its folder 'gone' is not there either"


def test_a_missing_second_file_is_told_before_the_first_is_read(place: Path) -> None:
    write(place / "a.txt", "a")
    assert refused("a.txt", "reviews.jsonl")[0] == "no such file: reviews.jsonl"


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.conll"])
def test_empty_file(place: Path, content: bytes, name: str) -> None:
    assert refused(write(place / name, content)) == (f"{name}: the file is empty", "give a file that holds text")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_says_how_to_convert(place: Path, encoding: str) -> None:
    file = write(place / "a.csv", "text,label\ngood film,1\n".encode(encoding))
    assert refused(file) == (
        "a.csv: encoded in UTF-16",
        "only UTF-8 is read; convert it: iconv -f UTF-16 -t UTF-8 a.csv",
    )


def test_other_encoding_says_how_to_convert(place: Path) -> None:
    file = write(place / "a.txt", ("Прощай, оружие. " * 20).encode("cp1251"))
    message, hint = refused(file)
    assert message == "a.txt: not UTF-8: 240 of its first 320 characters cannot be decoded"
    assert hint == "only UTF-8 is read; convert it: iconv -f WINDOWS-1252 -t UTF-8 a.txt (or its own encoding)"


def test_binary_file(place: Path) -> None:
    noise = random.Random(1).randbytes(20_000).replace(b"\0", b"\1")
    message, hint = refused(write(place / "a.txt", noise))
    assert message.startswith("a.txt: not text: ")
    assert message.endswith("of its first 8,192 bytes are control characters")
    assert hint == "give UTF-8 text"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04rest", "a ZIP archive (.xlsx and .docx are such)"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"%PDF-1.4\n", "a PDF document"),
        (b"PAR1 and more", "a Parquet file"),
        (gzip.compress(b"text", mtime=0), "gzip-compressed, but its name does not end in .gz"),
    ],
)
def test_known_binary_kinds_are_named(place: Path, content: bytes, what: str) -> None:
    assert refused(write(place / "a.txt", content))[0] == f"a.txt: not text: it is {what}"


def test_truncated_gz_gives_its_whole_lines_then_says_where_it_ends(place: Path) -> None:
    rng = random.Random(1)
    lines = [f"{number} {rng.random()}" for number in range(1, 20_001)]
    packed = gzip.compress("\n".join(lines).encode())
    file = write(place / "a.txt.gz", packed[: len(packed) // 2])
    got: list[str] = []
    with pytest.raises(DataError) as caught:
        got.extend(line for _, line in read_lines(file, Problems()))
    assert len(got) > 5_000
    assert got == lines[: len(got)]
    assert str(caught.value) == (
        f"a.txt.gz: the compressed file is cut short; the last whole line is line {len(got):,}"
    )


def test_truncated_gz_without_a_whole_line(place: Path) -> None:
    packed = gzip.compress(random.Random(1).randbytes(100).hex().encode())
    message, hint = refused(write(place / "a.txt.gz", packed[:-30]))
    assert message == "a.txt.gz: the compressed file is cut short; no line is whole"
    assert hint == "copy or download the file again"


def test_damaged_gz(place: Path) -> None:
    packed = bytearray(gzip.compress(b"some text\n" * 10))
    packed[-6] ^= 1
    assert "a.txt.gz: the compressed file is damaged; " in refused(write(place / "a.txt.gz", bytes(packed)))[0]
    packed = bytearray(gzip.compress(random.Random(1).randbytes(100)))
    packed[10] = 0xFF
    assert "a.txt.gz: the compressed file is damaged; " in refused(write(place / "a.txt.gz", bytes(packed)))[0]


def test_gz_in_name_only(place: Path) -> None:
    assert refused(write(place / "a.txt.gz", "plain")) == (
        "a.txt.gz: its name ends in .gz, its content is not gzip",
        "remove .gz from the name, or pack it with gzip",
    )


def test_no_permission(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    file = write(place / "a.txt", "text")
    monkeypatch.setattr(Path, "open", deny)
    assert refused(file)[0] == "a.txt: cannot be read: Permission denied"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\r\ntwo\0\n")))
    records, problems = read("-")
    assert texts(records) == ["one", "two"]
    assert problems.notes() == ["standard input: 1 line mended, NUL characters removed (line 2)"]


def test_empty_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert refused("-")[0] == "standard input: the file is empty"


def test_lines_of_a_pipe_come_as_they_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.BytesIO):
        given = 0

        def read1(self, size: int | None = -1) -> bytes:
            Slow.given += 1
            return f"line {Slow.given}\n".encode()

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Slow()))
    lines = read_lines("-", Problems())
    assert [next(lines) for _ in range(3)] == [(1, "line 1"), (2, "line 2"), (3, "line 3")]
    assert Slow.given == 3
