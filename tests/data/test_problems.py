"""Oddities are counted, located, and told in one sentence a kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weft.data.problems import KINDS, Problems


def test_one_sentence_a_kind_and_file() -> None:
    problems = Problems()
    for line in (7, 19, 230):
        problems.add("ragged-row", Path("reviews.csv"), line, "4 columns instead of 2")
    problems.add("invalid-utf8", "reviews.csv", 5)
    problems.add("bom", "dev.csv", 1)
    assert problems.notes() == [
        "reviews.csv: 3 rows skipped, 4 columns instead of 2 (lines 7, 19, 230)",
        "reviews.csv: 1 line mended, invalid UTF-8 replaced by U+FFFD (line 5)",
        "dev.csv: 1 byte order mark dropped (line 1)",
    ]


def test_total_counts_everything_and_skipped_only_what_is_left_out() -> None:
    problems = Problems()
    problems.add("empty-text", "a.csv", 3, count=1)
    problems.add("nul", "a.csv", 4)
    problems.add("cut-text", "a.csv", None, "400 symbols", count=1200)
    assert (problems.total, problems.skipped) == (1202, 1)
    assert (problems.count("cut-text"), problems.count("bom")) == (1200, 0)
    assert problems.notes()[-1] == "a.csv: 1,200 texts cut at the longest length allowed, 400 symbols"


def test_places_and_details_do_not_grow_with_the_data() -> None:
    problems = Problems()
    for line in range(1, 10_001):
        problems.add("bad-json", "-", line, f"error {line}")
    (note,) = problems.notes()
    assert note == (
        "standard input: 10,000 lines skipped, not a JSON object: error 1; error 2; error 3; … (lines 1, 2, 3, 4, 5, …)"
    )


def test_two_problems_of_one_line_name_it_once() -> None:
    problems = Problems()
    problems.add("surrogate", "a.jsonl", 2)
    problems.add("surrogate", "a.jsonl", 2)
    assert problems.notes() == ["a.jsonl: 2 lines mended, half of a surrogate pair replaced by U+FFFD (lines 2, …)"]


def test_plain_values() -> None:
    problems = Problems()
    problems.add("ragged-row", Path("a.csv"), 2, "1 column instead of 2")
    assert json.loads(json.dumps(problems.to_json())) == [
        {
            "kind": "ragged-row",
            "path": "a.csv",
            "count": 1,
            "skipped": True,
            "lines": [2],
            "details": ["1 column instead of 2"],
        }
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_a_sentence(kind: str) -> None:
    problems = Problems()
    problems.add(kind, "f", 1, "a detail")
    assert problems.notes()[0].startswith("f: 1 ")
    assert problems.skipped == KINDS[kind].skips
