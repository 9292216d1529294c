"""Minimum Bayes risk: the expected utility is the sum of its definition, by samples and by probabilities."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from weft.errors import ConfigError, RunError, ShapeError
from weft.search.hypothesis import Hypothesis
from weft.search.minimum_bayes_risk import Choice, expected_utility, minimum_bayes_risk
from weft.search.sample_sources import sample_sources

from decoders import START, Toy, every_output

STOP = 2


def made(*logps: float, ids: list[tuple[int, ...]] | None = None) -> list[Hypothesis]:
    ids = ids or [(number,) for number in range(len(logps))]
    return [Hypothesis(each, logp, logp, finished=True) for each, logp in zip(ids, logps, strict=True)]


def overlap(pairs: list[tuple[str, str]]) -> list[float]:
    """Twice the words in common over all words."""
    return [
        2 * len(set(ours.split()) & set(theirs.split())) / (len(set(ours.split())) + len(set(theirs.split())))
        for ours, theirs in pairs
    ]


def exact(pairs: list[tuple[str, str]]) -> list[float]:
    return [float(ours == theirs) for ours, theirs in pairs]


TEXTS = ["a b c", "a b d", "e f", "a b d", "a c d"]


def test_samples_weigh_the_same_and_repeated_ones_as_often_as_they_came() -> None:
    found = minimum_bayes_risk(made(-1, -2, -0.1, -2, -3), TEXTS, overlap)
    by_definition = {
        index: float(np.mean(overlap([(TEXTS[index], reference) for reference in TEXTS]))) for index in (0, 1, 2, 4)
    }
    assert {each.index: each.utility for each in found} == pytest.approx(by_definition)
    assert [each.index for each in found] == sorted(by_definition, key=lambda index: -by_definition[index])
    assert found[0].index == 1


def test_an_n_best_list_is_weighed_by_its_probabilities() -> None:
    texts, logps = ["a b", "a c", "d e"], [-900.0, -901.0, -900.5]
    found = minimum_bayes_risk(made(*logps), texts, overlap, weights="probability")
    p = np.exp(np.array(logps) + 900)
    p /= p.sum()
    wanted = {
        index: float(p @ np.array(overlap([(text, reference) for reference in texts])))
        for index, text in enumerate(texts)
    }
    assert {each.index: each.utility for each in found} == pytest.approx(wanted)


def test_a_hypothesis_drawn_twice_has_its_probability_once_and_other_spellings_of_a_text_theirs_too() -> None:
    ids: list[tuple[int, ...]] = [(1,), (1,), (2,), (3, 4)]
    texts = ["x", "x", "y", "y"]
    hypotheses = made(math.log(0.4), math.log(0.4), math.log(0.3), math.log(0.2), ids=ids)
    found = minimum_bayes_risk(hypotheses, texts, exact, weights="probability")
    assert [each.index for each in found] == [2, 0]
    assert [each.utility for each in found] == pytest.approx([5 / 9, 4 / 9])


def test_for_exact_matches_the_choice_is_the_most_frequent_sample() -> None:
    assert minimum_bayes_risk(made(-1, -2, -0.1, -2, -3), TEXTS, exact)[0] == Choice(1, 0.4)


def test_among_equals_the_first_one_is_chosen() -> None:
    assert [each.index for each in minimum_bayes_risk(made(-2, -1, -3), ["a", "b", "c"], exact)] == [0, 1, 2]


def test_the_utility_is_asked_once_for_different_pairs() -> None:
    asked: list[list[tuple[str, str]]] = []

    def watch(pairs: list[tuple[str, str]]) -> list[float]:
        asked.append(pairs)
        return exact(pairs)

    minimum_bayes_risk(made(-1, -2, -0.1, -2, -3), TEXTS, watch)
    (pairs,) = asked
    assert pairs == list(itertools.product(["a b c", "a b d", "e f", "a c d"], repeat=2))


def test_numbers_and_symbols_can_be_compared_as_well_as_texts() -> None:
    hypotheses = made(-1, -2, -3, ids=[(1, 2), (1, 3), (4,)])

    def same(pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[float]:
        return [float(ours[0] == theirs[0]) for ours, theirs in pairs]

    by_ids = minimum_bayes_risk(hypotheses, [each.ids for each in hypotheses], same)
    by_number = minimum_bayes_risk(
        hypotheses,
        range(3),
        lambda pairs: same([(hypotheses[ours].ids, hypotheses[theirs].ids) for ours, theirs in pairs]),
    )
    assert by_ids == by_number
    assert by_ids[0] == Choice(0, pytest.approx(2 / 3))


def test_samples_estimate_the_expectation_under_the_model() -> None:
    toy = Toy([5])
    every = list(every_output(toy, 0, stop=STOP, longest=3))
    (samples,) = sample_sources(toy, 1, samples=4000, start_id=START, stop_id=STOP, longest=torch.tensor([3]), seed=2)

    def length(pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[float]:
        return [1 / (1 + abs(len(ours) - len(theirs))) for ours, theirs in pairs]

    candidates = [(), (1,), (1, 1), (1, 1, 1)]
    truth = expected_utility(candidates, [each.ids for each in every], [math.exp(each.logp) for each in every], length)
    estimate = expected_utility(candidates, [each.ids for each in samples], [1.0] * 4000, length)
    assert torch.allclose(truth, estimate, atol=0.03)
    assert int(truth.argmax()) == int(estimate.argmax())


@pytest.mark.parametrize(
    ("hypotheses", "texts", "weights", "kind", "sentence"),
    [
        ([], [], "uniform", ConfigError, "^minimum Bayes risk needs one hypothesis or more, got none$"),
        (made(-1), ["a", "b"], "uniform", ShapeError, "^texts: expected one for each of 1 hypotheses, got 2$"),
        (made(-1), ["a"], "even", ConfigError, "^weights must be 'uniform' or 'probability', got 'even'$"),
        (made(-math.inf), ["a"], "probability", ConfigError, "^no hypothesis has a probability above 0$"),
    ],
)
def test_wrong_arguments_are_refused(
    hypotheses: list[Hypothesis], texts: list[str], weights: str, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        minimum_bayes_risk(hypotheses, texts, exact, weights=weights)  # type: ignore[arg-type]
    if "probability above" in sentence:
        assert caught.value.hint == "weigh them 'uniform'"  # type: ignore[attr-defined]


def test_values_of_the_utility_are_checked() -> None:
    with pytest.raises(ShapeError, match=r"^utility: expected 4 values, one a pair, got \[3\]$"):
        minimum_bayes_risk(made(-1, -2), ["a", "b"], lambda _: [1.0] * 3)
    with pytest.raises(RunError, match=r"^the utility of 'a' where 'b' is right is nan$"):
        minimum_bayes_risk(made(-1, -2), ["a", "b"], lambda _: [1.0, math.nan, 1.0, 1.0])


@pytest.mark.parametrize("weights", [[-1.0, 2.0], [0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(ConfigError, match=r"^weights must be 0 or more and one above 0, got \["):
        expected_utility(["a"], ["a", "b"], weights, exact)


def test_weights_are_as_many_as_references() -> None:
    with pytest.raises(ShapeError, match=r"^weights: expected one for each of 2 references, got 1$"):
        expected_utility(["a"], ["a", "b"], [1.0], exact)
