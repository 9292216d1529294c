"""Case and punctuation before text is cut: what goes, what stays, and that a run remembers it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.config import TextData
from weft.data.codec import Codec
from weft.data.stream import StreamVocabulary, number_lines
from weft.data.text_form import clean_text, remove_punctuation
from weft.errors import RunError


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("“Well, Prince,” he said - and smiled.", "Well Prince he said and smiled"),
        ("Don't! It’s five o'clock", "Don't It's five o'clock"),
        ("the boys' 'quoted' word, 'tis", "the boys quoted word tis"),
        ("a well-known half—dash", "a well known half dash"),
        ("3.14 or 1,000 at 10:30, 5.", "3.14 or 1,000 at 10:30 5"),
        ("$5 & 10% _then_ #1", "5 10 then 1"),
        ("l'été naïve x̂'y", "l'été naïve x̂'y"),
        (" two   spaces\there ", "two spaces here"),
        ("...", ""),
        ("", ""),
    ],
)
def test_punctuation_goes_and_words_stay(text, left):
    assert remove_punctuation(text) == left


@given(st.text(), st.booleans(), st.sampled_from(["keep", "remove"]))
def test_clean_text_is_already_clean(text, lowercase, punctuation):
    once = clean_text(text, lowercase=lowercase, punctuation=punctuation)
    assert clean_text(once, lowercase=lowercase, punctuation=punctuation) == once


def learn(**options) -> Codec:
    return Codec.learn(["Yes, I'll go.", "no"], TextData(tokenizer="word", **options), end=True)


def test_a_codec_without_punctuation_reads_any_text_so():
    codec = learn(lowercase=True, punctuation="remove")
    assert set(codec.symbols) == {"<unk>", "<eol>", "yes", "i'll", "go", "no"}
    again = Codec.from_json(json.loads(json.dumps(codec.to_json())))
    assert again.encode("GO -- yes!").tolist() == codec.encode("go yes").tolist()
    assert again.unknown_in("Go, now; yes") == ["now"]


def test_a_vocabulary_from_before_the_setting_keeps_punctuation():
    values = learn().to_json()
    del values["punctuation"]
    assert Codec.from_json(values).punctuation == "keep"
    with pytest.raises(RunError, match="punctuation must be keep or remove, got 'drop'"):
        Codec.from_json({**values, "punctuation": "drop"})


def test_characters_and_words_are_those_the_model_reads(tmp_path):
    codec = learn(punctuation="remove")
    extent = number_lines(["Yes -- no...", "go"], StreamVocabulary(codec).text, tmp_path / "ids").extent
    assert (extent.lines, extent.characters, extent.words) == (2, len("Yes no") + len("go") + 2, 5)
