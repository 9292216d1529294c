"""Every measure that the folder holds keeps the same promises; a new file is tested at once."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from weft import metrics
from weft.catalog import METRICS
from weft.errors import ConfigError, DataError
from weft.metrics import measure
from weft.types import (
    AlignmentEvidence,
    Evidence,
    LabelEvidence,
    LikelihoodEvidence,
    Score,
    TextEvidence,
    TranslationEvidence,
)
from weft.version import VERSION

NAMES = METRICS.names()
LABELS = [name for name in NAMES if METRICS.load(name).FIELD == "labels"]
LIKELIHOOD = [name for name in NAMES if METRICS.load(name).FIELD == "likelihood"]
TEXTS = [name for name in NAMES if METRICS.load(name).FIELD == "texts"]
ALIGNMENTS = [name for name in NAMES if METRICS.load(name).FIELD == "alignments"]
CLASSES = ("bad", "fair", "good")

# the value on perfect and on hopeless evidence, as labels(), likelihood(), texts() and alignments() make them below
PERFECT = {"accuracy": 1, "macro-f1": 1, "micro-f1": 1, "perplexity": 1, "word-perplexity": 1, "exact-match": 1}
PERFECT |= {"bleu": 100, "bleu-lowercased": 100, "chrf": 100}
HOPELESS = {"accuracy": 0, "macro-f1": 0, "micro-f1": 0, "calibration-error": 1, "word-error-rate": 1, "exact-match": 0}
HOPELESS |= {"bleu": 0, "bleu-lowercased": 0, "ter": 100, "alignment-error-rate": 1}


def one_hot(numbers: np.ndarray) -> np.ndarray:
    return np.eye(3)[numbers]


def labels(kind: str, *, multi_label: bool = False, n: int = 60) -> LabelEvidence:
    """Evidence that is right, wrong with certainty, or in between."""
    generator = np.random.default_rng(4)
    if multi_label:
        gold = generator.random((n, 3)) < 0.4
        sure = np.where(gold, 1.0, 0.0) if kind == "perfect" else np.where(gold, 0.0, 1.0)
        return LabelEvidence(CLASSES, gold, generator.random((n, 3)) if kind == "mixed" else sure)
    gold = generator.integers(0, 3, n)
    if kind == "mixed":
        return LabelEvidence(CLASSES, gold, generator.dirichlet(np.ones(3), n))
    return LabelEvidence(CLASSES, gold, one_hot(gold if kind == "perfect" else (gold + 1) % 3))


def likelihood(kind: str, blocks: int = 20) -> LikelihoodEvidence:
    """Blocks of 50 symbols of two characters, 20 words each."""
    each = {"perfect": np.zeros(blocks), "hopeless": np.full(blocks, 1e4)}
    nats = each.get(kind, np.random.default_rng(5).gamma(40.0, 2.0, blocks))
    size = np.full(blocks, 50)
    return LikelihoodEvidence(nats, size, 2 * size, size * 2 // 5)


def texts(kind: str, n: int = 60) -> TextEvidence:
    """Sentences of four words, of which none, all or some are written wrongly."""
    wrong = {"perfect": 0.0, "mixed": 0.3, "hopeless": 1.0}[kind]
    written = np.where(np.random.default_rng(6).random((n, 4)) < wrong, "noise", "word")
    return TextEvidence(("word word word word",) * n, tuple(map(" ".join, written)))


def alignments(kind: str, n: int = 60) -> AlignmentEvidence:
    """Sentences of four links, of which none, all or some are predicted beside their place; one is only possible."""
    wrong = {"perfect": 0.0, "mixed": 0.3, "hopeless": 1.0}[kind]
    moved = np.random.default_rng(7).random((n, 4)) < wrong
    predicted = tuple(frozenset((k, k + 9 * bool(away[k])) for k in range(4)) for away in moved)
    sure, possible = (frozenset((k, k) for k in range(first, 4)) for first in (1, 0))
    return AlignmentEvidence(predicted, (sure,) * n, (possible,) * n)


def evidence_for(name: str, kind: str, n: int = 60) -> Evidence:
    """``n`` texts, or ``n`` blocks."""
    if name in TEXTS:
        return texts(kind, n)
    if name in ALIGNMENTS:
        return alignments(kind, n)
    return labels(kind, n=n) if name in LABELS else likelihood(kind, n)


def test_the_expected_measures_are_there() -> None:
    assert set(NAMES) >= {"accuracy", "macro-f1", "micro-f1", "calibration-error", "log-loss", "perplexity"}
    assert set(NAMES) >= {"bits-per-character", "nats-per-symbol", "word-perplexity"}
    assert set(TEXTS) == {
        "bleu", "bleu-lowercased", "character-error-rate", "chrf", "exact-match", "ter", "word-error-rate",
    }  # fmt: skip
    assert ALIGNMENTS == ["alignment-error-rate"]
    assert {*LABELS, *LIKELIHOOD, *TEXTS, *ALIGNMENTS} == set(NAMES)


@pytest.mark.parametrize("kind", ["perfect", "hopeless", "mixed"])
@pytest.mark.parametrize("name", NAMES)
def test_a_score_is_complete(name: str, kind: str) -> None:
    score = measure(name, evidence_for(name, kind))
    assert isinstance(score, Score)
    assert score.name == name
    assert score.unit
    assert math.isfinite(score.value)
    assert score.low <= score.value <= score.high
    assert json.loads(json.dumps(score.to_json())) == score.to_json()
    parts = dict(part.split(":", 1) for part in score.signature.split("|"))
    assert parts["n"] == str(score.n)
    assert parts["weft"] == VERSION
    assert "interval" in parts


@pytest.mark.parametrize("name", NAMES)
def test_perfect_evidence_is_best_and_hopeless_evidence_worst(name: str) -> None:
    best, middle, worst = (measure(name, evidence_for(name, kind)) for kind in ("perfect", "mixed", "hopeless"))
    sign = 1 if best.higher_is_better else -1
    assert sign * best.value > sign * middle.value > sign * worst.value
    assert best.value == pytest.approx(PERFECT.get(name, 0), abs=1e-12)
    if name in HOPELESS:
        assert worst.value == pytest.approx(HOPELESS[name])


@pytest.mark.parametrize("name", LABELS)
def test_n_counts_the_texts(name: str) -> None:
    score = measure(name, labels("mixed", n=37))
    assert (score.n, score.of) == (37, "texts")


@pytest.mark.parametrize("name", LIKELIHOOD)
def test_n_counts_what_is_divided_by(name: str) -> None:
    score = measure(name, likelihood("mixed"))
    assert score.n == {"symbols": 1000, "characters": 2000, "words": 400}[score.of]


@pytest.mark.parametrize("name", LABELS)
def test_a_label_unknown_to_the_model_counts_as_wrong(name: str) -> None:
    perfect = labels("perfect")
    gold = perfect.gold.copy()
    gold[:15] = -1
    score, before = measure(name, LabelEvidence(CLASSES, gold, perfect.probabilities)), measure(name, perfect)
    assert score.n == before.n
    assert (score.value < before.value) == score.higher_is_better
    assert "|unknown:15|" in score.signature
    if name in ("accuracy", "micro-f1"):
        assert score.value == pytest.approx(0.75)


@pytest.mark.parametrize("kind", ["perfect", "hopeless", "mixed"])
@pytest.mark.parametrize("name", LABELS)
def test_several_labels_a_text(name: str, kind: str) -> None:
    score = measure(name, labels(kind, multi_label=True))
    assert score.n == 60
    assert score.low <= score.value <= score.high
    if kind == "perfect":
        assert score.value == pytest.approx(PERFECT.get(name, 0), abs=1e-12)
    if kind == "hopeless" and name in HOPELESS:
        assert score.value == pytest.approx(HOPELESS[name])


@pytest.mark.parametrize("name", NAMES)
def test_one_text_or_block_is_enough(name: str) -> None:
    score = measure(name, evidence_for(name, "perfect" if name in LABELS else "mixed", 1))
    assert score.low <= score.value <= score.high


@pytest.mark.parametrize("name", NAMES)
def test_intervals_shrink_with_more_evidence(name: str) -> None:
    widths = [score.high - score.low for score in (measure(name, evidence_for(name, "mixed", n)) for n in (40, 4000))]
    assert widths[1] < widths[0] / 2


@pytest.mark.parametrize("name", NAMES)
def test_the_same_evidence_gives_the_same_score_and_is_left_alone(name: str) -> None:
    evidence = evidence_for(name, "mixed")
    copies = {key: np.copy(value) for key, value in vars(evidence).items() if isinstance(value, np.ndarray)}
    state = np.random.get_state()[1].copy()
    assert measure(name, evidence) == measure(name, evidence)
    assert all(np.array_equal(value, getattr(evidence, key)) for key, value in copies.items())
    assert np.array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_measure_on_is_refused(name: str) -> None:
    empty = evidence_for(name, "mixed", 0)
    with pytest.raises(DataError, match=f"{name}: .*0 (texts|symbols|characters|words) to measure on") as caught:
        measure(name, empty)
    assert "give a file" in caught.value.hint


@pytest.mark.parametrize("name", [*LABELS, *LIKELIHOOD])
def test_a_diverged_network_is_refused(name: str) -> None:
    evidence = labels("mixed") if name in LABELS else likelihood("mixed")
    values = evidence.probabilities if isinstance(evidence, LabelEvidence) else evidence.nats
    values[2] = math.nan
    with pytest.raises(
        DataError, match=f"{name}: the (probabilities|likelihood) of 1 of .* not (a number|numbers)"
    ) as caught:
        measure(name, evidence)
    assert "training.lr" in caught.value.hint


def test_a_measure_of_another_kind_is_refused_with_those_that_fit() -> None:
    with pytest.raises(ConfigError, match="'perplexity' reads likelihood, but this task gives labels") as caught:
        measure("perplexity", labels("mixed"))
    assert caught.value.hint == f"measures of labels: {', '.join(LABELS)}"
    with pytest.raises(ConfigError, match="unknown metric 'accurracy', did you mean 'accuracy'"):
        measure("accurracy", labels("mixed"))


def test_a_translators_evidence_is_of_two_kinds() -> None:
    both = TranslationEvidence(likelihood("mixed"), texts("mixed"))
    for name in (*LIKELIHOOD, *TEXTS):
        assert measure(name, both) == measure(name, evidence_for(name, "mixed", 20 if name in LIKELIHOOD else 60))
    with pytest.raises(ConfigError, match="'accuracy' reads labels, but this task gives likelihood and texts"):
        measure("accuracy", both)


@pytest.mark.parametrize("name", TEXTS)
def test_as_many_hypotheses_as_references(name: str) -> None:
    with pytest.raises(DataError, match=f"{name}: 2 references and 1 hypotheses") as caught:
        measure(name, TextEvidence(("a", "b"), ("a",)))
    assert "in the same order" in caught.value.hint


def test_public_names() -> None:
    assert sorted(metrics.__all__) == [
        "ClassRow",
        "Difference",
        "EditErrors",
        "ReliabilityBin",
        "confusion",
        "draw_confusion",
        "edit_errors",
        "error_rate",
        "fit_temperature",
        "measure",
        "paired",
        "per_class",
        "reliability",
        "unlike",
        "wilson",
        "word_errors",
    ]
    assert all(getattr(metrics, name).__name__ == name for name in metrics.__all__)
    with pytest.raises(AttributeError, match="no attribute 'precision'"):
        _ = metrics.precision  # type: ignore[attr-defined]
