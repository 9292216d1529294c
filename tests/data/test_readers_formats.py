"""The other formats: plain text, folders, Parquet, CoNLL, aligned pairs, pictures, IDX; and how one is chosen."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from weft.data.problems import Problems
from weft.data.readers import list_columns, read_records
from weft.errors import DataError

from reading import read, refused, texts, write

PAIR = ("source", "target")
PICTURE = ("image", "label")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return Path()


# --- text and folders -------------------------------------------------------------------------------------------------


def test_text_gives_only_texts(place: Path) -> None:
    assert refused(write(place / "a.txt", "a\n"), fields=("text", "label")) == (
        "a.txt: a line is a text, and nothing else is in it; field 'label' was asked for",
        "fields by name come in .csv, .tsv, .jsonl and .parquet files",
    )


def test_text_keeps_empty_lines(place: Path) -> None:
    assert texts(read(write(place / "A.TXT", "a\n\nb\n"), columns={"text": "review"})[0]) == ["a", "", "b"]


def test_unknown_ending_is_read_as_text_and_says_so(place: Path) -> None:
    records, problems = read(write(place / "poems.md", "a\nb\n"))
    assert texts(records) == ["a", "b"]
    assert problems.notes() == ["poems.md: 1 file read as plain text, a line a text: .md is not a known format"]


def test_unknown_ending_gives_no_labels(place: Path) -> None:
    message, _ = refused(write(place / "reviews.cvs", "text,label\n"), fields=("text", "label"))
    assert message == "reviews.cvs: .cvs is not a format that gives 'text' and 'label'"


def test_folder_reads_every_text_below_in_order(place: Path) -> None:
    write(place / "c/b/two.txt", "3\n")
    write(place / "c/a.py", "1\n2")
    write(place / "c/z.txt.gz", gzip.compress(b"4\n"))
    write(place / "c/picture.png", b"\x89PNG\r\n\x1a\n")
    write(place / "c/empty.txt", "")
    write(place / "c/.git/config", "x")
    (place / "c/again").symlink_to("b")
    records, problems = read("c")
    assert texts(records) == ["1", "2", "3", "4"]
    assert [(str(record.path), record.line) for record in records[1:3]] == [("c/a.py", 2), ("c/b/two.txt", 1)]
    assert problems.notes() == [
        "c: 1 hidden file or folder skipped, .git",
        "c: 1 linked folder not followed, again",
        "c: 1 file skipped, empty: empty.txt",
        "c: 1 file skipped, not UTF-8 text: picture.png",
    ]


def test_folder_and_files_together_for_a_language_model(place: Path) -> None:
    write(place / "c/one.txt", "1")
    write(place / "two.csv", "text,label\n2,x\n")
    assert texts(read("c", "two.csv")[0]) == ["1", "2"]
    assert list_columns("c") == ("text",)


def test_folder_without_text(place: Path) -> None:
    write(place / "c/a.bin", b"\0" * 100)
    assert refused("c") == (
        "c: no text file among the 1 files in this folder",
        "give a folder of UTF-8 text files, or one file",
    )


def test_folder_gives_no_labels(place: Path) -> None:
    write(place / "c/pos/1.txt", "good")
    assert refused("c", fields=("text", "label"))[0] == (
        "c: a folder is read as lines of text, for language models; field 'label' was asked for"
    )


# --- aligned pairs ----------------------------------------------------------------------------------------------------


def test_aligned_pair(place: Path) -> None:
    write(place / "t.en", "one\ntwo\n")
    write(place / "t.de.gz", gzip.compress(b"eins\r\nzwei\r\n"))
    records, problems = read("t.en:t.de.gz", fields=PAIR)
    assert [record.values for record in records] == [
        {"source": "one", "target": "eins"},
        {"source": "two", "target": "zwei"},
    ]
    assert (records[1].path, records[1].line, problems.total) == (Path("t.en"), 2, 0)
    assert list_columns("t.en:t.de.gz") == PAIR


@pytest.mark.parametrize(("longer", "shorter"), [("t.en", "t.de"), ("t.de", "t.en")])
def test_aligned_pair_of_other_lengths(place: Path, longer: str, shorter: str) -> None:
    write(place / longer, "1\n" * 1500)
    write(place / shorter, "1\n" * 1002)
    assert refused("t.en:t.de", fields=PAIR) == (
        f"{longer}:1003: this line has no partner: {longer} has 1,500 lines, {shorter} has 1,002",
        "aligned files need the same number of lines; look where they lose step",
    )


def test_aligned_pair_with_a_missing_half(place: Path) -> None:
    write(place / "t.en", "1\n")
    assert refused("t.en:t.de", fields=PAIR)[0] == "no such file: t.de, did you mean 't.en'?"


def test_aligned_pair_gives_no_label(place: Path) -> None:
    write(place / "t.en", "1\n")
    write(place / "t.de", "1\n")
    assert "'source' and 'target'; field 'label' was asked for" in refused("t.en:t.de", fields=("label",))[0]


# --- Parquet ----------------------------------------------------------------------------------------------------------


def _parquet(path: Path, **columns: list[Any]) -> Path:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path)
    return path


def test_parquet(place: Path) -> None:
    file = _parquet(place / "a.parquet", review=["good", None, "bad"], stars=[5, 1, 2], tags=[["a"], [], ["b", "c"]])
    records, problems = read(file, columns={"text": "review", "label": "stars", "tags": "tags"})
    assert [(record.line, record.values) for record in records] == [
        (1, {"text": "good", "label": "5", "tags": ["a"]}),
        (3, {"text": "bad", "label": "2", "tags": ["b", "c"]}),
    ]
    assert problems.notes() == ["a.parquet: 1 row skipped, no 'review' (line 2)"]
    assert list_columns(file) == ("review", "stars", "tags")


def test_parquet_bytes_are_no_text(place: Path) -> None:
    records, problems = read(_parquet(place / "a.parquet", text=[b"raw"], n=[1]), keep_bad=True)
    assert [record.error for record in records] == ["row skipped: 'text' holds raw bytes"]
    assert problems.notes() == ["a.parquet: 1 row skipped, 'text' holds raw bytes (line 1)"]


def test_parquet_wrong_column(place: Path) -> None:
    message, hint = refused(_parquet(place / "a.parquet", review=["good"]), fields=("text",))
    assert message == "a.parquet: no column 'text'; its columns are 'review'"
    assert hint == "say which column holds the text: --set data.text=NAME"


def test_parquet_without_rows(place: Path) -> None:
    assert refused(_parquet(place / "a.parquet", text=[]))[0] == "a.parquet: columns and no rows"


def test_parquet_in_gz(place: Path) -> None:
    assert refused(write(place / "a.parquet.gz", "x")) == (
        "a.parquet.gz: Parquet is packed inside, and not read from .gz",
        "unpack it with gunzip",
    )


def test_parquet_cut_short(place: Path) -> None:
    file = _parquet(place / "a.parquet", text=["good"] * 100)
    write(file, file.read_bytes()[:-20])
    message, hint = refused(file)
    assert message.startswith("a.parquet: not a whole Parquet file, damaged at its start or end: ")
    assert hint == "copy or write the file again"


def test_parquet_damaged_inside(place: Path) -> None:
    file = _parquet(place / "a.parquet", text=[f"good {number}" for number in range(1000)])
    data = bytearray(file.read_bytes())
    data[4:200] = b"\xff" * 196
    assert refused(write(file, bytes(data)))[0].startswith("a.parquet: not a whole Parquet file, damaged after row 0: ")


# --- CoNLL ------------------------------------------------------------------------------------------------------------


def test_conll(place: Path) -> None:
    file = write(place / "a.conll", "# id = 7\nAna\tB-per\nbere\tO\n\n\n#\tO\n#yes\tO\n \t \nend\tO")
    records, problems = read(file, columns={"tokens": "tokens", "tags": "tags"})
    assert [(record.line, record.values["tokens"], record.values["tags"]) for record in records] == [
        (2, ["Ana", "bere"], ["B-per", "O"]),
        (6, ["#", "#yes"], ["O", "O"]),
        (9, ["end"], ["O"]),
    ]
    assert problems.total == 0
    assert list_columns(file) == ("tokens", "tags", "1", "2")


def test_conll_by_spaces_and_number(place: Path) -> None:
    file = write(place / "a.conll", "Ana NNP B-NP I-PER\nreads VBZ O O\n")
    (record,), _ = read(file, columns={"tokens": "tokens", "tags": "2"})
    assert record.values == {"tokens": ["Ana", "reads"], "tags": ["NNP", "VBZ"]}


def test_conll_sentence_with_a_ragged_line(place: Path) -> None:
    file = write(place / "a.conll", "a\tO\n\nb\tO\nc\tx\tO\n\nd\tO\n\ne\n")
    records, problems = read(file, fields=("tokens",))
    assert [record.values["tokens"] for record in records] == [["a"], ["d"]]
    assert problems.notes() == [
        "a.conll: 2 sentences skipped, 3 columns instead of 2; 1 column instead of 2 (lines 4, 8)"
    ]


def test_conll_without_a_sentence(place: Path) -> None:
    message, hint = refused(write(place / "a.conllu", "# only = this\n\n"), fields=("tokens",))
    assert message == "a.conllu: no sentence in it, only blank lines and comments"
    assert hint == "give a file with tokens"


def test_conllu_leaves_out_ranges_and_empty_nodes(place: Path) -> None:
    rows = ["# text = vámonos", "1-2 vámonos", "1 vamos ir VERB", "2 nos nosotros PRON", "2.1 x"]
    filled = "\n".join(row if row[0] == "#" else "\t".join((row + " _" * 10).split()[:10]) for row in rows)
    file = write(place / "a.conllu", filled + "\n\n")
    (record,), problems = read(file, columns={"tokens": "tokens", "tags": "tags", "lemma": "lemma"})
    assert record.values == {"tokens": ["vamos", "nos"], "tags": ["VERB", "PRON"], "lemma": ["ir", "nosotros"]}
    assert (record.line, problems.total) == (3, 0)
    assert refused(file, fields=("text",))[0].startswith(
        "a.conllu: no column 'text'; its columns are 'tokens', 'tags', 'id', 'form', 'lemma', 'upos'"
    )


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_picture_folder(place: Path) -> None:
    for name, mode, size in (("a/1.png", "L", (3, 2)), ("b/2.png", "RGB", (1, 1)), ("b/3.png", "1", (1, 4))):
        path = write(place / "p" / name, b"")
        Image.new(mode, size, 1).save(path)
    write(place / "p/b/4.png", b"\x89PNG broken")
    write(place / "p/readme.txt", "x")
    records, problems = read("p", fields=PICTURE)
    assert [(record.values["image"].shape, record.values["label"]) for record in records] == [
        ((2, 3), "a"),
        ((1, 1, 3), "b"),
        ((4, 1), "b"),
    ]
    assert all(record.values["image"].dtype == np.uint8 for record in records)
    assert problems.notes() == [
        "p: 1 picture skipped, unreadable: b/4.png",
        "p: 1 file skipped, in no class folder: readme.txt",
    ]
    assert list_columns("p", fields=PICTURE) == PICTURE
    bad = [record for record in read("p", fields=PICTURE, keep_bad=True)[0] if record.error]
    assert [(record.path, record.line) for record in bad] == [(Path("p/b/4.png"), 1)]
    assert bad[0].error.startswith("picture skipped, unreadable: cannot identify image file")


def test_picture_folder_without_pictures(place: Path) -> None:
    write(place / "p/loose.png", "x")
    assert refused("p", fields=PICTURE) == (
        "p: no picture in it",
        "put the pictures of each class into a subfolder named after the class",
    )


def test_pictures_need_pillow(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place / "p/a/1.png", "x")
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert refused("p", fields=PICTURE) == (
        "reading pictures needs pillow, which is not installed",
        "pip install 'weft[images]'",
    )


# --- IDX --------------------------------------------------------------------------------------------------------------


def _idx(path: Path, array: np.ndarray, code: int = 8) -> Path:
    header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    data = header + array.tobytes()
    return write(path, gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_with_labels_beside_it(place: Path, ending: str) -> None:
    images = np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3)
    file = _idx(place / f"t-images-idx3-ubyte{ending}", images)
    _idx(place / f"t-labels-idx1-ubyte{ending}", np.array([3, 1, 4, 1, 5], dtype=np.uint8))
    records, _ = read(file, fields=PICTURE)
    assert [record.values["label"] for record in records] == ["3", "1", "4", "1", "5"]
    assert np.array_equal([record.values["image"] for record in records], images)
    assert list_columns(file) == PICTURE


def test_idx_of_big_endian_floats(place: Path) -> None:
    values = np.array([[1.5, -2.0], [0.25, 8.0]], dtype=">f4")
    records, _ = read(_idx(place / "a.idx", values, code=13), fields=("image",))
    assert [record.values["image"].tolist() for record in records] == values.tolist()
    assert list_columns(place / "a.idx") == ("image",)


def test_idx_refusals(place: Path) -> None:
    file = _idx(place / "images.idx", np.zeros((4, 2), dtype=np.uint8))
    assert refused(file, fields=PICTURE)[0] == "no such file: labels.idx, did you mean 'images.idx'?"
    _idx(place / "labels.idx", np.zeros(3, dtype=np.uint8))
    assert refused(file, fields=PICTURE) == (
        "images.idx has 4 items, labels.idx has 3 labels",
        "give files that belong together",
    )
    assert refused("labels.idx", fields=PICTURE) == (
        "labels.idx: no images in its name, so no labels file beside it is known",
        "give the images file",
    )
    assert refused(file, fields=("text",))[0].startswith("images.idx: an IDX file holds 'image'")


@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
def test_idx_cut_short(place: Path, name: str) -> None:
    file = _idx(place / name, np.random.default_rng(1).integers(0, 255, (4, 2000), dtype=np.uint8))
    write(file, file.read_bytes()[:-1500])
    assert refused(file, fields=("image",)) == (
        f"{name}: the file ends inside item 4 of 4",
        "copy or download the file again",
    )


def test_idx_of_something_else(place: Path) -> None:
    assert refused(write(place / "a.idx", b"text here"), fields=("image",)) == (
        "a.idx: not an IDX file, it begins with 74 65 78 74",
        "IDX files begin with 00 00, a type from 08 to 0e, and the number of dimensions",
    )


# --- the door ---------------------------------------------------------------------------------------------------------


def test_a_single_path_is_refused() -> None:
    with pytest.raises(DataError, match=r"paths must be a list of files, got the single path 'a\.txt'") as caught:
        read_records("a.txt", {"text": "text"}, problems=Problems())
    assert caught.value.hint == "write [path]"


def test_no_path_is_refused() -> None:
    assert refused() == ("no file was given to read", "give at least one path")


def test_no_heavy_import() -> None:
    heavy = {"torch", "pyarrow", "PIL", "sklearn"}
    code = f"import sys, weft.data.readers, weft.data.check; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout.strip() == ""


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
