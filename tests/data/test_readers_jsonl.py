"""JSON lines: bad lines counted, wrong keys told, values as CSV would give them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weft.data.readers import list_columns

from reading import read, refused, texts, write

BOTH = ("text", "label")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return Path()


def test_scalars_read_as_text_and_lists_stay(place: Path) -> None:
    labels = ["a", 3, 2.5, True, False, ["x", "y"], 10**20]
    file = write(place / "a.jsonl", "\n".join(json.dumps({"text": "t", "label": label}) for label in labels))
    records, problems = read(file, fields=BOTH)
    assert [record.values["label"] for record in records] == [
        *("a", "3", "2.5", "true", "false"),
        ["x", "y"],
        "100000000000000000000",
    ]
    assert problems.total == 0


def test_bad_lines_are_skipped_counted_and_located(place: Path) -> None:
    lines = [
        '{"text": "good", "label": "1"}',
        '{"text": "cut',
        "",
        "[1, 2]",
        '{"text": null, "label": 1}',
        '{"label": 1}',
        '{"text": {"a": 1}, "label": 1}',
        '{"text": "end", "label": 0}',
        "1" * 5000,
        "[" * 100_000,
    ]
    records, problems = read(write(place / "a.jsonl", "\n".join(lines)), fields=BOTH)
    assert [(record.line, record.values["text"]) for record in records] == [(1, "good"), (8, "end")]
    assert problems.notes() == [
        "a.jsonl: 4 lines skipped, not a JSON object: Unterminated string starting at at character 10; found a list; "
        "a number or nesting too large to read (lines 2, 4, 9, 10)",
        "a.jsonl: 1 blank line skipped (line 3)",
        "a.jsonl: 2 rows skipped, no 'text' (lines 5, 6)",
        "a.jsonl: 1 row skipped, 'text' holds an object (line 7)",
    ]
    assert problems.skipped == 8


def test_bad_lines_stay_in_their_place_when_asked_for(place: Path) -> None:
    file = write(place / "a.jsonl", '{"text": "a"}\n"just text"\n{"text": "b"}\n')
    records, _ = read(file, keep_bad=True)
    assert [record.error for record in records] == ["", "line skipped, not a JSON object: found a text", ""]


def test_wrong_key_lists_the_keys(place: Path) -> None:
    file = write(place / "a.jsonl", '{"review": "good", "stars": 5}\n' * 3)
    assert refused(file, columns={"text": "reviews"}) == (
        "a.jsonl: no column 'reviews', did you mean 'review'?; its columns are 'review', 'stars'",
        "say which column holds the text: --set data.text=NAME",
    )


def test_wrong_key_is_told_without_reading_everything(place: Path) -> None:
    file = write(place / "a.jsonl", '{"review": "good"}\n' * 100 + "not json\n" * 1000)
    assert refused(file)[0] == "a.jsonl: no column 'text'; its columns are 'review'"


def test_a_key_may_be_absent_at_first(place: Path) -> None:
    file = write(place / "a.jsonl", '{"other": 1}\n' * 50 + '{"text": "here"}\n')
    records, problems = read(file)
    assert (texts(records), problems.skipped) == (["here"], 50)


def test_nothing_but_bad_lines(place: Path) -> None:
    assert refused(write(place / "a.jsonl", "one\ntwo\n")) == (
        "a.jsonl: no row can be used, 2 were skipped",
        "a.jsonl: 2 lines skipped, not a JSON object: Expecting value at character 1 (lines 1, 2)",
    )


def test_escapes_cannot_smuggle_in_nul_or_half_characters(place: Path) -> None:
    file = write(place / "a.jsonl", r'{"text": "a\u0000b \ud83d \ud83d\ude00", "tags": ["\udc00", 1]}' + "\n")
    records, problems = read(file, fields=("text", "tags"))
    assert records[0].values == {"text": "ab \ufffd 😀", "tags": ["\ufffd", 1]}
    assert problems.notes() == [
        "a.jsonl: 1 line mended, NUL characters removed (line 1)",
        "a.jsonl: 2 lines mended, half of a surrogate pair replaced by U+FFFD (lines 1, …)",
    ]


def test_columns_are_the_keys_of_the_first_object(place: Path) -> None:
    assert list_columns(write(place / "a.jsonl", 'x\n{"b": 1, "a": 2}\n{"c": 3}')) == ("b", "a")
    assert list_columns(write(place / "b.jsonl", "x\n")) == ()


def test_plain_json_is_not_json_lines(place: Path) -> None:
    message, hint = refused(write(place / "a.json", "[1]"))
    assert message == "a.json: .json is not a format that gives 'text'"
    assert hint == (
        "known endings: .txt, .csv, .tsv, .jsonl, .parquet, .conll, .conllu, .idx (each but .parquet also with .gz)"
    )
