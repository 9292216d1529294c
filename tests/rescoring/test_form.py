"""Case and punctuation meet, or it is an error that says what to give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from weft.config import TextData
from weft.data.codec import Codec
from weft.errors import ConfigError
from weft.rescoring import Form, check_form

TEXT = [
    "The old man sat by the sea, and he said: Peter, come home.",
    "In the evening Anna and Peter went home. It was late.",
    "He said that the sea was calm; Anna did not know.",
] * 3
HEARD = ["PETER SAID THAT THE OLD SEA WAS LATE", "ANNA WENT HOME", "HE SAT BY THE SEA"]
LOWER = [text.lower() for text in HEARD]
WRITTEN = ["Peter said, that the old sea was late.", "Anna went home.", "He sat by the sea."]


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


def test_lower_case_for_a_run_that_knows_upper_case() -> None:
    known = codec(texts=[text.upper() for text in PLAIN])
    message, hint = refused(known, LOWER)
    assert "arrive in lower case, the text it was trained on is in upper case" in message
    assert hint == "give --case upper"
    check_form("tri", known, LOWER, Form(case="upper"))


@pytest.mark.parametrize("tokenizer", ["word", "char"])
def test_lower_case_for_a_run_that_knows_both(tokenizer: str) -> None:
    known = codec(tokenizer, punctuation="remove")
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
