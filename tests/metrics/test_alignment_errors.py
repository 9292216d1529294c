"""The alignment error rate: by hand after Och & Ney, and at its edges."""

from __future__ import annotations

import pytest

from weft.errors import DataError
from weft.metrics import measure
from weft.types import AlignmentEvidence

S = frozenset({(0, 0), (1, 2)})
P = frozenset({(1, 1)})
A = frozenset({(0, 0), (1, 1), (2, 2)})
NONE: frozenset[tuple[int, int]] = frozenset()


def test_by_hand() -> None:
    score = measure("alignment-error-rate", AlignmentEvidence((A,), (S,), (P,)))
    assert score.value == pytest.approx(1 - (1 + 2) / (3 + 2))
    assert (score.n, score.of, score.unit, score.higher_is_better) == (1, "sentences", "share", False)
    assert "|predicted:3|sure:2|possible:3|precision:0.6667|recall:0.5000|" in score.signature


def test_sure_links_are_possible_whether_they_are_said_to_be_or_not() -> None:
    apart, together = (AlignmentEvidence((A, S), (S, S), (possible, NONE)) for possible in (P, P | S))
    assert measure("alignment-error-rate", apart) == measure("alignment-error-rate", together)


def test_sentences_are_summed_and_not_averaged() -> None:
    evidence = AlignmentEvidence((A, frozenset({(0, 0)})), (A, frozenset({(0, 1)})), (NONE, NONE))
    assert measure("alignment-error-rate", evidence).value == pytest.approx(1 - 6 / 8)


def test_without_possible_links_it_is_one_less_f1() -> None:
    precision, recall = 1 / 3, 1 / 2
    value = measure("alignment-error-rate", AlignmentEvidence((A,), (S,), (NONE,))).value
    assert value == pytest.approx(1 - 2 * precision * recall / (precision + recall))


def test_nothing_predicted_or_nothing_sure() -> None:
    assert measure("alignment-error-rate", AlignmentEvidence((NONE,), (S,), (P,))).value == 1
    score = measure("alignment-error-rate", AlignmentEvidence((A, NONE), (NONE, NONE), (A, NONE)))
    assert score.value == 0
    assert "|precision:1.0000|recall:none|" in score.signature
    assert (score.low, score.high) == (0, 0)


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (AlignmentEvidence((NONE,), (NONE,), (P,)), "0 links to measure on, neither predicted nor sure"),
        (AlignmentEvidence((A,), (S, S), (P,)), "1 predicted, 2 sure, 1 possible alignments"),
    ],
)
def test_what_cannot_be_measured_is_told(evidence: AlignmentEvidence, sentence: str) -> None:
    with pytest.raises(DataError, match=f"alignment-error-rate: {sentence}") as caught:
        measure("alignment-error-rate", evidence)
    assert caught.value.hint
