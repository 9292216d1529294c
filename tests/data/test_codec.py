"""Text to numbers and back, and the frozen vocabulary."""

import json
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.catalog import TOKENIZERS
from weft.config import TextData
from weft.data.codec import Codec
from weft.errors import ConfigError, DataError, RunError

LINES = ["the cat sat on the mat", "the dog, too", "", "ça va?"]


def learn(tokenizer="whitespace", texts=LINES, *, end=True, **options):
    return Codec.learn(texts, TextData(tokenizer=tokenizer, **options), end=end)


def test_symbols_stand_by_count_then_by_name():
    codec = learn("whitespace", ["b a b c", "c d"], end=True)
    assert codec.symbols == ("<unk>", "<eol>", "b", "c", "a", "d")
    assert (codec.size, len(codec), codec.unknown_id, codec.end_id) == (6, 6, 0, 1)
    assert learn("whitespace", ["b a b c", "c d"], end=False).symbols == ("<unk>", "b", "c", "a", "d")


def test_the_line_break_is_the_end_of_a_character_model():
    codec = learn("char", ["ba", "b\nc"])
    assert codec.symbols == ("<unk>", "\n", "b", "a", "c")
    assert np.concatenate(list(codec.encode_lines(["ba", "c"], end=True))).tolist() == [2, 3, 1, 4, 1]
    assert codec.decode([2, 3, 1, 4, 1]) == "ba\nc\n"


def test_rare_symbols_become_unknown_and_the_limit_counts_all():
    assert learn(min_count=2, end=False).symbols == ("<unk>", "the")
    assert learn(max_symbols=4).symbols == ("<unk>", "<eol>", "the", "cat")
    assert learn(max_symbols=4).encode("the bird").tolist() == [2, 0]
    assert learn("bpe", max_symbols=270).size == 270


def test_a_written_special_symbol_is_not_the_symbol():
    codec = learn("whitespace", ["a <unk> <eol>"])
    assert codec.encode("<unk> <eol> a").tolist() == [0, 0, 2]


def test_bytes_are_never_unknown():
    codec = learn("byte", min_count=5, max_symbols=10)
    assert codec.size == 257
    assert not (codec.encode("日本 \U0001f600") == codec.unknown_id).any()


def test_lowercase_is_the_codecs():
    codec = learn("word", ["The the THE"], lowercase=True, end=False)
    assert codec.symbols == ("<unk>", "the")
    assert Codec.from_json(codec.to_json()).encode("tHe").tolist() == [1]


@pytest.mark.parametrize(("symbols", "dtype"), [(255, "uint8"), (256, "uint16"), (65535, "uint16"), (65536, "uint32")])
def test_numbers_take_one_two_or_four_bytes(symbols, dtype):
    codec = learn("whitespace", [" ".join(map(str, range(symbols)))], end=False)
    assert codec.dtype == dtype
    assert codec.encode("0 1").dtype == dtype


@pytest.mark.parametrize("name", TOKENIZERS.names())
@pytest.mark.parametrize("end", [True, False])
def test_every_codec_survives_json_and_streams_as_it_decodes(name, end):
    codec = learn(name, end=end)
    again = Codec.from_json(json.loads(json.dumps(codec.to_json(), ensure_ascii=False)))
    assert again.symbols == codec.symbols
    assert (again.end_id, again.dtype) == (codec.end_id, codec.dtype)
    ids = np.concatenate(list(codec.encode_lines(LINES, end=end)))
    assert ids.dtype == codec.dtype
    assert ids.tolist() == np.concatenate(list(again.encode_lines(LINES, end=end))).tolist()
    streamer = codec.streamer()
    assert "".join(streamer.feed(number) for number in ids) + streamer.finish() == codec.decode(ids)
    if end:
        assert codec.decode(ids) == "".join(line + "\n" for line in LINES)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["byte", "char", "word", "whitespace"]), st.lists(st.text(max_size=20)), st.booleans())
