"""CSV and TSV: quoting, ragged rows, columns that are not there."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path

import pytest

from weft.data.check import check
from weft.data.readers import list_columns, table

from reading import read, refused, texts, write

BOTH = ("text", "label")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return Path()


def test_quoted_csv_with_lines_inside(place: Path) -> None:
    file = write(place / "a.csv", 'label,text\r\n1,"a, ""b""\r\nc"\r\n0,plain "marks"\r\n1,\r\n')
    records, problems = read(file, fields=BOTH)
    assert [(record.line, record.values) for record in records] == [
        (2, {"text": 'a, "b"\nc', "label": "1"}),
        (4, {"text": 'plain "marks"', "label": "0"}),
        (5, {"text": "", "label": "1"}),
    ]
    assert problems.total == 0
    assert records[0].path == file


def test_what_the_csv_module_writes_is_read_back(place: Path) -> None:
    rng = random.Random(5)
    rows = [["".join(rng.choices("ab\",;\n 'é", k=rng.randrange(12))) for _ in range(3)] for _ in range(500)]
    with (place / "a.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([["x", "y", "z"], *rows])
    records, problems = read(place / "a.csv", fields=("x", "y", "z"))
    assert [list(record.values.values()) for record in records] == rows
    assert problems.total == 0


def test_tsv_is_not_quoted(place: Path) -> None:
    file = write(place / "a.tsv.gz", gzip.compress(b'text\tlabel\n"so called\t1\nsaid "yes"\t0\n'))
    records, problems = read(file, fields=BOTH)
    assert texts(records) == ['"so called', 'said "yes"']
    assert problems.total == 0


def test_quoting_can_be_chosen(place: Path) -> None:
    tsv = write(place / "a.tsv", 'text\tlabel\n"a\tb"\t1\n')
    assert texts(read(tsv, fields=BOTH, quoting="csv")[0]) == ["a\tb"]
    comma = write(place / "a.csv", 'text,label\n"a,1\n')
    assert texts(read(comma, fields=BOTH, quoting="none")[0]) == ['"a']


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.tsv", "\t")])
def test_ten_columns_among_two_are_skipped_and_counted(place: Path, name: str, mark: str) -> None:
    rows = ["text,label", "good,1", ",".join("abcdefghij"), "alone", "bad,0", "", "end,1"]
    records, problems = read(write(place / name, "\n".join(rows).replace(",", mark)), fields=BOTH)
    assert [(record.line, record.values["text"]) for record in records] == [(2, "good"), (5, "bad"), (7, "end")]
    assert problems.notes() == [
        f"{name}: 2 rows skipped, 10 columns instead of 2; 1 column instead of 2 (lines 3, 4)",
        f"{name}: 1 blank line skipped (line 6)",
    ]


def test_bad_rows_stay_in_their_place_when_asked_for(place: Path) -> None:
    file = write(place / "a.csv", "text,label\ngood,1\na,b,c\nbad,0\n")
    records, problems = read(file, fields=BOTH, keep_bad=True)
    assert [(record.line, record.error) for record in records] == [
        (2, ""),
        (3, "row skipped: 3 columns instead of 2"),
        (4, ""),
    ]
    assert problems.skipped == 1


def test_a_blank_line_of_a_one_column_table_is_an_empty_text(place: Path) -> None:
    assert texts(read(write(place / "a.tsv", "text\na\n\nb\n"))[0]) == ["a", "", "b"]


def test_wrong_column_lists_the_columns_and_the_nearest(place: Path) -> None:
    file = write(place / "reviews.csv", "review_text,stars\ngood,5\n")
    assert refused(file, columns={"text": "review"}) == (
        "reviews.csv:1: no column 'review', did you mean 'review_text'?; its columns are 'review_text', 'stars'",
        "say which column holds the text: --set data.text=NAME",
    )


@pytest.mark.parametrize(("header", "name"), [("text;label", "semicolons"), ("text\tlabel", "tabs")])
def test_another_separator_is_recognised(place: Path, header: str, name: str) -> None:
    message, hint = refused(write(place / "a.csv", header + "\n"), fields=BOTH)
    assert message.startswith("a.csv:1: no column 'text'")
    assert hint == f"the header looks separated by {name}: save it with commas as .csv, or with tabs as .tsv"
    assert check([write(place / "b.csv", header + "\na\n")]).files[0].findings[0] == hint


def test_a_column_that_stands_twice(place: Path) -> None:
    assert refused(write(place / "a.csv", "text,text\na,b\n")) == (
        "a.csv:1: 2 columns are called 'text'",
        "rename one, or choose another column with --set data.text=NAME",
    )


def test_header_only(place: Path) -> None:
    assert refused(write(place / "a.csv", "text,label\n"), fields=BOTH) == (
        "a.csv: a header and no rows",
        "give a file with at least one row",
    )


@pytest.mark.parametrize(
    ("first", "state"), [("", "is blank"), ('"text"s,label', "has text behind a closing quotation mark")]
)
def test_a_broken_header(place: Path, first: str, state: str) -> None:
    assert refused(write(place / "a.csv", first + "\na,b\n")) == (
        f"a.csv:1: the first line should name the columns, it {state}",
        "put the names of the columns on the first line",
    )


def test_no_row_of_the_right_width(place: Path) -> None:
    assert refused(write(place / "a.csv", "text,label\na\nb\n"), fields=BOTH) == (
        "a.csv: no row can be used, 2 were skipped",
        "a.csv: 2 rows skipped, 1 column instead of 2 (lines 2, 3)",
    )


def test_a_quotation_mark_never_closed_names_its_line(place: Path) -> None:
    file = write(place / "a.csv", 'text,label\ngood,1\n"bad,0\nfine,1\n')
    assert refused(file, fields=BOTH) == (
        "a.csv:3: a quotation mark opened in this row is never closed",
        "close it; inside a field write a mark twice, or take marks as they are with --set data.quoting=none",
    )


def test_a_quotation_mark_closed_by_the_next_row(place: Path) -> None:
    file = write(place / "a.csv", 'text,label\n"bad,0\nfine,1\n"good",1\n')
    message = refused(file, fields=BOTH)[0]
    assert message == "a.csv:2: a quotation mark opened in this row is closed only on line 4, with text behind it"


def test_an_unclosed_mark_does_not_swallow_a_large_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LONGEST_ROW", 1000)
    file = write(place / "a.csv", 'text,label\n"bad,0\n' + "fine,1\n" * 1000)
    message = refused(file, fields=BOTH)[0]
    assert message == "a.csv:2: a quotation mark opened in this row is not closed within 1,000 characters"


def test_text_behind_a_closing_mark_is_a_bad_row(place: Path) -> None:
    file = write(place / "a.csv", 'text,label\n"so "called" good",1\nfine,0\n')
    records, problems = read(file, fields=BOTH)
    assert texts(records) == ["fine"]
    assert problems.notes() == ["a.csv: 1 row skipped, text behind a closing quotation mark (line 2)"]


def test_a_quoted_field_of_50_megabytes(place: Path) -> None:
    file = write(place / "a.csv", 'text,label\n"' + "abcdefghi " * 4_999_999 + "two\nlines." + '",1\nend,0\n')
    records, _ = read(file, fields=BOTH)
    assert [(record.line, len(record.values["text"])) for record in records] == [(2, 50_000_000), (4, 3)]


def test_nul_bom_and_invalid_bytes_inside_a_table(place: Path) -> None:
    file = write(place / "a.csv", b'\xef\xbb\xbf"text",label\nn\0ul,1\n"bad \xff",0\n')
    records, problems = read(file, fields=BOTH)
    assert texts(records) == ["nul", "bad \ufffd"]
    assert problems.notes() == [
        "a.csv: 1 byte order mark dropped (line 1)",
        "a.csv: 1 line mended, NUL characters removed (line 2)",
        "a.csv: 1 line mended, invalid UTF-8 replaced by U+FFFD (line 3)",
    ]


def test_columns_are_listed_from_the_header(place: Path) -> None:
    assert list_columns(write(place / "a.csv", '"a b",c\n1,2\n')) == ("a b", "c")
