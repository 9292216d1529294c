"""Learning-rate factors against values worked out by hand."""

from __future__ import annotations

import pytest

from weft.config import Training
from weft.training.schedules import factor


def factors(config, epochs, *, total=100, reductions=0):
    return [factor(config, step=10 * e, epoch=e, total_steps=total, reductions=reductions) for e in range(epochs)]


def test_constant():
    assert factors(Training(), 3) == [1.0, 1.0, 1.0]


def test_step_and_halving_reduce_after_the_stated_epochs():
    assert factors(Training(schedule="halving"), 4) == [1.0, 0.5, 0.25, 0.125]
    assert factors(Training(schedule="halving", schedule_after=3, schedule_every=2), 7) == [
        1,
        1,
        1,
        0.5,
        0.5,
        0.25,
        0.25,
    ]
    assert factors(Training(schedule="step", schedule_every=2, schedule_factor=0.1), 5) == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01]
    )


def test_plateau_counts_reductions_only():
    assert factors(Training(schedule="plateau", schedule_factor=0.5), 2, reductions=3) == [0.125, 0.125]


def test_cosine_goes_from_one_to_zero():
    config = Training(schedule="cosine")
    assert factor(config, step=0, epoch=0, total_steps=10, reductions=0) == 1.0
    assert factor(config, step=5, epoch=0, total_steps=10, reductions=0) == pytest.approx(0.5)
    assert factor(config, step=10, epoch=0, total_steps=10, reductions=0) == pytest.approx(0.0)
    assert factor(config, step=12, epoch=0, total_steps=10, reductions=0) == pytest.approx(0.0)


def test_warmup_rises_in_a_line_and_cosine_begins_after_it():
    config = Training(schedule="cosine", warmup_steps=4)
    rising = [factor(config, step=s, epoch=0, total_steps=14, reductions=0) for s in range(5)]
    assert rising == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert factor(config, step=9, epoch=0, total_steps=14, reductions=0) == pytest.approx(0.5)
    halving = Training(schedule="halving", warmup_steps=2)
    assert factor(halving, step=0, epoch=1, total_steps=9, reductions=0) == 0.25
