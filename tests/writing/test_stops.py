"""A text ends at its first stop text, however its symbols are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.errors import ConfigError
from weft.writing.stops import StopCut

LETTERS = st.text("ab\n", max_size=14)
STOPS = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3)


def cut(pieces: list[str], stops: list[str], *, shown: bool = False) -> str:
    stop = StopCut(stops, shown=shown)
    return "".join(stop.feed(piece) for piece in pieces) + stop.finish()


def by_definition(text: str, stops: list[str], *, shown: bool) -> str:
    """Up to the first character at which a stop text is complete, less the longest stop text that ends there."""
    for end in range(len(text) + 1):
        found = [stop for stop in stops if text[:end].endswith(stop)]
        if found:
            return text[:end] if shown else text[: end - max(map(len, found))]
    return text


@settings(max_examples=200, deadline=None)
@given(LETTERS, STOPS, st.lists(st.integers(0, 14)), st.booleans())
def test_the_pieces_do_not_matter(text: str, stops: list[str], cuts: list[int], shown: bool) -> None:
    places = sorted({0, len(text), *(place for place in cuts if place < len(text))})
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert cut(pieces, stops, shown=shown) == by_definition(text, stops, shown=shown)


def test_only_what_may_become_a_stop_text_is_held_back() -> None:
    stop = StopCut(["END"])
    assert [stop.feed(piece) for piece in ("a E", "N", "N E", "ND b")] == ["a ", "", "ENN ", ""]
    assert stop.ended
    assert stop.feed("more") == stop.finish() == ""


def test_what_was_held_back_comes_when_nothing_follows() -> None:
    stop = StopCut(["END"])
    assert stop.feed("the EN") == "the "
    assert stop.finish() == "EN"
    assert not stop.ended


def test_of_two_that_end_together_the_longer_one_counts() -> None:
    assert cut(["xabc"], ["bc", "abc"]) == "x"
    assert cut(["xabc"], ["b", "abc"]) == "xa", "b is complete before abc"


def test_stop_texts_that_mean_nothing() -> None:
    with pytest.raises(ConfigError, match="a stop text must hold at least one character, got ''"):
        StopCut(["a", ""])
    with pytest.raises(ConfigError, match="expected a list of stop texts, got a single str 'END'") as caught:
        StopCut("END")
    assert caught.value.hint == "write [text]"
