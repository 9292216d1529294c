"""Unknown words of an output are taken from the source word that was looked at most."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import weft
from weft.errors import ConfigError
from weft.search.hypothesis import Hypothesis
from weft.search.settings import Sampling, Search
from weft.tasks.translate.copying import copied

SETTINGS = [
    "data.tokenizer=word",
    "data.min_count=2",
    "encoder.hidden=24",
    "decoder.query=current",
    "decoder.attention=dot",
    "decoder.hidden=48",
    "training.epochs=35",
    "training.batch_size=12",
    "training.lr=0.02",
    "training.threads=1",
    "decoding.beam=2",
    "decoding.copy_unknown=true",
]
WORDS = {"dog": "Hund", "cat": "Kater", "cow": "Kuh"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translator whose names, each seen once, are unknown on both sides."""
    folder = tmp_path_factory.mktemp("copying")
    names = [f"Name{number}" for number in range(60)]
    rows = []
    for number, name in enumerate(names):
        word = list(WORDS)[number % 3]
        source, target = (
            (f"{name} the {word}", f"{name} {WORDS[word]}")
            if number % 2
            else (f"the {word} {name}", f"{WORDS[word]} {name}")
        )
        rows.append(json.dumps({"source": source, "target": target}))
    data = folder / "names.jsonl"
    data.write_text("\n".join(rows) + "\n", encoding="utf-8")
    weft.train("tiny-translate", train=data, valid=data, out=folder / "run", settings=SETTINGS)
    return folder / "run"


def test_names_never_seen_are_copied_from_their_place(run: Path) -> None:
    model = weft.load(run)
    texts = ["the dog Ada", "Grace the cow", "", "the cat Łukasz"]
    expected = ["Hund Ada", "Grace Kuh", "", "Kater Łukasz"]
    assert [row["translation"] for row in model.predict(texts, alternatives=1)] == expected
    (row, alignment) = model.align(["the dog Ada"])[0]
    assert (row["translation"], alignment.target) == ("Hund Ada", ("Hund", "Ada"))
    assert (2, 1) in alignment.links
    drawn = model.translate(["the dog Ada"], Search(samples=3, least_risk=True, sampling=Sampling(temperature=0.0)))
    assert drawn[0]["translation"] == "Hund Ada"
    both = model.translate(texts, beside=[weft.load(run)])
    assert [row["translation"] for row in both] == expected


def test_given_answers_are_aligned_and_scored(run: Path) -> None:
    model = weft.load(run)
    pairs = [("the dog Ada", "Hund Ada"), ("Grace the cow", "Grace Kuh"), ("", "Hund"), ("the cat Łukasz", "")]
    found = model.align([source for source, _ in pairs], [target for _, target in pairs], batch_size=3)
    assert [row for row, _ in found] == [pytest.approx(row, rel=1e-5) for row in model.score_pairs(pairs)]
    own = model.align(["the dog Ada"])[0][1]
    (row, first), (_, second), (_, nothing), (_, unwritten) = found
    assert (first.source, first.target) == (own.source, own.target)
    assert np.allclose(first.weights, own.weights, atol=1e-5)
    assert (first.links, row["unknown"]) == (own.links, 1)
    assert second.target == ("Grace", "Kuh")
    assert nothing is None
    assert unwritten.target == ()
    with pytest.raises(ConfigError, match="2 texts and 1 answers"):
        model.align(["a", "b"], ["c"])


def test_evaluate_copies_too(run: Path, tmp_path: Path) -> None:
    data = tmp_path / "other.csv"
    data.write_text("source,target\nthe dog Ada,Hund Ada\nGrace the cow,Grace Kuh\n", encoding="utf-8")
    scores = {score.name: score.value for score in weft.load(run).evaluate(data, leaks=False).scores}
    assert scores["exact-match"] == 1.0


def test_a_source_that_is_read_from_its_end_is_copied_right(run: Path) -> None:
    model = weft.load(run)
    model.module.data = model.module.data.model_copy(update={"reverse_source": True})
    unknown = model.vocabulary.target.unknown_id
    looked = torch.tensor([[0.1, 0.2, 0.6, 0.1], [0.7, 0.1, 0.1, 0.1]])
    best = Hypothesis((unknown,), -1.0, -1.0, finished=True, attention=looked)
    assert copied(best, "one two three", model.vocabulary, model.module) == {0: "one"}


def test_without_the_setting_nothing_is_copied(run: Path) -> None:
    model = weft.load(run)
    model.module.decoding = model.module.decoding.model_copy(update={"copy_unknown": False})
    (row,) = model.predict(["the dog Ada"], alternatives=1)
    assert "Ada" not in row["translation"]
    assert "<unk>" not in row["translation"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ["data.tokenizer=word", "decoder.attention=none"],
            "copy_unknown needs attention, decoder.attention is 'none'",
        ),
        ([], "copies words, data.tokenizer is 'char'"),
        (["data.tokenizer=word", "data.target_tokenizer=bpe"], "copies words, data.target_tokenizer is 'bpe'"),
    ],
)
def test_recipes_that_cannot_copy_are_refused(settings: list[str], sentence: str, paired: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=sentence):
        weft.train(
            "tiny-translate",
            train=paired,
            out=tmp_path / "run",
            settings=[*settings, "decoding.copy_unknown=true"],
        )


def test_models_beside_need_attention_too(run: Path) -> None:
    model, other = weft.load(run), weft.load(run)
    other.module.decoder.attention = None
    with pytest.raises(ConfigError, match="one of them has none"):
        model.translate(["the dog Ada"], beside=[other])
