"""The sample ``number_words``: no number in two parts, no words of two numbers, either direction."""

import sys

import pytest
from num2words import num2words

from weft.data.samples import number_words
from weft.errors import ConfigError

PARTS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def parts():
    return {part: number_words.pairs(700, part=part) for part in PARTS}


@pytest.mark.parametrize("part", PARTS)
def test_pairs_are_what_num2words_says(parts, part):
    assert {pair.language for pair in parts[part]} == set(number_words.LANGUAGES)
    for pair in parts[part][::5]:
        assert pair.target == str(pair.number)
        assert pair.source == num2words(pair.number, lang=pair.language)
        assert 0 <= pair.number <= number_words.HIGHEST


def test_no_number_is_in_two_parts_and_no_text_twice(parts):
    numbers = {part: {pair.number for pair in pairs} for part, pairs in parts.items()}
    assert not numbers["train"] & numbers["valid"]
    assert not numbers["train"] & numbers["test"]
    assert not numbers["valid"] & numbers["test"]
    assert min(numbers["valid"] | numbers["test"]) >= number_words.TRAINED
    assert all(len({pair.source for pair in pairs}) == len(pairs) == 700 for pairs in parts.values())


def test_numbers_of_every_size(parts):
    sizes = [len(pair.target) for pair in parts["train"]]
    assert all(sizes.count(size) > 60 for size in (2, 3, 4, 5, 6))


def test_numbers_are_cut_by_their_shares():
    cut = [number_words.part_of(number, 1) for number in range(number_words.TRAINED, 20_000)]
    assert cut.count("test") / len(cut) == pytest.approx(0.12, abs=0.01)
    assert cut.count("valid") / len(cut) == pytest.approx(0.08, abs=0.01)
    assert cut != [number_words.part_of(number, 2) for number in range(number_words.TRAINED, 20_000)]
    assert {number_words.part_of(number, 1) for number in range(number_words.TRAINED)} == {"train"}


@pytest.mark.parametrize("language", number_words.LANGUAGES)
def test_no_words_are_two_numbers(language):
    thousands = (*range(23), 30, 99, 100, 101, 110, 111, 120, 200, 500, 999, 1000)
    below = (0, 1, 10, 11, 20, 48, 100, 111, 480, 999)
    numbers = {min(1000 * a + b, number_words.HIGHEST) for a in thousands for b in below}
    assert len({num2words(number, lang=language) for number in numbers}) == len(numbers)


def test_the_other_direction_names_the_language():
    read = number_words.pairs(30, seed=4, part="test")
    write = number_words.pairs(30, seed=4, part="test", direction="write")
    assert [(f"{pair.language} {pair.target}", pair.source) for pair in read] == [
        (pair.source, pair.target) for pair in write
    ]


def test_the_seed_decides():
    one, again, other = (number_words.pairs(30, seed=seed) for seed in (1, 1, 2))
    assert one == again != other


def test_languages_can_be_chosen():
    assert {pair.language for pair in number_words.pairs(30, languages=("de", "ja"))} == {"de", "ja"}


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"part": "tset"}, "number-words: there is no part 'tset', did you mean 'test'?", "parts: train, valid, test"),
        (
            {"direction": "reed"},
            "number-words: there is no direction 'reed', did you mean 'read'?",
            "directions: read, write",
        ),
        ({"languages": ("en", "tr")}, "number-words: there is no language 'tr'", "languages: ar, be, "),
        (
            {"count": 10**5, "languages": ("en", "en")},
            "number-words: asked for 100,000 pairs of the part 'train'; 1 languages give 0 to 80,000",
            "ask for fewer pairs or for more languages",
        ),
        (
            {"count": 1, "languages": ()},
            "number-words: asked for 1 pairs of the part 'train'; 0 languages give 0 to 0",
            "ask for fewer pairs or for more languages",
        ),
    ],
)
def test_what_cannot_be_asked_for(given, message, hint):
    with pytest.raises(ConfigError) as caught:
        number_words.pairs(**({"count": 1} | given))
    assert str(caught.value).startswith(message)
    assert caught.value.hint.startswith(hint)


def test_without_num2words_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "num2words", None)
    with pytest.raises(ConfigError, match="'num2words' is not installed") as caught:
        number_words.make(tmp_path)
    assert caught.value.hint == "pip install 'weft[demo]'"