def test_any_text_is_numbered_line_by_line_as_at_once(name, texts, lowercase):
    codec = learn(name, lowercase=lowercase)
    one_by_one = [number for text in texts for number in [*codec.encode(text).tolist(), codec.end_id]]
    at_once = [number for chunk in codec.encode_lines(texts, end=True) for number in chunk.tolist()]
    assert at_once == one_by_one
    codec.decode(at_once).encode("utf-8")


def test_the_first_part_teaches_the_pieces(monkeypatch):
    monkeypatch.setattr("weft.data.codec.LEARN_CHARACTERS", 8)
    codec = learn("bpe", iter(["aa aa aa", "zz zz zz"]), end=False)
    assert any("aa" in symbol for symbol in codec.symbols)
    assert not any("zz" in symbol for symbol in codec.symbols)
    assert codec.decode(codec.encode("zz")) == "zz"


def test_unknown_is_shown():
    assert learn("char", ["ab"]).decode([0, 2]) == "<unk>a"
    assert learn("bpe").decode([0]) == "<unk>"


def test_characters_are_numbered_fast():
    text = "the quick brown fox jumps over the lazy dog é\n" * 50_000
    codec = learn("char", [text[:100]])
    start = time.process_time()
    codec.encode(text)
    assert len(text) / (time.process_time() - start) > 20e6


@pytest.mark.parametrize("name", TOKENIZERS.names())
def test_nothing_to_learn_from_is_an_error(name):
    with pytest.raises(DataError, match=f"every training text is empty .tokenizer '{name}'") as error:
        learn(name, ["", ""])
    assert "weft data check FILE" in error.value.hint


def test_a_vocabulary_without_room_is_an_error():
    with pytest.raises(
        ConfigError, match=r"data\.min_count = 9 leaves no symbol: the most frequent is 'the', seen 3 times"
    ):
        learn(min_count=9)
    with pytest.raises(ConfigError, match=r"data\.max_symbols = 2 leaves no room beside the unknown and end-of-line"):
        learn(max_symbols=2)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tokenizer": None}, "TypeError"),
        ({"tokenizer": {"name": "wort"}}, "unknown tokenizer 'wort', did you mean 'word'"),
        ({"tokenizer": {"name": "char"}}, "KeyError: 'grapheme'"),
        ({"symbols": "abc"}, "symbols must be a list of texts, got 'abc'"),
        ({"symbols": ["<unk>", 3]}, "symbols must be a list of texts"),
        ({"symbols": ["<unk>", "a"]}, "the first symbols must be ..<unk>., .<eol>.., got ..<unk>., .a.."),
        ({"symbols": ["<unk>", "<eol>", "a", "b", "a"]}, "symbol 'a' comes twice"),
        ({"end": 1}, "end and lowercase must be true or false, got 1 and False"),
        (
            {"tokenizer": {"name": "byte"}, "symbols": ["<unk>", "\n", "a"]},
            "254 pieces of the tokenizer are no symbols",
        ),
    ],
)
def test_a_damaged_vocabulary_is_told(change, sentence):
    with pytest.raises(RunError, match=f"^vocabulary.json is damaged: .*{sentence}") as error:
        Codec.from_json({**learn().to_json(), **change})
    assert error.value.hint == "take the file from a backup, or train again"
    with pytest.raises(RunError, match="KeyError: 'tokenizer'"):
        Codec.from_json({})


def test_a_damaged_subword_core_keeps_its_own_sentence():
    values = learn("bpe").to_json()
    with pytest.raises(RunError, match=r"the bpe pieces in vocabulary\.json are damaged"):
        Codec.from_json({**values, "tokenizer": {"name": "bpe", "core": {}}})


def test_unknown_symbols_are_spelled_in_the_characters_of_the_vocabulary():
    codec = learn("word", ["a cab", "a cab"])
    characters = len(set("".join(codec.symbols)))
    assert codec.spelling("a cab a") == 0.0
    assert codec.spelling("a taxi a cat") == pytest.approx((5 + 4) * math.log(characters + 1))
