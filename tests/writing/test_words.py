"""How words sound, by their spelling and by a person's list."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.data.samples.verse import STANZAS
from weft.errors import DataError
from weft.writing.verse.constraints import count_syllables, rhymes
from weft.writing.verse.pronouncing import Pronouncer, Sound, words_of
from weft.writing.verse.word_list import read_sounds, read_words

SYLLABLES = {
    1: "the time loved walked eyes tongue strange don't o'er heav'n cheese through years played plague ships",
    2: "table wanted handled boxes being quiet lion something careful didn't lovely people ruin hundred prayer belov'd",
    3: "radio happier wonderful actual family's beautiful virtuous everything completely opinion",
    4: "generation television mysterious",
}


def test_syllables_of_common_words() -> None:
    pronounce = Pronouncer()
    wrong = {
        word: pronounce(word) for count, words in SYLLABLES.items() for word in words.split()
        if pronounce(word).syllables != count  # type: ignore[union-attr]
    }  # fmt: skip
    assert wrong == {}


@pytest.mark.parametrize(
    "pair",
    [
        "night white", "day they", "love above", "stone alone", "calling falling", "walked talked", "eyes rise",
        "sea me", "bread head", "through blue", "care air", "cried side", "flows goes", "breeze bees",
        "happier sleepier", "lady's ladies", "heart art", "making taking", "Gone upon",
    ],
)  # fmt: skip
def test_words_that_rhyme(pair: str) -> None:
    one, other = pair.split()
    assert rhymes(one, other, Pronouncer()), (Pronouncer()(one), Pronouncer()(other))


@pytest.mark.parametrize(
    "pair",
    ["night note", "love move", "king calling", "stone gone", "bread bead", "wanted loved", "th th", "1999 1999"],
)
def test_words_that_do_not(pair: str) -> None:
    one, other = pair.split()
    assert not rhymes(one, other, Pronouncer())


def test_the_sample_keeps_its_form_by_these_rules() -> None:
    pronounce = Pronouncer()
    for stanza in STANZAS.strip().split("\n\n"):
        words = [words_of(line) for line in stanza.split("\n")]
        assert [count_syllables(line, pronounce) for line in words] == [8] * 4, stanza
        a, b, c, d = (line[-1] for line in words)
        alternate = rhymes(a, c, pronounce) and rhymes(b, d, pronounce)
        assert alternate or (rhymes(a, b, pronounce) and rhymes(c, d, pronounce)), stanza


def test_what_spelling_cannot_say() -> None:
    pronounce = Pronouncer()
    assert pronounce("1999") is None
    assert pronounce("да") is None
    assert pronounce("x-1") is None
    assert pronounce("Café") == pronounce("cafe")
    assert pronounce("well-known") == Sound(2, pronounce("known").rhyme, "??")  # type: ignore[union-attr]


def test_a_list_goes_before_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "sounds.tsv"
    path.write_text("Wind\t1\taɪnd\n\nriver’s\t2\tIVERZ\t10\n", encoding="utf-8")
    sounds = read_sounds(path)
    assert sounds == {"wind": Sound(1, "aɪnd"), "river's": Sound(2, "IVERZ", "10")}
    assert rhymes("WIND", "mind", Pronouncer(sounds))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sun\t1\tʌn\nmoon 1 un\n", "line 2: expected 3 or 4 columns between tabs, got 1 in 'moon 1 un'"),
        ("sun\tone\tʌn\n", "line 1: expected a whole number of syllables, 1 or more, got 'one'"),
        ("sun\t0\tʌn\n", "line 1: expected a whole number of syllables, 1 or more, got '0'"),
        ("the sun\t2\tʌn\n", "line 1: expected one word in the first column, got 'the sun'"),
        ("\n\nsunny\t2\tʌni\t1\n", "line 3: expected one of 0, 1 and [?] for each of 2 syllables, got '1'"),
        ("\n", "no word is in it"),
    ],
)
def test_bad_lines_of_a_list_of_sounds(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "sounds.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=sentence) as caught:
        read_sounds(path)
    assert "word<TAB>syllables<TAB>rhyme key" in caught.value.hint


def test_lists_of_words(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("Sun\n\nmoon \n", encoding="utf-8")
    assert read_words(path) == {"sun", "moon"}
    path.write_text("sun\nthe moon\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2: expected one word, got 'the moon'"):
        read_words(path)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match="no word is in it"):
        read_words(path)
