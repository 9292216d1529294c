"""Two systems on the same texts: differences of every measure, their intervals, and what cannot be paired."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import sacrebleu

from weft.catalog import METRICS
from weft.errors import ConfigError, DataError
from weft.metrics import measure, paired, unlike, word_errors
from weft.metrics._sacrebleu import sacrebleu_outcomes
from weft.types import (
    AlignmentEvidence,
    Evidence,
    LabelEvidence,
    LikelihoodEvidence,
    TextEvidence,
    TranslationEvidence,
)

PAIRED = [name for name in METRICS.names() if hasattr(METRICS.load(name), "outcomes")]
CLASSES = ("bad", "fair", "good")
GOLD = np.random.default_rng(1).integers(-1, 3, 80)


def labels(seed: int, *, sharpness: float = 1.0) -> LabelEvidence:
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(80, 3)) + sharpness * np.eye(3)[GOLD.clip(0)]
    probabilities = np.exp(logits)
    return LabelEvidence(CLASSES, GOLD, probabilities / probabilities.sum(axis=1, keepdims=True))


def several(seed: int) -> LabelEvidence:
    return LabelEvidence(CLASSES, np.eye(3)[GOLD] > 0, np.random.default_rng(seed).random((80, 3)))


def likelihood(seed: int) -> LikelihoodEvidence:
    size = np.arange(20, 60)
    hard = np.random.default_rng(0).gamma(4.0, 10.0, 40)
    return LikelihoodEvidence(hard + np.random.default_rng(seed).gamma(4.0, 1.0, 40), size, 2 * size, size / 3)


def texts(seed: int, *, wrong: float = 0.3, n: int = 60) -> TextEvidence:
    """Six words a text, of which some are wrong: the same hard texts for every system."""
    hard = np.random.default_rng(0).random((n, 1)) * 2 * wrong
    drawn = np.random.default_rng(seed).random((n, 6))
    words = np.array([[f"word{k * 7 + j}" for j in range(6)] for k in range(n)])
    written = np.where(drawn < hard, "noise", words)
    return TextEvidence(tuple(map(" ".join, words)), tuple(map(" ".join, written)))


def alignments(seed: int) -> AlignmentEvidence:
    moved = np.random.default_rng(seed).random((50, 4)) < 0.3
    sure = (frozenset((k, k) for k in range(4)),) * 50
    predicted = tuple(frozenset((k, k + 9 * bool(row[k])) for k in range(4)) for row in moved)
    return AlignmentEvidence(predicted, sure, (frozenset({(0, 9)}),) * 50)


MAKERS = {"labels": labels, "likelihood": likelihood, "texts": texts, "alignments": alignments}


def two(name: str) -> tuple[Evidence, Evidence]:
    make = MAKERS[METRICS.load(name).FIELD]
    return make(11), make(12)


def test_all_but_calibration_can_be_paired() -> None:
    assert set(METRICS.names()) - set(PAIRED) == {"calibration-error"}
    with pytest.raises(
        ConfigError, match="'calibration-error' cannot be paired: it is not computed from one"
    ) as caught:
        paired("calibration-error", *two("calibration-error"))
    assert caught.value.hint == f"measures that can: {', '.join(PAIRED)}"


@pytest.mark.parametrize("name", PAIRED)
def test_the_value_is_the_difference_of_the_scores(name: str) -> None:
    first, second = two(name)
    found, scores = paired(name, first, second), [measure(name, each) for each in (first, second)]
    assert found.value == pytest.approx(scores[1].value - scores[0].value, abs=1e-9)
    assert found.name == name
    assert found.low <= found.value <= found.high
    assert 0 < found.differing <= found.n
    assert found.signature.startswith(f"n:{found.n}|differing:{found.differing}|interval:paired-bootstrap1000|weft:")
    assert json.loads(json.dumps(found.to_json())) == {**vars(found), "real": found.real}
    back = paired(name, second, first)
    assert back.value == pytest.approx(-found.value, abs=1e-9)


@pytest.mark.parametrize("name", PAIRED)
def test_a_system_does_not_differ_from_itself(name: str) -> None:
    first, _ = two(name)
    found = paired(name, first, first)
    assert (found.value, found.low, found.high, found.above, found.differing) == (0, 0, 0, 0.5, 0)
    assert not found.real


@pytest.mark.parametrize("name", ["accuracy", "macro-f1", "micro-f1", "log-loss"])
def test_several_labels_a_text(name: str) -> None:
    first, second = several(3), several(4)
    scores = [measure(name, each).value for each in (first, second)]
    assert paired(name, first, second).value == pytest.approx(scores[1] - scores[0])


def slow(name: str, evidence: TextEvidence) -> float:
    """A measure without its interval."""
    if name == "bleu":
        return sacrebleu.corpus_bleu(evidence.hypotheses, [evidence.references]).score
    if name == "exact-match":
        return np.mean([a == b for a, b in zip(evidence.references, evidence.hypotheses, strict=True)]).item()
    counted = word_errors(evidence.references, evidence.hypotheses)
    return float(counted.errors.sum() / counted.lengths.sum())


@pytest.mark.parametrize("name", ["bleu", "word-error-rate", "exact-match"])
def test_the_interval_is_that_of_texts_drawn_one_by_one(name: str) -> None:
    first, second = texts(11), texts(12, wrong=0.15)
    found = paired(name, first, second)
    generator = np.random.default_rng(9)
    changes = []
    for _ in range(100):
        rows = generator.integers(0, 60, 60)
        pair = [
            TextEvidence(*(tuple(part[k] for k in rows) for part in vars(each).values())) for each in (first, second)
        ]
        changes.append(slow(name, pair[1]) - slow(name, pair[0]))
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(changes), rel=0.3)
    assert (found.high + found.low) / 2 == pytest.approx(np.mean(changes), abs=np.std(changes) / 2)


@pytest.mark.parametrize("name", ["nats-per-symbol", "bleu"])
def test_it_is_narrower_than_the_systems_apart(name: str) -> None:
    first, second = (likelihood(2), likelihood(3)) if name == "nats-per-symbol" else (texts(1), texts(2))
    found, alone = paired(name, first, second), measure(name, first)
    assert found.high - found.low < alone.high - alone.low


def test_equal_systems_seldom_differ_and_unequal_ones_do() -> None:
    alike = [paired("exact-match", texts(k, n=200), texts(1000 + k, n=200)).real for k in range(60)]
    assert sum(alike) <= 8
    better = [paired("exact-match", texts(k, n=200), texts(k, n=200, wrong=0.15)) for k in range(5)]
    assert all(found.real and found.above > 0.97 for found in better)


@pytest.mark.parametrize(("n", "real"), [(5, False), (6, True)])
def test_few_texts_prove_nothing_though_all_of_them_agree(n: int, real: bool) -> None:
    right, wrong = ("a",) * n, ("b",) * n
    found = paired("exact-match", TextEvidence(right, wrong), TextEvidence(right, right))
    assert (found.value, found.low, found.high, found.above) == (1, 1, 1, 1)
    assert found.real is real


def test_classes_may_stand_in_another_order_and_be_others() -> None:
    first = labels(5)
    order = [2, 0, 1]
    names = tuple(CLASSES[k] for k in order)
    gold = np.where(first.gold < 0, -1, np.argsort(order)[first.gold])
    second = LabelEvidence(names, gold, first.probabilities[:, order])
    assert paired("accuracy", first, second).differing == 0
    assert paired("macro-f1", first, second).value == pytest.approx(0)
    less = LabelEvidence(("bad", "fair"), np.where(first.gold == 2, -1, first.gold), first.probabilities[:, :2])
    assert unlike("accuracy", first, less) == ""


TEXT, NATS, LINKED = texts(1), likelihood(1), alignments(1)
OTHER = np.where(np.arange(80) == 6, 2 - GOLD.clip(0), GOLD)
NO_LINKS: tuple[frozenset[tuple[int, int]], ...] = (frozenset(),) * 50


@pytest.mark.parametrize(
    ("name", "first", "second", "why"),
    [
        ("accuracy", labels(1), replace(labels(1), gold=OTHER), "their labels part at text 7: "),
        ("accuracy", labels(1), LabelEvidence(CLASSES, GOLD[:9], np.ones((9, 3))), "80 labels stand beside 9"),
        ("accuracy", labels(1), several(1), "one gives a single label a text, the other any number"),
        ("accuracy", several(1), replace(several(1), gold=several(1).gold[::-1]), "their labels part at text 1: ["),
        ("bleu", TEXT, replace(TEXT, references=("x",) * 60), "their references part at text 1: 'word0 "),
        ("ter", TEXT, TextEvidence(("a",), ("a",)), "60 references stand beside 1"),
        ("perplexity", NATS, replace(NATS, symbols=NATS.symbols + 1), "into different symbols or blocks"),
        ("perplexity", NATS, LikelihoodEvidence(*np.ones((4, 3))), "into different symbols or blocks"),
        ("alignment-error-rate", LINKED, replace(LINKED, sure=NO_LINKS), "[(0, 0), (1, 1), (2, 2), (3, 3)] and []"),
        ("alignment-error-rate", LINKED, replace(LINKED, possible=NO_LINKS), "possible links part at text 1: [(0, 9)]"),
    ],
)
def test_other_texts_cannot_be_paired(name: str, first: Evidence, second: Evidence, why: str) -> None:
    assert why in unlike(name, first, second)
    with pytest.raises(DataError, match=f"{name}: the two cannot be paired: ") as caught:
        paired(name, first, second)
    assert why in str(caught.value)
    assert caught.value.hint == "pair what two systems said of the same texts, in order"


def test_what_parts_is_shown_in_short() -> None:
    long = TextEvidence(("x" * 500,), ("",))
    why = unlike("chrf", long, TextEvidence(("y" * 500,), ("",)))
    assert len(why) < 170
    assert why.endswith("…")


@pytest.mark.parametrize("name", PAIRED)
def test_nothing_to_pair_is_refused(name: str) -> None:
    empty: dict[str, Evidence] = {
        "labels": LabelEvidence(CLASSES, GOLD[:0], np.ones((0, 3))),
        "likelihood": LikelihoodEvidence(*np.ones((4, 0))),
        "texts": TextEvidence((), ()),
        "alignments": AlignmentEvidence((), (), ()),
    }
    evidence = empty[METRICS.load(name).FIELD]
    with pytest.raises(DataError, match=f"{name}: 0 texts to measure on"):
        paired(name, evidence, evidence)


def test_a_translators_evidence_is_paired_in_both_kinds() -> None:
    first, second = (TranslationEvidence(likelihood(k), texts(k)) for k in (1, 2))
    assert paired("bleu", first, second) == paired("bleu", first.texts, second.texts)
    assert paired("perplexity", first, second) == paired("perplexity", first.likelihood, second.likelihood)


def test_sums_of_sentences_are_those_of_the_corpus() -> None:
    found = sacrebleu_outcomes("bleu", TEXT)
    ones = np.ones((1, len(found.rows)), dtype=np.int64)
    assert found.statistic(found.rows, ones)[0] == measure("bleu", TEXT).value
