"""Verse: every line that is kept keeps its form, or says that it does not."""

from __future__ import annotations

import pytest
import torch

from weft.config import TextData
from weft.data.codec import Codec
from weft.errors import ConfigError
from weft.search.masked import Masked
from weft.writing import Form, Line
from weft.writing.prompt import encode_prompt
from weft.writing.verse.allowed import with_allowed_words
from weft.writing.verse.constraints import Metre, OnlyWords, Rhyme, Stress, WithoutWords
from weft.writing.verse.pronouncing import Pronouncer, Sound, words_of
from writing.bigrams import Bigrams, author

LINES = [
    "the cat sat on the mat", "the dog sat on the log", "a fat cat sat", "a frog ran in the fog", "it sat on a hat",
    "the day was long", "a bird sang a song", "it ran away", "the frog sat in the night", "the moon was white",
]  # fmt: skip


def verse(form: Form, *, tokenizer: str = "word", prompt: str = "", **options: int) -> list[Line]:
    return list(author(LINES, tokenizer=tokenizer)[0].verse(form, prompt, **options))


@pytest.mark.parametrize("tokenizer", ["word", "char", "byte"])
@pytest.mark.parametrize("scheme", ["AABB", "ABAB"])
def test_lines_rhyme_and_have_their_syllables(tokenizer: str, scheme: str) -> None:
    pronounce = Pronouncer()
    lines = verse(Form(rhyme=scheme, syllables="4-7"), tokenizer=tokenizer, seed=3)
    assert [line.letter for line in lines] == list(scheme)
    assert [line.unmet for line in lines] == [()] * 4
    ends: dict[str, list[str]] = {}
    for line in lines:
        words = words_of(line.text)
        assert sum(pronounce(word).syllables for word in words) == line.syllables  # type: ignore[union-attr]
        assert 4 <= line.syllables <= 7  # type: ignore[operator]
        ends.setdefault(line.letter, []).append(words[-1])
    for first, second in ends.values():
        assert first != second
        assert pronounce(first).rhyme == pronounce(second).rhyme != ""  # type: ignore[union-attr]


def test_what_cannot_be_is_said_and_not_broken_in_silence() -> None:
    first, second = verse(Form(rhyme="AA", syllables="6,40", tries=150), length=60)
    assert first.unmet == ()
    assert second.drawn >= 150
    assert any("syllables instead of 40" in reason or "no end within" in reason for reason in second.unmet)
    assert second.text, "the closest line is shown all the same"
    (line,) = verse(Form(syllables="6", only=frozenset({"zebra"}), lines=1, tries=70), tokenizer="char")
    assert any(reason.endswith("is not in the list") for reason in line.unmet)


def test_a_text_does_not_depend_on_the_others() -> None:
    form = Form(rhyme="ABAB")
    assert verse(form, seed=2, number=3) == verse(form, seed=2, number=3)
    assert verse(form, seed=2, number=3) != verse(form, seed=2, number=4)
    assert verse(form, seed=2, number=3) != verse(form, seed=3, number=3)


def test_the_state_goes_on_behind_every_line_and_an_empty_one_parts_stanzas() -> None:
    writer, decoder, codec = author(LINES)
    kept = list(writer.verse(Form(rhyme="AA", lines=4), "the cat"))
    assert [line.stanza for line in kept] == [1, 1, 2, 2]
    one, two, three, _ = (line.text for line in kept)
    before_the_last = f"the cat{one}\n{two}\n\n{three}\n"
    assert [codec.end_id, *encode_prompt(codec, before_the_last).tolist()] in decoder.read


def test_the_first_line_goes_on_with_the_prompts_own() -> None:
    (line,) = verse(Form(syllables="6", lines=1), prompt="the moon\nthe cat sat")
    assert line.syllables == 6
    assert len(words_of(line.text)) == 3
    assert line.text.startswith(" ")


def test_words_can_be_asked_for_and_forbidden() -> None:
    for line in verse(Form(lines=6, without=frozenset({"the", "it"}))):
        assert not {"the", "it"} & set(words_of(line.text))
        assert line.unmet == ()
    known = frozenset({"a", "bird", "sang", "song", "the", "day", "was", "long"})
    for line in verse(Form(lines=4, only=known)):
        assert set(words_of(line.text)) <= known


