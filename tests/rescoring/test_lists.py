"""N-best lists as they are read, and the sentence for each way they can be wrong."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from rescoring.made_lists import listed
from weft.data.problems import Problems
from weft.errors import DataError
from weft.rescoring import read_lists

GOOD = {"id": "a", "reference": "A B", "nbest": [{"text": "A B", "score": -1}, {"text": "A", "score": -2.5}]}


def read(path: Path, **options: Any) -> list[Any]:
    return read_lists(path, Problems(), **options)


def test_a_list_is_read_with_its_place(tmp_path: Path) -> None:
    bare = {"nbest": [{"text": "", "score": 0}]}
    first, second = read(listed(tmp_path / "n.jsonl", GOOD, bare))
    assert (first.name, first.reference, first.texts, first.scores) == ("a", "A B", ("A B", "A"), (-1.0, -2.5))
    assert (second.name, second.reference, second.texts, second.line) == ("2", None, ("",), 2)


def test_packed_files_and_empty_lines(tmp_path: Path) -> None:
    plain = listed(tmp_path / "n.jsonl", GOOD, "", GOOD)
    packed = tmp_path / "p.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    problems = Problems()
    assert [row.line for row in read_lists(packed, problems)] == [1, 3]
    assert problems.notes() == [f"{packed}: 1 blank line skipped (line 2)"]


def entry(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "nbest": [{"text": "x", "score": 1.0}, {"text": "y", "score": 2.0} | changes]}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ('{"id": ', "not JSON: Expecting value at character 8"),
        ("[" * 100_000, "not JSON that can be read: a number or nesting is too large"),
        ("[1]", "expected a JSON object, found a list"),
        ({"id": "a"}, "no 'nbest'; its keys are 'id'"),
        ({}, "no 'nbest'; its keys are none"),
        ({"nbest": []}, "'nbest' is empty, so there is nothing to choose from"),
        ({"nbest": "abc"}, "'nbest' must be a list of hypotheses, found the text 'abc'"),
        ({"nbest": ["abc"]}, "hypothesis 1 of 1 must be an object with 'text' and 'score', found the text 'abc'"),
        ({**GOOD, "reference": 7}, "'reference' must be a text, found the number 7"),
        (entry(text=None), "hypothesis 2 of 2 has no 'text'"),
        (entry(text=["y"]), "hypothesis 2 of 2: 'text' is a list"),
        (entry(score=None), "hypothesis 2 of 2 has no 'score'"),
        (entry(score="-1"), "hypothesis 2 of 2: 'score' must be a number, found the text '-1'"),
        (entry(score=True), "hypothesis 2 of 2: 'score' must be a number, found true or false"),
        (entry(score=float("nan")), "hypothesis 2 of 2: 'score' is nan, which cannot be compared with others"),
        (entry(score=float("-inf")), "hypothesis 2 of 2: 'score' is -inf, which cannot be compared"),
        (entry(score=10**400), "hypothesis 2 of 2: 'score' is 10000000000000000000, which cannot"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, row: Any, sentence: str) -> None:
    path = listed(tmp_path / "n.jsonl", GOOD, row)
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}, line 2: {sentence}")
    assert caught.value.hint.startswith('a list is {"id"')


def test_lists_to_tune_on_need_their_references(tmp_path: Path) -> None:
    path = listed(tmp_path / "n.jsonl", GOOD, (None, [("x", 1.0)]))
    with pytest.raises(DataError, match="line 2: no 'reference', and weights are tuned by what was said") as caught:
        read(path, references=True)
    assert "--weights" in caught.value.hint


def test_a_file_without_lists_is_told(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    path.write_text("\n\n")
    with pytest.raises(DataError, match="no n-best list in it, only empty lines"):
        read(path)
