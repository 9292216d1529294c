"""Texts behind prompts: joined on, ended by stop texts, independent of each other."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from weft.errors import ConfigError
from weft.writing.prompt import encode_prompt
from writing.bigrams import author

LINES = ["the cat sat on the mat", "the dog, ran", "a dog sat (the cat) on a mat", "so it goes"]


@pytest.mark.parametrize("tokenizer", ["word", "whitespace", "char", "byte"])
@pytest.mark.parametrize("prompt", ["", "the", "the ", "so it goes\nthe", "so it goes\n"])
def test_prompt_and_text_are_one_text(tokenizer: str, prompt: str) -> None:
    writer, decoder, codec = author(LINES, tokenizer=tokenizer)
    (text,) = writer.generate(prompt, length=30, seed=2)
    begun, whole = encode_prompt(codec, prompt).tolist(), encode_prompt(codec, prompt + text).tolist()
    assert decoder.read == [[codec.end_id, *begun]]
    assert whole[: len(begun)] == begun
    assert len(whole) == len(begun) + 30
    pairs = torch.tensor(list(pairwise([codec.end_id, *whole])))
    assert decoder.logp[pairs[:, 0], pairs[:, 1]].isfinite().all(), "every two neighbours have stood side by side"
    assert "  " not in prompt + text


def test_the_lines_of_a_prompt_end_as_the_models_do() -> None:
    writer, decoder, codec = author(LINES)
    writer.generate("the cat\nso it", length=1)
    (read,) = decoder.read
    words = [codec.symbols[number] for number in read]
    assert words == ["<eol>", "the", "cat", "<eol>", "so", "it"]


def test_symbols_never_seen_are_found() -> None:
    writer, *_ = author(LINES)
    assert writer.unknown_in("the zebra\nsat on Zebra, zebra") == ["zebra", "Zebra", "zebra"]
    assert author(LINES, tokenizer="char")[0].unknown_in("the üß\n") == ["ü", "ß"]
    assert author(LINES, tokenizer="byte")[0].unknown_in("the üß\n") == []


@pytest.mark.parametrize("tokenizer", ["word", "char"])
def test_a_stop_text_ends_a_text_wherever_its_symbols_are(tokenizer: str) -> None:
    writer, *_ = author(LINES, tokenizer=tokenizer)
    free = writer.generate("the", length=80, samples=6, seed=4)
    for stop in (["t o"], ["\n", "dog"], ["zzz"], ["a", " a"]):
        cut = writer.generate("the", length=80, samples=6, seed=4, stop=stop)
        shown = writer.generate("the", length=80, samples=6, seed=4, stop=stop, show_stop=True)
        for whole, text, more in zip(free, cut, shown, strict=True):
            assert whole.startswith(text)
            assert not any(each in text for each in stop)
            assert (text == whole) == (not any(each in whole for each in stop))
            assert more == text or more in [text + each for each in stop]
        assert "".join(writer.stream("the", length=80, seed=4, stop=stop)) == cut[0]
        assert writer.generate("the", length=80, samples=2, seed=4, stop=stop) == cut[:2]


def test_rows_that_have_ended_are_drawn_no_more() -> None:
    writer, decoder, _ = author(["b b b"], tokenizer="char")
    asked = []
    step = decoder.step
    decoder.step = lambda state, ids: asked.append(len(ids)) or step(state, ids)  # type: ignore[method-assign]
    pieces = list(writer.write(length=1000, samples=3, stop=["\n"]))
    ends = sorted(max((place for place, row in enumerate(pieces) if row[number]), default=-1) for number in range(3))
    assert asked[-1] < 3 or ends[0] == ends[-1]
    assert len(asked) < 1000, "nothing is drawn once all have ended"


def test_settings_go_by_name() -> None:
    writer, *_ = author(LINES)
    assert writer.generate(length=0) == [""]
    for wrong, sentence in (
        ({"temprature": 1}, "unknown setting 'temprature' of sampling, did you mean 'temperature'"),
        ({"samples": 0}, "samples must be 1 or more, got 0"),
        ({"length": -1}, "length must be 0 or more symbols, got -1"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"typical": 2.0}, "typical must be above 0 and at most 1, got 2.0"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            writer.stream(**wrong) if "samples" not in wrong else writer.generate(**wrong)
