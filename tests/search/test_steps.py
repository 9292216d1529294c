"""What sharpens and cuts distributions: each step alone, its laws, and steps one behind the other."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from weft.errors import ConfigError
from weft.search.repetition import Recent, penalise
from weft.search.sampling import filter_logits, sample
from weft.search.settings import Sampling
from weft.search.typical import keep_typical
from weft.types import State, Step

SCORES = st.lists(st.floats(-30, 30), min_size=1, max_size=40)
SHARES = st.floats(0.01, 1.0)
few = settings(max_examples=60, deadline=None)


def kept(logp: Tensor) -> list[int]:
    return (logp > -math.inf).nonzero()[:, 0].tolist()


def typical_by_definition(p: np.ndarray, share: float) -> set[int]:
    """The smallest set that holds the share, nearest surprise first; examples that rounding decides are left out."""
    entropy = -sum(each * math.log(each) for each in p if each > 0)
    distance = [abs(-math.log(each) - entropy) if each > 0 else math.inf for each in p]
    chosen, mass = set[int](), 0.0
    order = sorted(range(len(p)), key=distance.__getitem__)
    assume(all(p[a] == p[b] or distance[b] - distance[a] > 1e-9 for a, b in pairwise(order)))
    for number in order:
        assume(abs(mass - share) > 1e-9)
        if chosen and mass >= share:
            break
        chosen.add(number)
        mass += p[number]
    return chosen


def test_typical_cuts_what_says_too_little_and_what_says_too_much() -> None:
    p = torch.tensor([0.6, 0.15, 0.15, 0.09, 0.01], dtype=torch.float64)
    # the entropy is 1.14 nats; surprises are 0.51, 1.90, 1.90, 2.41 and 4.61
    assert kept(keep_typical(p.log(), 0.5)) == [0]
    assert kept(keep_typical(p.log(), 0.65)) == [0, 1]
    flat = torch.tensor([0.3] + [0.07] * 10, dtype=torch.float64)
    assert kept(keep_typical(flat.log(), 0.6)) == list(range(1, 10)), "the most probable symbol says too little"


@few
@given(SCORES, SHARES)
def test_typical_is_the_set_of_its_definition(scores: list[float], share: float) -> None:
    logp = torch.log_softmax(torch.tensor(scores, dtype=torch.float64), dim=-1)
    assert set(kept(keep_typical(logp, share))) == typical_by_definition(logp.exp().numpy(), share)


@few
@given(SCORES, st.floats(0.05, 3), st.integers(0, 50), SHARES, SHARES)
def test_whatever_is_asked_for_something_is_left_and_it_is_a_distribution(
    scores: list[float], temperature: float, top_k: int, top_p: float, typical: float
) -> None:
    logits = torch.tensor(scores, dtype=torch.float64)
    logits[len(scores) // 2] = -math.inf if len(scores) > 1 else 0.0
    filtered = filter_logits(logits, Sampling(temperature, top_k, top_p, typical))
    assert kept(filtered)
    assert float(filtered.exp().sum()) == pytest.approx(1)
    assert set(kept(filtered)) <= set(kept(logits))


def test_each_cut_sees_what_the_one_before_left() -> None:
    logp = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64).log()
    assert kept(filter_logits(logp, Sampling(top_k=3, typical=0.3))) == [1], "of three, the entropy is 1.06 nats"
    assert kept(filter_logits(logp, Sampling(typical=0.3))) == [1]
    assert kept(filter_logits(logp, Sampling(top_p=0.65, typical=0.3))) == [0], "of 4/7 and 3/7, 0.56 is nearest 0.68"


# --- repetition -------------------------------------------------------------------------------------------------------


@few
@given(st.lists(st.floats(-20, 0), min_size=2, max_size=20), st.lists(st.integers(0, 19), max_size=12))
def test_a_penalty_of_one_changes_nothing(scores: list[float], written: list[int]) -> None:
    logp = torch.log_softmax(torch.tensor([scores], dtype=torch.float64), dim=-1)
    seen = torch.tensor([[number % len(scores) for number in written]], dtype=torch.int64)
    assert torch.equal(penalise(logp, seen, 1.0), logp)


def test_what_was_written_is_raised_to_the_penalty() -> None:
    p = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64)
    penalised = penalise(p.log(), torch.tensor([[0, 2, 0]]), 2.0).exp()
    weights = torch.tensor([[0.25, 0.3, 0.04]], dtype=torch.float64)
    assert torch.allclose(penalised, weights / weights.sum()), "a symbol that came twice is penalised once"


def test_recent_symbols_are_the_last_ones_and_the_prompts() -> None:
    recent = Recent(torch.tensor([7, 8, 9]), rows=3, window=4)
    everyone = torch.arange(3)
    assert recent.of(everyone).tolist() == [[7, 8, 9]] * 3
    for ids in ([1, 2, 3], [4, 5, 6]):
        recent.add(torch.tensor(ids))
    assert recent.of(everyone).tolist() == [[8, 9, 1, 4], [8, 9, 2, 5], [8, 9, 3, 6]]
    assert recent.of(torch.tensor([2])).tolist() == [[8, 9, 3, 6]]
    whole = Recent(torch.tensor([7]), rows=1, window=0)
    for number in range(5):
        whole.add(torch.tensor([number]))
    assert whole.of(torch.arange(1)).tolist() == [[7, 0, 1, 2, 3, 4]]


class Constant:
    """Always the same distribution, whatever was read."""

    def __init__(self, p: list[float]) -> None:
        self.logp = torch.tensor(p, dtype=torch.float64).log()

    def start(self, n: int) -> State:
        return {"read": torch.zeros(n, 0, dtype=torch.int64)}

    def step(self, state: State, ids: Tensor) -> Step:
        return Step(self.logp.repeat(len(ids), 1), {"read": torch.cat([state["read"], ids[:, None]], dim=1)})

    def select(self, state: State, rows: Tensor) -> State:
        return {"read": state["read"][rows]}


def written(sampling: Sampling, **options: int | None) -> list[list[int]]:
    arguments: dict[str, object] = {"length": 6, "start_id": 0, "seed": 3, "samples": 2, **options}
    drawn = sample(Constant([0.4, 0.3, 0.2, 0.1]), torch.tensor([1]), sampling, **arguments)  # type: ignore[arg-type]
    return torch.stack(list(drawn), dim=1).tolist()


def test_a_large_penalty_never_repeats_what_is_in_its_window() -> None:
    (row, _) = written(Sampling(temperature=0, repetition_penalty=1e6, penalty_window=3))
    assert row == [0, 2, 3, 1, 0, 2], "the prompt's 1 counts too; the fourth back may come again"
    (free, _) = written(Sampling(temperature=0, repetition_penalty=1.0, penalty_window=3))
    assert free == [0] * 6


def test_a_penalised_row_does_not_know_its_company() -> None:
    sampling = Sampling(repetition_penalty=3.0, penalty_window=4, typical=0.9)
    few_rows, many = written(sampling, samples=2, length=20), written(sampling, samples=9, length=20)
    assert few_rows == many[:2]
    stopped = written(sampling, samples=9, length=20, stop_id=3)
    for whole, cut in zip(many, stopped, strict=True):
        end = whole.index(3) + 1 if 3 in whole else len(whole)
        assert cut == (whole[:end] + [3] * 20)[: len(cut)]


# --- the settings -----------------------------------------------------------------------------------------------------


def test_settings_are_changed_by_name() -> None:
    assert Sampling(top_k=3).having(temperature=0.5) == Sampling(temperature=0.5, top_k=3)
    with pytest.raises(ConfigError, match=r"^unknown setting 'temprature' of sampling, did you mean 'temperature'\?"):
        Sampling().having(temprature=0.5)
    with pytest.raises(ConfigError, match="typical must be above 0"):
        Sampling().having(typical=0.0)


def test_a_decoder_that_draws_is_asked_only_for_what_it_knows() -> None:
    asked = []

    class Drawing(Constant):
        def writer(self, state: State, **how: float) -> None:
            asked.append(how)

    for sampling in (Sampling(0.5, 2, 0.9), Sampling(typical=0.9), Sampling(repetition_penalty=1.2)):
        list(sample(Drawing([0.5, 0.5]), torch.tensor([1]), sampling, length=2, start_id=0, seed=1))
    assert asked == [{"temperature": 0.5, "top_k": 2, "top_p": 0.9}]