# --- words that are never drawn ---------------------------------------------------------------------------------------

CROWD = [f"w{number}a w{number}b, w{number}c." for number in range(400)]
"""Lines of words that stand in no other line."""


@pytest.mark.parametrize("tokenizer", ["word", "whitespace"])
def test_a_few_words_of_many_find_a_line_at_once(tokenizer: str) -> None:
    few = frozenset({"the", "cat", "sat", "a", "dog", "ran"})
    writer, *_ = author([*CROWD, *LINES], tokenizer=tokenizer)
    free = list(writer.verse(Form(lines=1, syllables="3-6"), seed=1))
    assert not set(words_of(free[0].text)) <= few
    kept = list(writer.verse(Form(lines=4, syllables="3-6", only=few, tries=300), seed=1))
    assert [line.unmet for line in kept] == [()] * 4
    assert all(set(words_of(line.text)) <= few for line in kept)
    without = frozenset(f"w{number}{letter}" for number in range(400) for letter in "abc")
    for line in writer.verse(Form(lines=4, without=without, tries=64), seed=1):
        assert line.unmet == ()


def masked_words(tokenizer: str, form: Form) -> set[str] | None:
    """What may follow an end of line; None when nothing is masked."""
    codec = Codec.learn(["the cat, sat on."], TextData(tokenizer=tokenizer), end=True)
    said = with_allowed_words(Flat(codec), codec, form)
    if not isinstance(said, Masked):
        return None
    logp = said.step(said.start(1), torch.tensor([1])).logp[0]
    assert float(logp.exp().sum()) == pytest.approx(1)
    return {codec.symbols[number] for number in logp.isfinite().nonzero()[:, 0].tolist()}


class Flat(Bigrams):
    """Every symbol is as likely as every other, and so is the end."""

    def __init__(self, codec: Codec) -> None:
        super().__init__(codec, [])
        self.logp = torch.full((codec.size, codec.size), 1 / codec.size, dtype=torch.float64).log()


def test_what_may_be_drawn() -> None:
    only, without = Form(only=frozenset({"cat", "on"})), Form(without=frozenset({"cat", "on"}))
    assert masked_words("word", only) == {"<unk>", "<eol>", "cat", "on", ",", "."}
    assert masked_words("word", without) == {"<unk>", "<eol>", "the", "sat", ",", "."}
    assert masked_words("whitespace", only) == {"<unk>", "<eol>", "cat,", "on."}
    assert masked_words("char", only) is None, "a character is no word"
    assert masked_words("word", Form(rhyme="AA")) is None
    for nothing in (Form(only=frozenset({"zebra"})), Form(without=frozenset({"the", "cat", "sat", "on"}))):
        assert masked_words("char", nothing) is None
        with pytest.raises(ConfigError, match="the vocabulary holds none of the words that may be used"):
            masked_words("word", nothing)


def test_where_nothing_is_allowed_the_line_ends() -> None:
    certain = Flat(Codec.learn(["a b"], TextData(tokenizer="word"), end=True))
    certain.logp = torch.tensor([[-torch.inf, -torch.inf, 0.0, -torch.inf]]).double().expand(4, 4)
    masked = Masked(certain, torch.tensor([False, True, False, True]), otherwise=1)
    assert masked.step(masked.start(2), torch.tensor([2, 3])).logp.exp().tolist() == [[0, 1, 0, 0]] * 2
    state = masked.read_on(masked.start(1), torch.tensor([3, 2, 3])).state
    assert masked.select(state, torch.tensor([0, 0]))["read"].tolist() == [[3, 2, 3]] * 2


# --- the closest line -------------------------------------------------------------------------------------------------


def test_the_closest_line_is_the_nearest_in_syllables() -> None:
    writer, *_ = author(["no", "no", "the cat sat down by me", "a fat dog ran to it"])
    (line,) = writer.verse(Form(syllables="20", lines=1, tries=128), seed=4)
    assert line.syllables == 6
    assert line.unmet == ("6 syllables instead of 20",)


