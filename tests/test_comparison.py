"""Runs held against the first on the same texts: what is shared, what is real, and what cannot be said."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from weft.comparison import Comparison, compare
from weft.errors import ConfigError, DataError
from weft.metrics import measure, paired
from weft.types import Evidence, LabelEvidence, LikelihoodEvidence, TextEvidence, TranslationEvidence

FILE = Path("test.txt")
N = 80


def model(evidence: Evidence, *measures: str, notes: tuple[str, ...] = ()) -> Any:
    """A stand-in for a model that says this of any file."""
    task = SimpleNamespace(
        read=lambda *_, **__: (None, notes), evidence=lambda *_: evidence, measures=lambda _config: measures
    )
    return SimpleNamespace(task=task, config=None, vocabulary=None, module=None, run=None)


def texts(seed: int, wrong: float) -> TextEvidence:
    drawn = np.random.default_rng(seed).random(N) < wrong
    references = tuple(f"text {number}" for number in range(N))
    return TextEvidence(references, tuple("?" if bad else text for bad, text in zip(drawn, references, strict=True)))


def likelihood(each: float, *, size: int = 5, unknown: int = 0) -> LikelihoodEvidence:
    sizes = np.full(N, size)
    return LikelihoodEvidence(each * size + np.random.default_rng(1).random(N), sizes, sizes, sizes, unknown)


def found(*models: tuple[str, Any]) -> Comparison:
    return compare(models, [FILE])


def test_every_run_is_held_against_the_first() -> None:
    evidence = {"old": texts(1, 0.5), "same": texts(1, 0.5), "new": texts(2, 0.1), "bad": texts(3, 0.9)}
    result = found(*((name, model(each, "exact-match", "word-error-rate")) for name, each in evidence.items()))
    exact, words = result.measures
    assert [run.run for run in exact] == list(evidence)
    assert [run.verdict for run in exact] == ["", "chance", "better", "worse"]
    assert [run.verdict for run in words] == ["", "chance", "better", "worse"], "fewer errors are better"
    for runs in result.measures:
        name = runs[0].score.name
        assert [run.score for run in runs] == [measure(name, each) for each in evidence.values()]
        assert runs[0].difference is None
        assert runs[2].difference == paired(name, evidence["old"], evidence["new"])
    assert result.notes == ()


def test_what_all_share_is_compared_in_the_order_of_the_first() -> None:
    both = TranslationEvidence(likelihood(2.0), texts(1, 0.5))
    result = found(
        ("a", model(both, "nats-per-symbol", "chrf", "exact-match")),
        ("b", model(both, "exact-match", "nats-per-symbol")),
        ("c", model(both, "exact-match", "bleu", "nats-per-symbol")),
    )
    assert [runs[0].score.name for runs in result.measures] == ["nats-per-symbol", "exact-match"]


def test_it_is_plain_values_for_programs() -> None:
    result = found(
        ("a", model(texts(1, 0.5), "exact-match")), ("b", model(texts(2, 0.1), "exact-match", notes=("odd",)))
    )
    values = json.loads(json.dumps(result.to_json()))
    first, second = values["measures"]["exact-match"]
    assert (first["run"], first["difference"], first["verdict"]) == ("a", None, "")
    assert second["difference"]["real"] is True
    assert second["score"]["name"] == "exact-match"
    assert values["notes"] == ["odd"]


def test_models_are_asked_for_one_after_another() -> None:
    held: list[str] = []

    def models() -> Any:
        for name in ("a", "b"):
            held.append(name)
            yield name, model(texts(1, 0.5), "exact-match")

    assert [run.run for run in compare(models(), [FILE]).measures[0]] == held == ["a", "b"]


def test_a_measure_without_outcomes_has_no_difference() -> None:
    gold = np.arange(N) % 2
    evidence = LabelEvidence(("x", "y"), gold, np.eye(2)[gold] * 0.8 + 0.1)
    result = found(*((name, model(evidence, "accuracy", "calibration-error")) for name in "ab"))
    assert result.measures[0][1].difference is not None
    assert (result.measures[1][1].difference, result.measures[1][1].verdict) == (None, "")
    assert result.notes == (
        "b and a have no difference in calibration-error, which is not computed from one outcome a text",
    )


def test_likelihoods_of_other_blocks_stand_side_by_side() -> None:
    runs = [
        ("a", model(likelihood(2.0), "nats-per-symbol", "perplexity")),
        ("b", model(likelihood(2.0, size=7), "nats-per-symbol", "perplexity")),
    ]
    result = found(*runs)
    assert [run.difference for run in result.measures[0]] == [None, None]
    assert result.notes == (
        "b and a cannot be paired in likelihood: they cut the text into different symbols or blocks",
    )


def test_unlike_vocabularies_are_told() -> None:
    result = found(
        ("a", model(likelihood(2.0, unknown=1200), "perplexity")), ("b", model(likelihood(2.1), "perplexity"))
    )
    assert result.notes == ("symbols scored as unknown: a 1,200, b 0; likelihood favours the run that knows fewer",)
    assert result.measures[0][1].verdict == "worse"


def test_other_references_are_an_error() -> None:
    other = TextEvidence(tuple(f"TEXT {number}" for number in range(N)), ("",) * N)
    with pytest.raises(DataError) as caught:
        found(("a", model(texts(1, 0.5), "bleu")), ("b", model(other, "bleu")))
    assert str(caught.value) == (
        "b and a were not measured on the same texts: their references part at text 1: 'text 0' and 'TEXT 0'"
    )
    assert "case" in caught.value.hint


@pytest.mark.parametrize(
    ("runs", "sentence", "hint"),
    [
        ([("a", model(texts(1, 0.5), "bleu"))], "a comparison needs two runs or more, got 1", ""),
        (
            [("a", model(texts(1, 0.5), "bleu", "ter")), ("b", model(texts(1, 0.5), "chrf"))],
            r"the runs share no measure \(a: bleu, ter; b: chrf\)",
            "compare runs of the same task",
        ),
    ],
)
def test_what_cannot_be_compared_is_told(runs: list[tuple[str, Any]], sentence: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        compare(runs, [FILE])
    assert caught.value.hint == hint


def test_standard_input_comes_only_once() -> None:
    with pytest.raises(DataError, match=r"standard input \('-'\) comes only once") as caught:
        compare([], [Path("-")])
    assert caught.value.hint == "write it to a file first"
