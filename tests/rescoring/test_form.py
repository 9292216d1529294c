"""Case and punctuation meet, or it is an error that says what to give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from weft.config import TextData
from weft.data.codec import Codec
from weft.errors import ConfigError
from weft.rescoring import Form, check_form, check_references

TEXT = [
    "The old man sat by the sea. Nobody would come home before the evening, he said, and left.",
    "In the morning the women went down to the harbour. It was still dark, and a cold wind blew from the hills.",
    "He had told Peter about the boats; but Anna did not believe a word. That night Peter and I said nothing.",
    "Nothing else could be heard except the waves. They came and went: who could have said how long?",
] * 3
WRITTEN = [
    "Peter said, that the old women had gone home from the harbour.",
    "The wind was cold, and I believed nobody came before the morning.",
    "Peter and Anna had heard the waves that night; it was always dark by the sea.",
]
"""Both have the capitals of ordinary prose: 3 to 4 % of the letters, on 13 to 16 % of the words."""

HEARD = [Form("upper", "remove").apply(text) for text in WRITTEN]
LOWER = [text.lower() for text in HEARD]
TOKENIZERS = ["word", "whitespace", "char", "byte", "bpe"]


def codec(tokenizer: str = "word", texts: Sequence[str] = TEXT, **options: Any) -> Codec:
    return Codec.learn(texts, TextData(tokenizer=tokenizer, **options), end=True)


def plain(text: str) -> str:
    return Form(case="lower", punctuation="remove").apply(text)


PLAIN = [plain(text) for text in TEXT]


def refused(known: Codec, texts: Sequence[str], form: Form = Form()) -> tuple[str, str]:  # noqa: B008
    with pytest.raises(ConfigError) as caught:
        check_form("tri", known, texts, form)
    return str(caught.value), caught.value.hint


@pytest.mark.parametrize("tokenizer", ["word", "whitespace", "char", "byte"])
def test_a_run_that_prepares_its_text_takes_any_form(tokenizer: str) -> None:
    known = codec(tokenizer, lowercase=True, punctuation="remove")
    for texts in (HEARD, LOWER, WRITTEN):
        check_form("tri", known, texts, Form())


@pytest.mark.parametrize("tokenizer", ["word", "char", "byte", "bpe"])
@pytest.mark.parametrize("text", [TEXT, PLAIN], ids=["cased", "lowered"])
def test_upper_case_for_a_run_that_knows_lower_case(tokenizer: str, text: list[str]) -> None:
    message, hint = refused(codec(tokenizer, text, max_symbols=300), HEARD)
    kind = "both cases" if text is TEXT else "lower case"
    assert message.endswith(f"they arrive in upper case, the text it was trained on is in {kind}")
    assert hint.startswith("give --case lower, or train a run with --set data.lowercase=true")
    if tokenizer == "word" and text is PLAIN:
        assert message.startswith("run tri: 100% of the symbols in the hypotheses are unknown to it; ")


def test_where_no_symbol_is_unknown_the_share_is_not_told() -> None:
    message, _ = refused(codec("char", [*TEXT, *HEARD]), HEARD)
    assert message.startswith("run tri: they arrive in upper case")


def test_lower_case_for_a_run_that_knows_upper_case() -> None:
    known = codec(texts=[text.upper() for text in PLAIN])
    message, hint = refused(known, LOWER)
    assert "arrive in lower case, the text it was trained on is in upper case" in message
    assert hint == "give --case upper"
    check_form("tri", known, LOWER, Form(case="upper"))


def test_the_texts_have_as_few_capitals_as_prose_has() -> None:
    for texts in (TEXT, WRITTEN):
        letters = [letter for text in texts for letter in text if letter.isalpha()]
        assert 0.03 <= sum(map(str.isupper, letters)) / len(letters) < 0.04


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_both_cases_fit_a_run_that_knows_both(tokenizer: str) -> None:
    check_form("tri", codec(tokenizer, max_symbols=400), WRITTEN, Form())
    check_form("tri", codec(tokenizer, PLAIN, max_symbols=400), [plain(text) for text in WRITTEN], Form())


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_both_cases_for_a_run_that_knows_lower_case(tokenizer: str) -> None:
    known = codec(tokenizer, [text.lower() for text in TEXT], max_symbols=400)
    message, hint = refused(known, WRITTEN)
    assert "they arrive in both cases, the text it was trained on is in lower case" in message
    assert hint == "give --case lower, which is what it reads, or give --case as-is to score them so"
    for case in ("as-is", "lower"):
        check_form("tri", known, WRITTEN, Form(case=case))  # type: ignore[arg-type]


@pytest.mark.parametrize("tokenizer", ["word", "char"])
def test_both_cases_for_a_run_that_knows_upper_case(tokenizer: str) -> None:
    message, hint = refused(codec(tokenizer, [text.upper() for text in TEXT]), WRITTEN)
    assert "they arrive in both cases, the text it was trained on is in upper case" in message
    assert hint == "give --case upper"


def test_a_few_words_without_a_capital_say_nothing() -> None:
    check_form("tri", codec(punctuation="remove"), ["the old man sat by the sea"] * 2, Form())


def test_an_abbreviation_now_and_then_is_no_other_case() -> None:
    rare = ["the old man sat by the sea and nobody came home"] * 7 + ["the BBC said so"]
    check_form("tri", codec(texts=PLAIN), rare, Form())
    check_form("tri", codec(punctuation="remove"), rare, Form())


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_lower_case_for_a_run_that_knows_both(tokenizer: str) -> None:
    known = codec(tokenizer, punctuation="remove", max_symbols=400)
    message, hint = refused(known, LOWER)
    assert "they arrive in lower case, the text it was trained on is in both cases" in message
    assert "data.lowercase=true" in hint
    assert "--case as-is" in hint
    for case in ("as-is", "lower"):
        check_form("tri", known, LOWER, Form(case=case))  # type: ignore[arg-type]
    check_form("tri", known, HEARD, Form(case="lower"))


def test_punctuation_for_a_run_that_knows_none() -> None:
    message, hint = refused(codec(texts=PLAIN, lowercase=True), WRITTEN)
    assert "they arrive with punctuation, the text it was trained on has none" in message
    assert hint == "give --punctuation remove"
    check_form("tri", codec(texts=PLAIN, lowercase=True), WRITTEN, Form(punctuation="remove"))


@pytest.mark.parametrize("tokenizer", ["word", "char", "whitespace", "bpe"])
def test_no_punctuation_for_a_run_that_knows_it(tokenizer: str) -> None:
    known = codec(tokenizer, lowercase=True, max_symbols=300)
    message, hint = refused(known, HEARD)
    assert "they arrive without punctuation, the text it was trained on has it" in message
    assert "data.punctuation=remove" in hint
    assert "--punctuation keep" in hint
    if tokenizer != "whitespace":
        check_form("tri", known, HEARD, Form(punctuation="keep"))


def test_points_in_numbers_are_no_punctuation() -> None:
    known = codec(texts=["it was 3.14 or 1,000 at 10:30"])
    check_form("tri", known, ["it was 1,000"], Form())


def test_another_language_is_unknown() -> None:
    message, hint = refused(codec(texts=PLAIN), ["wij eten vanavond soep"])
    assert message.endswith(
        "100% of the symbols in the hypotheses are unknown to it; they look like 'wij eten vanavond soep'"
    )
    assert "in their language" in hint


def test_a_script_without_case_is_asked_for_none() -> None:
    check_form("tri", codec("char", ["我们回家了"] * 4), ["我们回家"], Form())


def test_a_form_is_applied_mark_by_mark() -> None:
    assert Form().apply("Don't -- GO.") == "Don't -- GO."
    assert Form("lower", "remove").apply("Don’t -- GO.") == "don't go"
    assert Form("upper", "keep").apply("Go.") == "GO."


def unlike(references: Sequence[str], texts: Sequence[str], form: Form = Form()) -> tuple[str, str]:  # noqa: B008
    with pytest.raises(ConfigError) as caught:
        check_references("dev.jsonl", references, texts, form)
    return str(caught.value), caught.value.hint


@pytest.mark.parametrize(
    ("references", "texts", "sentence"),
    [
        (HEARD, LOWER, "references are in upper case, hypotheses in lower case"),
        (LOWER, HEARD, "references are in lower case, hypotheses in upper case"),
        (WRITTEN, HEARD, "references are in both cases, hypotheses in upper case"),
        (WRITTEN, LOWER, "references are in both cases, hypotheses in lower case"),
    ],
    ids=["upper-lower", "lower-upper", "both-upper", "both-lower"],
)
def test_references_in_another_case_are_told(references: list[str], texts: list[str], sentence: str) -> None:
    message, hint = unlike(references, texts)
    assert message == f"dev.jsonl: {sentence}, and equal words would count as errors"
    assert hint.startswith("give --case lower or --case upper")
    unlike(references, texts, Form(case="as-is"))
    for case in ("lower", "upper"):
        check_references("dev.jsonl", references, texts, Form(case, "remove"))  # type: ignore[arg-type]


def test_references_with_other_punctuation_are_told() -> None:
    lowered = [text.lower() for text in WRITTEN]
    message, hint = unlike(lowered, LOWER)
    assert (
        message == "dev.jsonl: references have punctuation, hypotheses have none, and equal words would count as errors"
    )
    assert hint.startswith("give --punctuation remove")
    assert unlike(LOWER, lowered)[0].startswith("dev.jsonl: hypotheses have punctuation, references have none")
    check_references("dev.jsonl", lowered, LOWER, Form(punctuation="remove"))


def test_references_like_the_hypotheses_or_without_words_are_taken() -> None:
    for texts in (WRITTEN, HEARD, LOWER):
        check_references("dev.jsonl", texts[:2], texts, Form())
        check_references("dev.jsonl", ["", " "], texts, Form())
    check_references("dev.jsonl", WRITTEN, [], Form())
