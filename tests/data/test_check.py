"""What ``weft data check`` tells of a file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from weft.data import check as module
from weft.data._tally import Tally
from weft.data.check import check
from weft.errors import DataError

from reading import write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return Path()


def _reviews(path: Path, count: int = 10) -> Path:
    rows = [f"film {number} is {'good' if number % 2 else 'гниль'},{number % 2}" for number in range(count)]
    return write(path, "\n".join(["text,label", *rows, ""]))


def test_a_clean_table(place: Path) -> None:
    report = check([_reviews(place / "a.csv")])
    assert report.clean
    assert report.lines() == [
        "a.csv: 10 rows",
        "  column 'text': 10 filled, 0 empty",
        "    characters: least 14, quarter 14, median 14, three quarters 15, 95 % 15, most 15",
        "    words: least 4, quarter 4, median 4, three quarters 4, 95 % 4, most 4",
        "    145 characters, 24 different; letters: Latin 76.2%, Cyrillic 23.8%",
        "    most frequent: space i f l m o s d g г и л н ь 0 1 2 3 4 5",
        "  column 'label': 10 filled, 0 empty",
        "    2 different values: 0 5, 1 5",
        "  nothing wrong found",
    ]


def test_plain_values(place: Path) -> None:
    values = json.loads(json.dumps(check([_reviews(place / "a.csv")]).to_json()))
    assert (values["format"], values["clean"]) == (1, True)
    text, label = values["files"][0]["columns"]
    assert label["values"] == [["0", 5], ["1", 5]]
    assert text["lengths"]["most"] == 15
    assert text["scripts"] == {"LATIN": 0.7619, "CYRILLIC": 0.2381}


def test_everything_wrong_is_told(place: Path) -> None:
    rows = ["text,label", *["good,1"] * 8, "good,0", ",1", "a,b,c", "odd,2", "bad \x00,0"]
    report = check([write(place / "a.csv", "\n".join(rows))])
    assert not report.clean
    assert report.lines()[-7:] == [
        "  what is wrong:",
        "    a.csv: 1 row skipped, 3 columns instead of 2 (line 12)",
        "    a.csv: 1 line mended, NUL characters removed (line 14)",
        "    column 'text': 1 row with nothing in it",
        "    column 'label': 2 labels have fewer than 5 rows ('0', '2')",
        "    7 rows equal to an earlier one",
        "    1 text with different labels in different rows",
    ]


def test_rows_of_an_earlier_file_are_found(place: Path) -> None:
    report = check([_reviews(place / "train.csv", 20), _reviews(place / "test.csv", 10)])
    assert report.files[1].findings == ("10 different rows also in train.csv",)


def test_one_class_only(place: Path) -> None:
    file = write(place / "a.csv", "text,stars\na,5\nb,5\n")
    report = check([file], {"text": "text", "label": "stars"})
    assert report.files[0].findings == ("column 'stars': one class only ('5'), a classifier needs at least two",)


def test_labels_that_are_no_labels(place: Path) -> None:
    file = write(place / "a.csv", "text,label\n" + "".join(f"t{number},l{number}\n" for number in range(30)))
    assert check([file]).files[0].findings == (
        "column 'label': almost every label is different, a classifier cannot learn from it",
    )


def test_a_file_cut_short_is_told_with_what_could_be_read(place: Path) -> None:
    rng = np.random.default_rng(1)
    packed = gzip.compress("\n".join(str(value) for value in rng.random(20_000)).encode())
    (file,) = check([write(place / "a.txt.gz", packed[:-2000])]).files
    assert file.rows > 10_000
    assert file.error == (
        f"a.txt.gz: the compressed file is cut short; the last whole line is line {file.rows:,}; "
        "copy or download the file again"
    )
    assert f"    stopped: {file.error}" in check(["a.txt.gz"]).lines()


def test_missing_files_and_columns_are_errors(place: Path) -> None:
    with pytest.raises(DataError, match=r"no such file: gone\.csv"):
        check(["gone.csv"])
    (report,) = check([_reviews(place / "a.csv")], {"text": "review"}).files
    assert report.error.startswith("a.csv:1: no column 'review'; its columns are 'text', 'label'; say which column")


def test_lines_of_text_repeat_by_nature_unless_they_are_long(place: Path) -> None:
    long = "a line that is long enough to be noticed when it comes again"
    (report,) = check([write(place / "a.txt", f"yes\n\nyes\n{long}\n{long}\n")]).files
    assert report.findings == ("1 row equal to an earlier one",)
    assert report.columns[0].empty == 1


def test_tokens_and_tags(place: Path) -> None:
    file = write(place / "a.conll", "Ana\tB-per\nbere\tO\n.\tO\n\n" * 3 + "konec\tO\n")
    report = check([file])
    tokens, tags = report.files[0].columns
    assert (tokens.unit, tokens.lengths["least"], tokens.lengths["most"]) == ("items", 1, 3)
    assert tags.values == (("O", 7), ("B-per", 3))
    assert "    2 different values: O 7, B-per 3" in report.lines()


def test_pictures(place: Path) -> None:
    for name in ("a/1.png", "a/2.png", "b/3.png"):
        Image.new("L", (4, 3)).save(write(place / "p" / name, b""))
    report = check(["p"], {"image": "image", "label": "label"})
    assert "    1 different value: 3 x 4 3" in report.lines()


def test_standard_input_has_texts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    assert check(["-"]).lines()[0] == "standard input: 2 rows"


def test_memory_of_duplicates_is_bounded_and_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    file = write(place / "a.csv", "text,label\na,1\na,1\nb,1\nc,2\nd,2\nd,2\n")
    assert check([file]).files[0].findings[-1] == "1 row equal to an earlier one (among the first 3 different ones)"


def test_a_column_of_many_or_long_values_keeps_none() -> None:
    many, long = Tally("many"), Tally("long")
    for number in range(2000):
        many.add(str(number))
    long.add("x" * 200)
    long.add("y")
    assert many.report().values is None
    assert long.report().values is None
    assert many.report().lengths == {
        "least": 1, "quarter": 3, "median": 3, "three quarters": 4, "95 %": 4, "most": 4,
    }  # fmt: skip