def test_a_line_that_was_given_up_is_shown_without_its_last_word() -> None:
    writer, *_ = author(["no", "beautiful radio television generation"])
    (line,) = writer.verse(Form(syllables="5", lines=1, tries=64), seed=4)
    assert line.text == "beautiful radio"
    assert line.unmet == ("6 syllables instead of 5", "given up before its end")
    (line,) = writer.verse(Form(syllables="3", lines=1, tries=64, without=frozenset({"beautiful"})), seed=4)
    assert line.text == "no"


def test_of_lines_with_their_syllables_the_one_that_rhymes_is_closest() -> None:
    writer, *_ = author(["a mat", "so the big zat", "if red pigs run"])
    sounds = {"zat": Sound(1, Pronouncer()("mat").rhyme)}  # type: ignore[union-attr]
    form = Form(rhyme="AA", syllables="2,4", stress="01", sounds=sounds, tries=100)
    for seed in range(4):
        _, second = writer.verse(form, seed=seed)
        assert (second.text, second.unmet) == ("so the big zat", ("nobody knows the stress of 'zat'",))


# --- constraints ------------------------------------------------------------------------------------------------------

LISTED = Pronouncer({"garden": Sound(2, "ɑrdən", "10"), "alone": Sound(2, "oʊn", "01"), "stone": Sound(1, "oʊn", "1")})


@pytest.mark.parametrize(
    ("constraint", "words", "whole", "reason"),
    [
        (Metre(4, 4, LISTED), "the cat sat on", True, ""),
        (Metre(4, 4, LISTED), "the cat", False, ""),
        (Metre(4, 4, LISTED), "the cat", True, "2 syllables instead of 4"),
        (Metre(2, 3, LISTED), "the garden alone", False, "5 syllables instead of 2 to 3"),
        (Metre(2, 3, LISTED), "the 7", False, "nobody knows the syllables of '7'"),
        (Stress("01", LISTED), "the garden", False, ""),
        (Stress("01", LISTED), "the alone", False, "the stress of 'alone' is against the metre"),
        (Stress("01", LISTED), "the window", False, "nobody knows the stress of 'window'"),
        (Rhyme(["stone"], LISTED), "I was alone", True, ""),
        (Rhyme(["stone"], LISTED), "I was", False, ""),
        (Rhyme(["stone"], LISTED), "a Stone", True, "no rhyme with 'stone'"),
        (Rhyme(["stone", "alone"], LISTED), "alone", True, "no rhyme with 'alone'"),
        (Rhyme([""], LISTED), "alone", True, "no rhyme with a line without words"),
        (OnlyWords(frozenset({"the"})), "The cat", False, "'cat' is not in the list"),
        (WithoutWords(frozenset({"cat"})), "the Cat", False, "'Cat' is forbidden"),
    ],
)
def test_constraints(constraint: Metre, words: str, whole: bool, reason: str) -> None:
    assert constraint.refuse(words.split(), whole=whole) == reason


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"rhyme": "AB1"}, "rhyme must be a letter a line, such as ABAB, got 'AB1'"),
        ({"syllables": "ten"}, "syllables must be whole numbers such as 10, 9-11 or 8,6,8,6, got 'ten'"),
        ({"syllables": "11-9"}, "syllables must be whole numbers"),
        ({"syllables": "8,,8"}, "syllables must be whole numbers"),
        ({"stress": "0x"}, r"stress must be made of 0 \(weak\), 1 \(strong\) and [?] \(either\), got '0x'"),
        ({"lines": -1}, r"lines must be 0 \(one stanza\) or more, got -1"),
        ({"tries": 0}, "tries must be 1 or more, got 0"),
    ],
)
def test_forms_that_mean_nothing(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Form(**settings)  # type: ignore[arg-type]


def test_how_long_a_form_is() -> None:
    assert (Form(rhyme="ABABCC").stanza, Form(rhyme="ABABCC").total) == (6, 6)
    assert (Form(rhyme="aa", lines=5).stanza, Form(rhyme="aa", lines=5).total) == (2, 5)
    assert (Form(syllables="5,7,5").stanza, Form(syllables="10").total, Form(lines=7).stanza) == (3, 4, 7)
    form = Form(rhyme="ABAX", lines=8)
    assert [form.partners(line) for line in range(8)] == [[], [], [0], [], [], [], [4], []]
    assert [form.opens(line) for line in range(8)] == [True, False, False, False, True, False, False, False]
    assert not Form(rhyme="AA", lines=3).opens(2), "its partner is not written"
