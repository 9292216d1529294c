"""What every file of ``data/tokenizers/`` must do, and what each one does in particular."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.catalog import TOKENIZERS
from weft.config import TextData
from weft.data.codec import Codec
from weft.data.tokenizers import _contract
from weft.data.tokenizers.bpe import Bpe
from weft.data.tokenizers.byte import Byte
from weft.data.tokenizers.char import Char
from weft.data.tokenizers.word import Word
from weft.errors import ConfigError, RunError

SAMPLE = [
    "The cat doesn't sit on the well-known mat, does it?",
    "Ünïcode, 日本語 and नमस्ते; 3.14 is no 1,000.",
    "emoji: \U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea e\u0301",
    "",
    "the cat sat",
]
EXACT = ("byte", "bpe", "char", "unigram")
WRITTEN = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = pytest.mark.parametrize("name", TOKENIZERS.names())


def learned(name, **options):
    tokenizer = TOKENIZERS.load(name).make(
        TextData(tokenizer=name, max_symbols=300 if name in EXACT[:2] else 0, **options)
    )
    tokenizer.learn(SAMPLE)
    return tokenizer


@names
def test_the_catalog_lists_a_summary_and_the_name_is_the_files(name):
    assert TOKENIZERS.summary(name)
    assert learned(name).name == name


@names
def test_what_is_joined_splits_into_the_same_symbols(name):
    tokenizer = learned(name)

    @settings(max_examples=60, deadline=None)
    @given(WRITTEN)
    def law(text):
        symbols = tokenizer.split(text)
        assert all(symbols)
        assert tokenizer.split(tokenizer.join(symbols)) == symbols
        assert list(tokenizer.walk(text)) == symbols
        if name in EXACT:
            assert tokenizer.join(symbols) == text

    law()


@names
def test_joining_one_by_one_is_joining_at_once(name):
    tokenizer = learned(name)
    for text in SAMPLE:
        joiner = tokenizer.joiner()
        shown = "".join(joiner.feed(symbol) for symbol in tokenizer.split(text)) + joiner.finish()
        assert shown == tokenizer.join(tokenizer.split(text))


@names
def test_the_fast_paths_agree_with_split(name):
    tokenizer = learned(name)
    known = sorted({symbol for text in SAMPLE for symbol in tokenizer.split(text)} | {"\n"})
    ids = {symbol: number for number, symbol in enumerate(known, 1)}
    number = tokenizer.numberer(ids, np.dtype(np.uint16))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.one_of(WRITTEN, st.sampled_from(SAMPLE)), max_size=4), st.booleans())
    def law(texts, end):
        expected = []
        counted = {}
        for text in texts:
            for symbol in tokenizer.split(text):
                expected.append(ids.get(symbol, 0))
                counted[symbol] = counted.get(symbol, 0) + 1
            if end:
                expected.append(ids["\n"])
        numbers = number(texts, ids["\n"] if end else None)
        assert numbers.dtype == np.uint16
        assert numbers.tolist() == expected
        assert dict(tokenizer.count(texts)) == counted

    law()


@names
def test_it_survives_json(name):
    tokenizer = learned(name, **({"grapheme": True} if name == "char" else {}))
    values = json.loads(json.dumps(tokenizer.to_json()))
    again = TOKENIZERS.load(name).from_json(values)
    assert again.to_json() == tokenizer.to_json()
    assert again.pieces() == tokenizer.pieces()
    assert [again.split(text) for text in SAMPLE] == [tokenizer.split(text) for text in SAMPLE]


@names
def test_lone_surrogates_do_not_crash(name):
    codec = Codec.learn(["a b", "\ud800 c"], TextData(tokenizer=name), end=True)
    text = codec.decode(codec.encode("a \udfff\ud800 c"))
    assert text.encode("utf-8")
    if name in EXACT:
        assert text == "a \ufffd\ufffd c"
    assert all(symbol.encode("utf-8") for symbol in codec.symbols)


@names
def test_a_long_text_is_numbered_as_its_parts_are(name, monkeypatch):
    for module in ("char", "byte", "word", "whitespace"):
        monkeypatch.setattr(f"weft.data.tokenizers.{module}.GROUP", 10)
    monkeypatch.setattr("weft.data.tokenizers._subword.LONGEST", 10)
    codec = Codec.learn(SAMPLE, TextData(tokenizer=name), end=False)
    text = " ".join(SAMPLE)
    cut = codec.encode(text)
    monkeypatch.undo()
    codec = Codec.from_json(codec.to_json())
    assert cut.tolist() == codec.encode(text).tolist() or name in ("bpe", "unigram")
    assert codec.decode(cut) == codec.decode(codec.encode(text))


def test_graphemes_keep_what_a_person_sees_as_one():
    text = "e\u0301\U0001f1e9\U0001f1ea\r\nx"
    assert Char().split(text) == list(text)
    assert Char(grapheme=True).split(text) == ["e\u0301", "\U0001f1e9\U0001f1ea", "\r\n", "x"]
    assert Char(grapheme=True).count(["ab", text])["\r\n"] == 1


def test_words_keep_inner_apostrophes_hyphens_and_points_of_numbers():
    assert Word().split("Don't sell well-known (3rd) stocks at $1,000.50, e.g. today…") == [
        *("Don't", "sell", "well-known", "(", "3rd", ")", "stocks", "at", "$", "1,000.50", ","),
        *("e", ".", "g", ".", "today", "…"),
    ]
    assert Word().split("'quoted' -5 नमस्ते \U0001f44d\U0001f3fd\U0001f1e9\U0001f1ea") == [
        *("'", "quoted", "'", "-", "5", "नमस्ते", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea")
    ]


def test_joined_words_are_set_as_english_is():
    text = "Well, I don't (really) know: is it?"
    assert Word().join(Word().split(text)) == text


def test_bytes_are_shown_when_a_character_is_whole():
    joiner = Byte().joiner()
    assert [joiner.feed(symbol) for symbol in Byte().split("é!")] == ["", "é", "!"]
    joiner.feed("\xe6")
    assert joiner.finish() == "\ufffd"


def test_bpe_learns_the_same_pieces_again():
    tokenizers = [Bpe(size=300), Bpe(size=300)]
    for tokenizer in tokenizers:
        tokenizer.learn(SAMPLE * 5)
    assert tokenizers[0].to_json() == tokenizers[1].to_json()
    assert len(tokenizers[0].pieces()) == 300
    assert "Ġcat" in tokenizers[0].split("the cat")


@pytest.mark.parametrize("name", ["bpe", "unigram"])
def test_too_small_a_subword_vocabulary_is_refused(name):
    with pytest.raises(
        ConfigError, match=f"data.max_symbols = 100 is too few for tokenizer '{name}': 258 are"
    ) as error:
        TOKENIZERS.load(name).make(TextData(tokenizer=name, max_symbols=100))
    assert error.value.hint == "give more than 258, or 0 for 8000"


def test_damaged_pieces_are_told():
    values = learned("bpe").to_json()
    values["core"]["model"]["merges"] = [["no", "such"]]
    with pytest.raises(RunError, match=r"the bpe pieces in vocabulary\.json are damaged: "):
        TOKENIZERS.load("bpe").from_json(values)


def test_groups_hold_about_as_many_characters_as_asked():
    assert list(_contract.grouped(["ab", "cd", "e" * 9, "f"], 6)) == [["ab", "cd"], ["e" * 9], ["f"]]
