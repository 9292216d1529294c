"""The fitted temperature is the best one, inside its bounds, and harmless where there is nothing to fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

from weft.errors import DataError, ShapeError
from weft.metrics import fit_temperature, measure
from weft.types import LabelEvidence


def drawn(seed: int, *, sharpness: float, n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Logits stated ``sharpness`` times too sharp, and labels drawn from the true distribution."""
    generator = np.random.default_rng(seed)
    true = generator.normal(scale=1.5, size=(n, 4))
    gold = np.array([generator.choice(4, p=row) for row in softmax(true, axis=1)])
    return true * sharpness, gold


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0])
def test_finds_how_much_too_sharp_the_logits_are(sharpness: float) -> None:
    logits, gold = drawn(1, sharpness=sharpness)
    assert fit_temperature(logits, gold) == pytest.approx(sharpness, rel=0.1)


def test_is_the_minimum_that_a_general_optimizer_finds() -> None:
    logits, gold = drawn(2, sharpness=2.0, n=300)

    def surprise(temperature: float) -> float:
        logp = log_softmax(logits / temperature, axis=1)
        # each text carries its share of the one blindly labelled text
        return float(-(300 * logp[np.arange(300), gold] + logp.mean(axis=1)).mean())

    best = minimize_scalar(surprise, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9}).x
    assert fit_temperature(logits, gold) == pytest.approx(best, rel=1e-5)


def test_several_labels() -> None:
    generator = np.random.default_rng(3)
    true = generator.normal(scale=2.0, size=(3000, 3))
    gold = generator.random((3000, 3)) < expit(true)
    assert fit_temperature(3.0 * true, gold) == pytest.approx(3.0, rel=0.1)
    assert fit_temperature(1e4 * true, gold) == pytest.approx(20.0)


def test_lowers_the_calibration_error_and_keeps_the_decisions() -> None:
    logits, gold = drawn(4, sharpness=5.0)
    names = ("a", "b", "c", "d")
    before = LabelEvidence(names, gold, softmax(logits, axis=1))
    after = LabelEvidence(names, gold, softmax(logits / fit_temperature(logits, gold), axis=1))
    assert measure("calibration-error", after).value < 0.3 * measure("calibration-error", before).value
    assert measure("accuracy", after) == measure("accuracy", before)


def test_unknown_labels_are_left_out() -> None:
    logits, gold = drawn(5, sharpness=2.0, n=500)
    more = np.concatenate([logits, np.full((50, 4), 30.0)])
    assert fit_temperature(more, np.concatenate([gold, np.full(50, -1)])) == fit_temperature(logits, gold)


@pytest.mark.parametrize("n", [1, 20, 500])
def test_right_answers_only_are_believed_as_far_as_their_number_goes(n: int) -> None:
    temperature = fit_temperature(np.tile([10.0, 0.0], (n, 1)), np.zeros(n, dtype=int))
    assert softmax(np.array([10.0, 0.0]) / temperature)[0] == pytest.approx((n + 0.5) / (n + 1))


def test_right_answers_only_with_several_labels() -> None:
    gold = np.array([[True, False]] * 20)
    temperature = fit_temperature(np.where(gold, 8.0, -8.0), gold)
    assert expit(8.0 / temperature) == pytest.approx(20.5 / 21)


def test_stays_inside_its_bounds() -> None:
    logits = np.eye(3)[[0, 1, 2]]
    assert fit_temperature(1e-3 * logits, np.array([0, 1, 2])) == pytest.approx(0.05)
    assert fit_temperature(logits, np.array([1, 2, 0])) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("logits", "gold"),
    [
        (np.zeros((0, 2)), np.zeros(0, dtype=int)),
        (np.ones((2, 2)), np.array([-1, -1])),
        (np.ones((3, 2)), np.array([0, 1, 1])),
        (np.full((3, 1), 2.0), np.array([0, 0, 0])),
    ],
)
def test_nothing_to_fit_is_temperature_1(logits: np.ndarray, gold: np.ndarray) -> None:
    assert fit_temperature(logits, gold) == 1.0


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([[1e4, 0.0], [0.0, 1e4], [1e4, 0.0]], dtype=np.float32)
    assert fit_temperature(logits, np.array([0, 1, 1])) == pytest.approx(20.0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"logits must be \[N, C\] and gold \[N\] or \[N, C\], got \[3, 2\] and \[4\]"):
        fit_temperature(np.zeros((3, 2)), np.zeros(4, dtype=int))
    with pytest.raises(DataError, match="1 of 4 logits are not numbers") as caught:
        fit_temperature(np.array([[0.0, np.nan], [0.0, 1.0]]), np.array([0, 1]))
    assert "training.lr" in caught.value.hint
