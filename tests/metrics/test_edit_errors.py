"""Edit errors: against the plain recursion, by hand, and intervals that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from weft.errors import DataError
from weft.metrics import _edit_errors as module
from weft.metrics import edit_errors, error_rate, measure, word_errors
from weft.types import TextEvidence


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
    assert counted.lengths.tolist() == [len(text.split()) for text in references]


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
    score = measure("word-error-rate", TextEvidence(("a b c", "d"), ("a x", "d e f")))
    assert score.value == pytest.approx(4 / 4)
    assert (score.n, score.of, score.unit, score.higher_is_better) == (4, "words", "errors/word", False)
    assert "|texts:2|substitutions:1|insertions:2|deletions:1|case:kept|" in score.signature


def test_characters_are_counted_as_words_are() -> None:
    score = measure("character-error-rate", TextEvidence(("12 May", "né"), ("2 Mai", "né ")))
    assert score.value == pytest.approx(3 / 8)
    assert (score.n, score.of, score.unit, score.higher_is_better) == (8, "characters", "errors/character", False)
    assert "|texts:2|substitutions:1|insertions:1|deletions:1|case:kept|" in score.signature


def test_errors_are_the_same_for_words_and_characters_of_one_letter() -> None:
    generator = np.random.default_rng(7)
    references, hypotheses = sentences(generator, 100), sentences(generator, 100)
    words = word_errors(references, hypotheses)
    letters = edit_errors(*([text.replace(" ", "") for text in texts] for texts in (references, hypotheses)))
    assert all(np.array_equal(part, getattr(letters, kind)) for kind, part in vars(words).items())


def test_a_long_text_is_not_aligned_beside_short_ones() -> None:
    longest = np.array([3, 500, 4, 40, 5])
    assert [places.tolist() for places in module._of_like_length(longest)] == [[0, 2, 4], [3], [1]]
    errors = edit_errors(["ab" * 400, "abc", ""], ["ba" * 400, "", "x" * 900]).errors
    assert errors.tolist() == [2, 3, 900]


def test_few_long_texts_are_aligned_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CELLS", 500)
    assert [len(places) for places in module._of_like_length(np.full(5, 100))] == [2, 2, 1]


@pytest.mark.parametrize(("name", "unit"), [("word-error-rate", "words"), ("character-error-rate", "characters")])
def test_references_that_hold_nothing_are_refused(name: str, unit: str) -> None:
    with pytest.raises(DataError, match=f"{name}: the references hold 0 {unit} to measure on") as caught:
        measure(name, TextEvidence(("", ""), ("a", "")))
    assert caught.value.hint == "give a file that holds references"


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
