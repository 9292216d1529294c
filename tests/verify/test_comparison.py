"""Differences, margins, ties and numbers that are none."""

import math

import pytest
import torch

from weft.verify._contract import OTHER_PRECISION, REORDERED, SAME
from weft.verify.comparison import Tally

P = torch.tensor([[0.7, 0.2, 0.1], [0.4, 0.3999999, 0.2000001], [0.5, 0.3, 0.2]], dtype=torch.float64).log()


def tally(got, base=P):
    found = Tally()
    found.add([base[:1], base[1:]], [got[:1], got[1:]], places=[10, 11])
    return found


def moved(row, column, by):
    got = P.clone()
    got[row, column] += by
    return got


def test_equal_answers_pass_bit_for_bit():
    found = tally(P.clone())
    assert found.passes(0.0)
    assert (found.decisions, found.margins, found.largest, found.worst) == (3, [], 0.0, -1)


@pytest.mark.parametrize(("by", "arithmetic", "passes"), [
    (9e-6, REORDERED, True), (1.1e-5, REORDERED, False), (1.1e-5, OTHER_PRECISION, True), (1e-15, SAME, False),
])  # fmt: skip
def test_the_bound_is_of_the_arithmetic(by, arithmetic, passes):
    assert tally(moved(0, 0, by)).passes(arithmetic.tolerance) is passes


def test_the_bound_grows_with_an_unlikely_choice():
    base = torch.tensor([[-1e-9, -30.0, -31.0]] * 3, dtype=torch.float64)
    off = base.clone()
    off[2, 1] += 2.9e-4
    found = tally(off, base)
    assert found.passes(1e-5)
    assert found.largest == pytest.approx(2.9e-4 / 30)
    assert found.worst == 11


def test_a_change_counts_beyond_the_margin_only():
    tie = tally(moved(1, 1, 5e-7))
    assert (len(tie.margins), tie.changed(1e-5), tie.passes(1e-5)) == (1, 0, True)
    clear = tally(moved(2, 1, 1.0))
    assert (clear.changed(1e-5), clear.worst) == (1, 11)
    assert clear.margins == pytest.approx([math.log(0.5 / 0.3)])
    assert clear.total == pytest.approx(1.0 / max(1.0, -math.log(0.3)))


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_fails(value):
    got = P.clone()
    got[0, 1] = value
    assert not tally(got).passes(1e-4)
    assert not tally(P, got).passes(1e-4)
    assert tally(got).undefined == 1


def test_an_impossible_choice_may_be_impossible_in_both():
    base = P.clone()
    base[:, 2] = -torch.inf
    assert tally(base.clone(), base).passes(0.0)


def test_another_number_of_decisions_is_no_answer():
    found = Tally()
    found.add([P], [P[:2]], places=[0])
    assert not found.passes(1e-5)
    assert found.misfit == "answers of shape [2, 3] instead of [3, 3] (decisions, choices)"
