"""The numbers themselves: against scikit-learn, against sums by hand, and intervals against their own promise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as reference

from weft.errors import ConfigError
from weft.metrics import confusion, measure, per_class, reliability
from weft.metrics._interval import bootstrap, normal, ratio, size_interval, wilson
from weft.types import LabelEvidence, LikelihoodEvidence

CLASSES = tuple("abcd")


@pytest.fixture(params=range(5))
def single(request: pytest.FixtureRequest) -> LabelEvidence:
    """Random evidence with rare classes; the last one has a class that never occurs."""
    generator = np.random.default_rng(request.param)
    gold = generator.choice(4, 90, p=[0.6, 0.3, 0.07, 0.03] if request.param < 4 else [0.5, 0.5, 0, 0])
    logits = generator.normal(size=(90, 4)) + 1.5 * np.eye(4)[gold] - (1e3 if request.param == 4 else 0) * np.eye(4)[3]
    probabilities = np.exp(logits)
    return LabelEvidence(CLASSES, gold, probabilities / probabilities.sum(axis=1, keepdims=True))


@pytest.fixture(params=range(3))
def several(request: pytest.FixtureRequest) -> LabelEvidence:
    generator = np.random.default_rng(request.param)
    gold = generator.random((80, 4)) < [0.5, 0.3, 0.1, 0.02]
    return LabelEvidence(CLASSES, gold, np.clip(0.5 * gold + 0.6 * generator.random((80, 4)), 0, 1))


def value(name: str, evidence: LabelEvidence | LikelihoodEvidence) -> float:
    return measure(name, evidence).value


# --- labels -----------------------------------------------------------------------------------------------------------


def test_single_label_values_are_scikit_learns(single: LabelEvidence) -> None:
    decided = single.probabilities.argmax(axis=1)
    assert value("accuracy", single) == pytest.approx(reference.accuracy_score(single.gold, decided))
    assert value("macro-f1", single) == pytest.approx(reference.f1_score(single.gold, decided, average="macro"))
    assert value("micro-f1", single) == pytest.approx(reference.f1_score(single.gold, decided, average="micro"))
    expected = reference.log_loss(single.gold, single.probabilities, labels=range(4))
    assert value("log-loss", single) == pytest.approx(expected)


def test_single_label_tables_are_scikit_learns(single: LabelEvidence) -> None:
    decided = single.probabilities.argmax(axis=1)
    expected = reference.precision_recall_fscore_support(single.gold, decided, labels=range(4), zero_division=0)
    rows = per_class(single)
    assert [row.name for row in rows] == list(CLASSES)
    for got, wanted in zip(
        zip(*[(r.precision, r.recall, r.f1, r.support) for r in rows], strict=True), expected, strict=True
    ):
        assert got == pytest.approx(wanted.tolist())
    table = confusion(single)
    assert table.tolist() == reference.confusion_matrix(single.gold, decided, labels=range(4)).tolist()


def test_multi_label_values_are_scikit_learns(several: LabelEvidence) -> None:
    decided = several.probabilities >= 0.5
    assert value("accuracy", several) == pytest.approx(reference.accuracy_score(several.gold, decided))
    micro = reference.f1_score(several.gold, decided, average="micro", zero_division=0)
    assert value("micro-f1", several) == pytest.approx(micro)
    f1 = reference.f1_score(several.gold, decided, average=None, zero_division=0)
    seen = several.gold.any(axis=0) | decided.any(axis=0)
    assert value("macro-f1", several) == pytest.approx(f1[seen].mean())
    expected = sum(reference.log_loss(several.gold[:, c], several.probabilities[:, c], labels=[0, 1]) for c in range(4))
    assert value("log-loss", several) == pytest.approx(expected)
    rows = per_class(several)
    assert [row.f1 for row in rows] == pytest.approx(f1.tolist())
    assert [row.support for row in rows] == several.gold.sum(axis=0).tolist()


def test_unknown_labels_stand_in_the_last_row_of_the_confusion() -> None:
    evidence = LabelEvidence(
        ("a", "b"), np.array([0, -1, -1, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    )
    assert confusion(evidence).tolist() == [[1, 0], [0, 1], [1, 1]]
    assert [(row.precision, row.recall, row.support) for row in per_class(evidence)] == [(0.5, 1.0, 1), (0.5, 1.0, 1)]


def test_a_row_is_plain_values(single: LabelEvidence) -> None:
    assert list(per_class(single)[0].to_json()) == ["name", "precision", "recall", "f1", "support"]


def test_no_confusion_of_several_labels(several: LabelEvidence) -> None:
    with pytest.raises(ConfigError, match="one label a text, got multi-label evidence"):
        confusion(several)


def test_log_loss_of_an_impossible_label_is_cut() -> None:
    evidence = LabelEvidence(("a", "b"), np.array([0, -1]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert value("log-loss", evidence) == pytest.approx(-math.log(np.finfo(float).eps))


# --- calibration ------------------------------------------------------------------------------------------------------


def test_calibration_error_by_hand() -> None:
    # 30 texts, 15 bins of two: the pair (0.60, 0.60) right once -> |1.2 - 1| = 0.2; 14 pairs (0.9, 0.9) right -> 0.2
    stated = np.array([0.6, 0.6] + [0.9] * 28)
    gold = np.array([0, 1] + [0] * 28)
    evidence = LabelEvidence(("a", "b"), gold, np.stack([stated, 1 - stated], axis=1))
    assert value("calibration-error", evidence) == pytest.approx((0.2 + 14 * 0.2) / 30)


def test_calibration_error_of_several_labels_by_hand() -> None:
    # 15 statements, one in each bin: the error is the mean of |stated - true|
    generator = np.random.default_rng(0)
    gold, stated = generator.random((5, 3)) < 0.5, generator.random((5, 3))
    evidence = LabelEvidence(("a", "b", "c"), gold, stated)
    assert value("calibration-error", evidence) == pytest.approx(np.abs(stated - gold).mean())


def test_reliability_table_sums_to_the_error(single: LabelEvidence) -> None:
    table = reliability(single)
    assert len(table) == 15
    assert sum(row.n for row in table) == 90
    assert {row.n for row in table} == {6}
    assert [row.low for row in table] == sorted(row.low for row in table)
    error = sum(row.n * abs(row.stated - row.true) for row in table) / 90
    assert value("calibration-error", single) == pytest.approx(error)
    assert list(table[0].to_json()) == ["low", "high", "stated", "true", "n"]


def test_reliability_of_little() -> None:
    few = LabelEvidence(("a", "b"), np.array([0, 1]), np.array([[0.7, 0.3], [0.6, 0.4]]))
    assert [(row.n, row.stated, row.true) for row in reliability(few)] == [(1, 0.6, 0.0), (1, 0.7, 1.0)]
    assert reliability(LabelEvidence(("a", "b"), np.zeros(0, dtype=int), np.zeros((0, 2)))) == []


# --- likelihood -------------------------------------------------------------------------------------------------------

TWO = LikelihoodEvidence(np.array([30.0, 50.0]), np.array([10, 20]), np.array([40, 60]), np.array([8, 12]), unknown=3)


def test_likelihood_values_by_hand() -> None:
    assert value("nats-per-symbol", TWO) == pytest.approx(80 / 30)
    assert value("perplexity", TWO) == pytest.approx(math.exp(80 / 30))
    assert value("bits-per-character", TWO) == pytest.approx(80 / 100 / math.log(2))
    assert value("word-perplexity", TWO) == pytest.approx(math.exp(80 / 20))
    assert "|blocks:2|unknown:3|interval:ratio-normal95|" in measure("perplexity", TWO).signature


def test_unknown_symbols_are_spelled_out_where_vocabularies_are_compared() -> None:
    spelled = replace(TWO, spelling=6.0)
    assert value("nats-per-symbol", spelled) == value("nats-per-symbol", TWO)
    assert value("perplexity", spelled) == value("perplexity", TWO)
    assert value("bits-per-character", spelled) == pytest.approx(86 / 100 / math.log(2))
    assert value("word-perplexity", spelled) == pytest.approx(math.exp(86 / 20))
    assert "|unknown:3|spelled:uniform|" in measure("bits-per-character", spelled).signature
    assert "spelled" not in measure("perplexity", spelled).signature


def test_one_block_gives_no_interval_and_says_so() -> None:
    one = LikelihoodEvidence(np.array([30.0]), np.array([10]), np.array([40]), np.array([8]))
    score = measure("perplexity", one)
    assert score.low == score.value == score.high
    assert "|interval:none|" in score.signature
    assert not score.has_interval
    assert measure("perplexity", TWO).has_interval


def test_what_no_float_can_hold_is_infinite() -> None:
    broken = LikelihoodEvidence(np.array([1e9]), np.array([1]), np.array([1]), np.array([1]))
    assert value("perplexity", broken) == math.inf
    assert value("nats-per-symbol", broken) == 1e9


# --- intervals --------------------------------------------------------------------------------------------------------


def test_wilson_by_the_book() -> None:
    # Newcombe (1998), table I: 81 of 263 and 0 of 20
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(20, 20)[1] == 1.0


def covered(truth: float, intervals: list[tuple[float, float]]) -> float:
    return float(np.mean([low <= truth <= high for low, high in intervals]))


def test_normal_and_ratio_intervals_hold_the_truth_as_often_as_promised() -> None:
    generator = np.random.default_rng(1)
    assert covered(2.0, [normal(generator.gamma(2.0, 1.0, 100)) for _ in range(400)]) == pytest.approx(0.95, abs=0.03)
    sizes = generator.integers(20, 60, (400, 50))
    tops = sizes * generator.gamma(30.0, 0.1, (400, 50))
    intervals = [ratio(top, size)[1:] for top, size in zip(tops, sizes, strict=True)]
    assert covered(3.0, intervals) == pytest.approx(0.95, abs=0.03)


def test_bootstrap_agrees_with_wilson_on_a_share() -> None:
    interval = bootstrap(np.array([300, 700]), lambda weights: weights[:, 1] / weights.sum(axis=1), 0.7)
    assert interval == pytest.approx(wilson(700, 1000), abs=0.004)


def test_bootstrap_in_pieces_is_a_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.asarray(weights[:, 1] / weights.sum(axis=1))

    whole = bootstrap(np.array([30, 70]), statistic, 0.7)
    monkeypatch.setattr("weft.metrics._interval._CELLS", 14)
    assert bootstrap(np.array([30, 70]), statistic, 0.7) == pytest.approx(whole, abs=1e-12)


def test_macro_f1_interval_is_that_of_resampled_texts(single: LabelEvidence) -> None:
    generator = np.random.default_rng(8)
    decided = single.probabilities.argmax(axis=1)
    draws = generator.integers(0, 90, (400, 90))
    slow = [reference.f1_score(single.gold[rows], decided[rows], average="macro") for rows in draws]
    score = measure("macro-f1", single)
    assert (score.low, score.high) == pytest.approx(tuple(np.percentile(slow, [2.5, 97.5])), abs=0.04)


def test_calibration_interval_of_an_honest_model_reaches_to_zero() -> None:
    generator = np.random.default_rng(2)
    reached = 0
    for _ in range(40):
        stated = generator.uniform(0.5, 1.0, 300)
        gold = (generator.random(300) > stated).astype(int)
        evidence = LabelEvidence(("a", "b"), gold, np.stack([stated, 1 - stated], axis=1))
        score = measure("calibration-error", evidence)
        assert score.value > 0.01, "the plain estimate leans upwards"
        reached += score.low == 0
    assert reached >= 38


def test_calibration_interval_of_a_dishonest_model_does_not() -> None:
    gold = (np.random.default_rng(3).random(2000) > 0.6).astype(int)
    evidence = LabelEvidence(("a", "b"), gold, np.tile([0.9, 0.1], (2000, 1)))
    score = measure("calibration-error", evidence)
    assert 0.25 < score.low < 0.3 < score.high < 0.36


def test_calibration_interval_of_one_text_gives_no_spread() -> None:
    assert size_interval(np.array([[0.25, -0.5]])) == (0.75, 0.75, 0.75)
