"""Word errors: against the plain recursion, by hand, and intervals that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from weft.metrics import _word_errors as module
from weft.metrics import error_rate, measure, word_errors
from weft.types import TranscriptEvidence


def plain(reference: list[str], hypothesis: list[str]) -> tuple[int, int]:
    """Fewest errors, and insertions and deletions among them where several ways need as few: the textbook's table."""
    row = [(place, place) for place in range(len(hypothesis) + 1)]
    for said in reference:
        diagonal, row[0] = row[0], (row[0][0] + 1, row[0][1] + 1)
        for place, heard in enumerate(hypothesis, 1):
            same = (diagonal[0] + (said != heard), diagonal[1])
            gone = (row[place][0] + 1, row[place][1] + 1)
            added = (row[place - 1][0] + 1, row[place - 1][1] + 1)
            diagonal, row[place] = row[place], min(same, gone, added)
    return row[-1]


def sentences(generator: np.random.Generator, n: int) -> list[str]:
    return [" ".join(generator.choice(list("abc"), generator.integers(0, 9))) for _ in range(n)]


def test_errors_are_those_of_the_textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 64)
    generator = np.random.default_rng(1)
    references, hypotheses = sentences(generator, 500), sentences(generator, 500)
    counted = word_errors(references, hypotheses)
    expected = [plain(a.split(), b.split()) for a, b in zip(references, hypotheses, strict=True)]
    assert counted.errors.tolist() == [errors for errors, _ in expected]
    assert (counted.insertions + counted.deletions).tolist() == [moved for _, moved in expected]
    grown = [len(b.split()) - len(a.split()) for a, b in zip(references, hypotheses, strict=True)]
    assert (counted.insertions - counted.deletions).tolist() == grown
    assert counted.words.tolist() == [len(text.split()) for text in references]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counts"),
    [
        ("recognize speech", "wreck a nice beach", (2, 2, 0)),
        ("the cat sat", "the cat", (0, 0, 1)),
        ("the cat", "the big  cat", (0, 1, 0)),
        ("the cat", "THE cat", (1, 0, 0)),
        ("", "oh", (0, 1, 0)),
        ("oh dear", "", (0, 0, 2)),
        ("", "", (0, 0, 0)),
    ],
)
def test_errors_by_hand(reference: str, hypothesis: str, counts: tuple[int, int, int]) -> None:
    found = word_errors([reference], [hypothesis])
    assert (found.substitutions[0], found.insertions[0], found.deletions[0]) == counts
    assert found.rows(np.array([0])).errors.tolist() == [sum(counts)]


def test_nothing_to_count_is_nothing() -> None:
    assert word_errors([], []).errors.tolist() == []


def test_a_score_says_what_kinds_of_errors_there_were() -> None:
    score = measure("word-error-rate", TranscriptEvidence(("a b c", "d"), ("a x", "d e f")))
    assert score.value == pytest.approx(4 / 4)
    assert (score.n, score.of, score.unit, score.higher_is_better) == (4, "words", "errors/word", False)
    assert "|sentences:2|substitutions:1|insertions:2|deletions:1|case:kept|" in score.signature


def test_a_paired_interval_is_narrower_than_two_apart() -> None:
    generator = np.random.default_rng(3)
    words = generator.integers(5, 30, 800)
    before = generator.binomial(words, 0.2)
    after = np.maximum(before - (generator.random(800) < 0.1), 0)
    value, low, high = error_rate(after - before, words)
    assert value == pytest.approx((after.sum() - before.sum()) / words.sum())
    assert low < value < high < 0
    alone = error_rate(before, words)
    assert high - low < (alone[2] - alone[1]) / 3


def test_an_interval_holds_the_truth_as_often_as_promised() -> None:
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(40):
        words = generator.integers(5, 30, 200)
        _, low, high = error_rate(generator.binomial(words, 0.1), words)
        held += low <= 0.1 <= high
    assert held >= 34
