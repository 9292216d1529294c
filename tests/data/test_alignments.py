"""Alignments in the form of Pharaoh: read, written, and refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.data.alignments import Links, against, parse_links, read_links, write_links
from weft.data.problems import Problems
from weft.errors import DataError

LINKS = Links(frozenset({(0, 0), (2, 1)}), frozenset({(1, 2)}))


def test_a_line_is_read_and_written() -> None:
    assert parse_links("0-0 1p2 2-1") == LINKS
    assert str(LINKS) == "0-0 1p2 2-1"
    assert parse_links("  ") == Links()
    assert str(Links()) == ""
    assert str(parse_links("10-1 9-3")) == "9-3 10-1"


def test_a_link_counts_once_and_is_sure_if_it_is_sure_once() -> None:
    assert parse_links("1-1 1p1 1-1") == Links(frozenset({(1, 1)}))


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "gold.txt"
    write_links(path, [LINKS, {(3, 4), (0, 1)}, []])
    assert path.read_text() == "0-0 1p2 2-1\n0-1 3-4\n\n"
    assert read_links(path, Problems()) == [LINKS, Links(frozenset({(3, 4), (0, 1)})), Links()]


@pytest.mark.parametrize("word", ["1", "a-b", "1-", "-1", "1--2", "1-2-3", "1q2", "1.5-2", "²-1", "1:2"])
def test_what_is_no_link_is_told_with_file_and_line(tmp_path: Path, word: str) -> None:
    path = tmp_path / "gold.txt"
    path.write_text(f"0-0\n0-0 {word}\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_links(path, Problems())
    assert str(caught.value) == f"{path}, line 2: {word!r} is no link"
    assert 'links are written "0-0 1-2", possible ones "1p2"' in caught.value.hint


def test_a_link_to_a_word_that_is_not_there_is_told() -> None:
    assert parse_links("1-2", sizes=(2, 3)) == Links(frozenset({(1, 2)}))
    with pytest.raises(DataError, match="'2-0' links word 2 of the source, which has 2 words") as caught:
        parse_links("0-0 2-0", sizes=(2, 3))
    assert "from 0" in caught.value.hint
    with pytest.raises(DataError, match="row 7: '0p3' links word 3 of the target, which has 3 words"):
        parse_links("0p3", where="row 7", sizes=(2, 3))


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the alignments cannot be written: No such file or directory"):
        write_links(tmp_path / "nowhere" / "links.txt", [LINKS])


def test_predicted_links_beside_gold_ones() -> None:
    evidence = against([LINKS], [[(0, 0), (0, 0)]])
    assert evidence.predicted == (frozenset({(0, 0)}),)
    assert evidence.sure == (LINKS.sure,)
    assert evidence.possible == (frozenset({(0, 0), (2, 1), (1, 2)}),)
