"""A translator's answers: what is searched for, drawn, kept to given outputs, averaged and scored."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import weft
from weft.errors import ConfigError
from weft.search.settings import Sampling, Search

TEXTS = ["a dog ran here 3", "so cat", "", "a a a a 17", "sat sat cat dog 1 2"]
CLOSE = 1e-4


@pytest.fixture(scope="module")
def model(translator_run: Path) -> weft.Model:
    return weft.load(translator_run)


def written(rows):
    return [row["translation"] for row in rows]


def test_a_text_has_the_same_answers_alone_and_beside_others(model):
    beside = model.predict(TEXTS, alternatives=3)
    for text, row in zip(TEXTS, beside, strict=True):
        (alone,) = model.predict([text], alternatives=3)
        assert alone["translation"] == row["translation"]
        assert math.isclose(alone["logp"], row["logp"], abs_tol=CLOSE)


def test_an_empty_text_has_an_empty_answer(model):
    assert model.predict(["", "a dog"])[0]["translation"] == ""


def test_answers_come_best_first_and_are_different(model):
    for row in model.predict(["a dog ran here"], alternatives=3):
        scores = [each["score"] for each in row["alternatives"]]
        assert scores == sorted(scores, reverse=True)
        assert len(set(written(row["alternatives"]))) == 3


def test_a_beam_of_one_follows_the_likeliest_symbol(model):
    rows = model.translate(TEXTS, Search(beam=1))
    drawn = model.translate(TEXTS, Search(samples=1, sampling=Sampling(temperature=0.0)))
    assert written(rows) == written(drawn)


def test_a_wider_beam_finds_outputs_at_least_as_good(model):
    narrow, wide = (model.translate(TEXTS, Search(beam=size, length_penalty=0.0)) for size in (1, 40))
    pairs = list(zip(narrow, wide, strict=True))
    assert all(better["logp"] >= worse["logp"] - CLOSE for worse, better in pairs)
    assert any(better["logp"] > worse["logp"] + CLOSE for worse, better in pairs)


def test_the_score_of_a_pair_is_what_search_says_of_it(model):
    for text, row in zip(TEXTS, model.predict(TEXTS, alternatives=2), strict=True):
        for each in row.get("alternatives", []):
            if each["finished"] and "unknown" not in each["translation"]:
                (scored,) = model.score_pairs([(text, each["translation"])])
                # the unknown symbol is never proposed: its share goes to the others
                assert scored["logp"] == pytest.approx(each["logp"], abs=0.02)


def test_pairs_are_scored_alone_as_beside_others(model):
    pairs = [("a dog 1", "ein Hund 1"), ("so", "so"), ("", ""), ("here cat sat so 22", "x")]
    beside = model.score_pairs(pairs)
    for pair, row in zip(pairs, beside, strict=True):
        (alone,) = model.score_pairs([pair])
        assert alone["logp"] == pytest.approx(row["logp"], rel=1e-5)
        assert alone["symbols"] == len(pair[1]) + 1
    assert beside[3]["unknown"] == 1


def test_samples_do_not_depend_on_place_company_or_number(model):
    few = model.translate(["so cat", "a dog"], Search(samples=3, seed=5), alternatives=3)
    (alone,) = model.translate(["a dog"], Search(samples=3, seed=5), alternatives=3)
    assert written(alone["alternatives"]) == written(few[1]["alternatives"])
    (other,) = model.translate(["a dog"], Search(samples=3, seed=6), alternatives=3)
    assert written(other["alternatives"]) != written(alone["alternatives"])


def test_the_least_risk_is_expected_to_be_most_like_the_samples(model):
    (row,) = model.translate(["a dog ran here"], Search(samples=12, least_risk=True), alternatives=12)
    scores = [each["score"] for each in row["alternatives"]]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] <= 100


def test_only_given_outputs_are_written(model):
    outputs = ("ein Hund", "so", "Kater sass hier")
    rows = model.translate(TEXTS, Search(outputs=outputs), alternatives=3)
    for text, row in zip(TEXTS, rows, strict=True):
        if text:
            assert sorted(written(row["alternatives"])) == sorted(outputs)
    with pytest.raises(ConfigError, match="cannot write"):
        model.translate(TEXTS, Search(outputs=("ein Hünd",)))


def test_the_mean_of_equal_models_is_the_model(model, translator_run):
    other = weft.load(translator_run)
    alone, both = model.translate(TEXTS), model.translate(TEXTS, beside=[other, other])
    assert written(alone) == written(both)
    assert [row["logp"] for row in both] == pytest.approx([row["logp"] for row in alone], abs=CLOSE)


def test_models_of_other_vocabularies_are_refused(model, tmp_path):
    data = tmp_path / "other.csv"
    data.write_text("source,target\n" + "x y,z\n" * 20, encoding="utf-8")
    other = weft.train("tiny-translate", train=data, valid=data, out=tmp_path / "other", settings=["training.epochs=1"])
    with pytest.raises(ConfigError, match="another vocabulary"):
        model.translate(["a"], beside=[other])


@pytest.mark.parametrize(
    "settings",
    [
        {"beam": 0},
        {"length_penalty": -1.0},
        {"samples": -1},
        {"samples": 1, "least_risk": True},
        {"samples": 2, "beam": 3},
        {"samples": 2, "outputs": ("a",)},
    ],
)
def test_searches_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError):
        Search(**settings)


def test_who_writes_no_answers_says_so(language_model_run):
    with pytest.raises(ConfigError, match="does not translate"):
        weft.load(language_model_run).translate(["a"])
