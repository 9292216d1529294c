"""What a text shares with its training text, against a brute-force search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.config import TextData
from weft.data.codec import Codec
from weft.errors import DataError
from weft.writing.automaton import Automaton, Stand
from weft.writing.copied import TrainingText, beginning, find_copied

TEXTS = st.lists(st.text("abc", max_size=12), min_size=1, max_size=3)
LINES = st.lists(st.text("abc", max_size=8), max_size=5)


def standing(lines: list[str]) -> Iterator[tuple[Stand, str]]:
    return ((Stand("train.txt", number), line) for number, line in enumerate(lines, 1))


def longest_end(text: str, place: int, whole: str) -> int:
    """Length of the longest stretch that ends at a place of the text and stands in the whole."""
    return next(size for size in range(place + 1, -1, -1) if text[place + 1 - size : place + 1] in whole)


@settings(max_examples=150, deadline=None)
@given(TEXTS, LINES)
def test_the_automaton_knows_the_longest_shared_stretch_at_every_place(texts: list[str], lines: list[str]) -> None:
    automaton = Automaton(texts)
    for number, line in enumerate(lines, 1):
        automaton.read(line, Stand("", number))
    whole = "".join(lines)
    line_of = [number for number, line in enumerate(lines, 1) for _ in line]
    for number, text in enumerate(texts):
        expected = [longest_end(text, place, whole) for place in range(len(text))]
        assert automaton.longest_ends(number) == expected
        for place, size in enumerate(expected):
            stand = automaton.stand(number, place)
            first = whole.find(text[place + 1 - size : place + 1])
            assert stand == (Stand("", line_of[first]) if size else None), "where it first stands"


@settings(max_examples=100, deadline=None)
@given(st.text("ab \n", max_size=40), st.lists(st.text("ab ", max_size=12), max_size=6))
def test_spans_and_shares_against_brute_force(text: str, lines: list[str]) -> None:
    (found,) = find_copied([text], standing(lines))
    whole = "".join(line + "\n" for line in lines)
    lengths = [longest_end(text, place, whole) for place in range(len(text))]
    assert found.characters.length == max(lengths, default=0)
    assert found.characters.text in whole
    assert found.characters.text in text
    words, all_words = text.split(), whole.split()
    grams = [words[place : place + 4] for place in range(len(words) - 3)]
    known = [all_words[place : place + 4] for place in range(len(all_words) - 3)]
    assert (found.word_grams.found, found.word_grams.all) == (sum(gram in known for gram in grams), len(grams))
    pieces = [text[place : place + 20] for place in range(len(text) - 19)]
    assert (found.character_grams.found, found.character_grams.all) == (
        sum(piece in whole for piece in pieces),
        len(pieces),
    )


def test_what_is_reported() -> None:
    lines = ["the cat sat on a mat", "and the dog", "ran home, slowly."]
    found, nothing = find_copied(["a dog\nran  home slowly and", "?"], standing(lines))
    assert (found.characters.length, found.characters.text) == (9, " dog\nran ")
    assert (found.characters.path, found.characters.line) == ("train.txt", 2)
    assert (found.words.length, found.words.text, found.words.line) == (4, "dog\nran  home slowly", 2)
    assert found.to_json() == {
        "longest_characters": {"length": 9, "text": " dog\nran ", "path": "train.txt", "line": 2},
        "longest_words": {"length": 4, "text": "dog\nran  home slowly", "path": "train.txt", "line": 2},
        "share_of_4_words": pytest.approx(1 / 3),
        "share_of_20_characters": 0.0,
    }
    assert nothing.to_json()["longest_characters"] == {"length": 0, "text": "", "path": "", "line": 0}
    assert nothing.word_grams.value is None


def codec(tokenizer: str, *, lowercase: bool = False) -> Codec:
    return Codec.learn(["The cat sat."], TextData(tokenizer=tokenizer, lowercase=lowercase), end=True)


def test_training_text_is_read_as_the_run_would_write_it(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("The  cat SAT .\nit  ran\n", encoding="utf-8")
    words = TrainingText([path], TextData(), codec("word", lowercase=True))
    assert [text for _, text in words.lines()] == ["the cat sat.", "it ran"]
    characters = TrainingText([path], TextData(), codec("char"))
    assert list(characters.lines()) == [(Stand(str(path), 1), "The  cat SAT ."), (Stand(str(path), 2), "it  ran")]
    assert beginning(TrainingText([path], TextData(), codec("char")).lines(), 17) == "The  cat SAT .\nit"
    with pytest.raises(DataError, match="no such file"):
        TrainingText([tmp_path / "none.txt"], TextData(), codec("char"))
