"""Tuning finds what trying out every weight finds."""

from __future__ import annotations

import numpy as np
import pytest

from weft.rescoring import Table, tune
from weft.rescoring.tuning import line_search


def errors_along(totals: np.ndarray, slopes: np.ndarray, errors: np.ndarray, distance: float) -> int:
    top = (totals + distance * slopes).argmax(axis=1)
    return int(errors[np.arange(len(top)), top].sum())


def lists(seed: int, n: int = 12, wide: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.normal(size=(n, wide)), draw.normal(size=(n, wide)), draw.integers(0, 6, (n, wide))


@pytest.mark.parametrize("seed", range(20))
def test_a_line_search_is_exact(seed: int) -> None:
    totals, slopes, errors = lists(seed)
    step = line_search(totals, slopes, errors)
    assert step.errors == errors_along(totals, slopes, errors, step.distance)
    # the errors change only where two lines of a list cross: between all those places everything is tried
    rise, gap = slopes[:, :, None] - slopes[:, None], totals[:, None] - totals[:, :, None]
    crossings = np.sort((gap[rise > 0] / rise[rise > 0]).ravel())
    tried = np.concatenate([[crossings[0] - 1], (crossings[1:] + crossings[:-1]) / 2, [crossings[-1] + 1]])
    assert step.errors == min(errors_along(totals, slopes, errors, place) for place in tried)


def test_a_line_that_changes_nothing_is_not_walked() -> None:
    totals, _, errors = lists(3)
    step = line_search(totals, np.ones_like(totals), errors)
    assert (step.distance, step.errors) == (0.0, errors_along(totals, np.ones_like(totals), errors, 0.0))


def test_where_it_stands_is_kept_when_nothing_is_better() -> None:
    totals, slopes, errors = lists(4)
    there = line_search(totals, slopes, errors)
    moved = totals + there.distance * slopes
    assert line_search(moved, slopes, errors).distance == 0.0


def test_the_middle_of_the_widest_best_interval_is_taken() -> None:
    totals, slopes = np.array([[0.0, -2.0, -10.0]]), np.array([[0.0, 1.0, 2.0]])
    step = line_search(totals, slopes, np.array([[1, 0, 1]]))
    assert (step.distance, step.errors) == (5.0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_tuning_finds_the_best_of_a_fine_grid(seed: int) -> None:
    draw = np.random.default_rng(seed)
    own, features = draw.normal(size=(25, 4)), draw.normal(size=(25, 4, 2))
    good = own + features @ np.array([0.7, -0.4])
    errors = np.argsort(np.argsort(-(good + draw.normal(0, 0.5, good.shape)), axis=1), axis=1)
    weights, made = tune(Table(own, features), errors)
    axis = np.linspace(-4, 4, 81)
    fewest = min(errors_along(own + a * features[..., 0], features[..., 1], errors, b) for a in axis for b in axis)
    assert made <= fewest
    assert made == errors_along(own, features @ weights, errors, 1.0)
    again, _ = tune(Table(own, features), errors)
    assert weights.tolist() == again.tolist()


def test_features_that_tell_nothing_get_no_weight() -> None:
    totals, slopes, errors = lists(5)
    features = np.stack([slopes, np.broadcast_to(np.arange(12.0)[:, None], slopes.shape)], axis=2)
    weights, made = tune(Table(totals, features), errors)
    assert weights[1] == 0.0
    assert made == line_search(totals, slopes, errors).errors
    nothing, same = tune(Table(totals, features[..., 1:]), errors)
    assert nothing.tolist() == [0.0]
    assert same == errors_along(totals, slopes, errors, 0.0)
