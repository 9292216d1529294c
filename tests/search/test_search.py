"""Greedy search takes the most probable symbol; sampling draws from exactly the distribution that was asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from weft.errors import ConfigError, RunError, ShapeError
from weft.search.greedy import best, greedy
from weft.search.sampling import draw, filter_logits, read, read_on, sample
from weft.search.settings import Sampling
from weft.types import State, Step

START = 0


class Markov:
    """Next-symbol distributions by table; the state counts the steps, and ``seen`` records what search asked for.

    Args:
        table: float [V, V], probabilities of the next symbol by the last one.
    """

    def __init__(self, table: Tensor) -> None:
        self.logp = table.to(torch.float64).log()
        self.steps: list[list[int]] = []
        self.selected: list[list[int]] = []

    def start(self, n: int) -> State:
        return {"history": torch.zeros(n, 0, dtype=torch.int64)}

    def step(self, state: State, ids: Tensor) -> Step:
        self.steps.append(ids.tolist())
        return Step(self.logp[ids], {"history": torch.cat([state["history"], ids[:, None]], dim=1)})

    def select(self, state: State, rows: Tensor) -> State:
        self.selected.append(rows.tolist())
        return {name: value[rows] for name, value in state.items()}


class Echo(Markov):
    """Repeats the history it has seen, from its first symbol: right only if every row keeps its own state."""

    def __init__(self, size: int, period: int) -> None:
        super().__init__(torch.full((size, size), 1.0 / size))
        self.size, self.period = size, period

    def step(self, state: State, ids: Tensor) -> Step:
        said = super().step(state, ids)
        history = said.state["history"]
        if history.shape[1] < self.period:
            return said
        wanted = history[:, -self.period]
        return Step(torch.nn.functional.one_hot(wanted, self.size).to(torch.float64).log(), said.state)


TABLE = torch.tensor(
    [[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0.0, 0.5, 0.5, 0.0], [0.25, 0.25, 0.25, 0.25]],
    dtype=torch.float64,
)
CYCLE = torch.tensor([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.5, 0.2, 0.3]])
NONE = torch.zeros(0, dtype=torch.int64)


def rows(decoder: Markov, prompt: torch.Tensor = NONE, **options: object) -> list[list[int]]:
    """Sampled symbols by row."""
    return torch.stack(list(asked(decoder, prompt, **{"length": 8, **options})), dim=1).tolist()


def asked(decoder: Markov, prompt: torch.Tensor = NONE, **options: object) -> Iterator[Tensor]:
    """``sample`` with settings of a draw and of the walk side by side."""
    names = [field.name for field in fields(Sampling)]
    settings = {name: options.pop(name) for name in list(options) if name in names}
    arguments: dict[str, object] = {"length": 1, "start_id": START, "seed": 1, **options}
    return sample(decoder, prompt, Sampling(**settings), **arguments)  # type: ignore[arg-type]


def probabilities(logp: torch.Tensor) -> list[float]:
    return [round(value, 12) for value in logp.exp().tolist()]


# --- the filter, exactly ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.1, 0.2, 0.3, 0.4]),
        ({"top_k": 2}, [0, 0, 3 / 7, 4 / 7]),
        ({"top_k": 1}, [0, 0, 0, 1]),
        ({"top_k": 4}, [0.1, 0.2, 0.3, 0.4]),
        ({"top_k": 99}, [0.1, 0.2, 0.3, 0.4]),
        ({"top_p": 0.39}, [0, 0, 0, 1]),
        ({"top_p": 0.41}, [0, 0, 3 / 7, 4 / 7]),
        ({"top_p": 0.71}, [0, 2 / 9, 3 / 9, 4 / 9]),
        ({"top_p": 1.0}, [0.1, 0.2, 0.3, 0.4]),
        ({"top_p": 1e-9}, [0, 0, 0, 1]),
        ({"temperature": 0.5}, [1 / 30, 4 / 30, 9 / 30, 16 / 30]),
        ({"temperature": 0.0}, [0, 0, 0, 1]),
        # temperature first: 0.5 makes the shares 1, 4, 9, 16 of 30, so 16 + 9 already hold 0.8
        ({"temperature": 0.5, "top_p": 0.8}, [0, 0, 9 / 25, 16 / 25]),
        # then the k best, and the share p is one of what they hold: 4/7 < 0.6
        ({"top_k": 2, "top_p": 0.56}, [0, 0, 0, 1]),
    ],
)
def test_filter_keeps_exactly_what_was_asked_for(options: dict[str, float], expected: list[float]) -> None:
    filtered = filter_logits(TABLE[0].log(), Sampling(**options))  # type: ignore[arg-type]
    assert filtered.dtype == torch.float64
    assert probabilities(filtered) == [round(value, 12) for value in expected]


def test_filter_keeps_the_lower_numbers_among_equals() -> None:
    assert probabilities(filter_logits(TABLE[3].log(), Sampling(top_k=2))) == [0.5, 0.5, 0, 0]
    assert probabilities(filter_logits(TABLE[3].log(), Sampling(temperature=0))) == [1, 0, 0, 0]


def test_filter_takes_unnormalised_logits_and_any_leading_sizes() -> None:
    logits = TABLE.log().expand(2, 4, 4) + 3.0
    filtered = filter_logits(logits, Sampling(top_k=2))
    assert filtered.shape == (2, 4, 4)
    assert torch.allclose(filtered.exp().sum(-1), torch.ones(2, 4, dtype=torch.float64))
    assert probabilities(filtered[1, 0]) == [0, 0, round(3 / 7, 12), round(4 / 7, 12)]


def test_filter_does_not_write_into_its_input() -> None:
    logp = TABLE.log()
    before = logp.clone()
    filter_logits(logp, Sampling(top_k=1, top_p=0.3, typical=0.5))
    assert torch.equal(logp, before)


# --- the draws --------------------------------------------------------------------------------------------------------


def test_draw_inverts_the_running_sum_and_never_picks_a_zero() -> None:
    logp = torch.tensor([[0.0, 0.5, 0.0, 0.5, 0.0]], dtype=torch.float64).log()
    below_one = math.nextafter(1.0, 0.0)
    picked = [
        int(draw(logp, torch.tensor([u], dtype=torch.float64))) for u in (0.0, 0.25, 0.4999, 0.5, 0.75, below_one)
    ]
    assert picked == [1, 1, 1, 3, 3, 3]


@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"top_k": 2}, {"top_p": 0.71}, {"typical": 0.5}])
def test_first_symbols_follow_the_filtered_distribution(options: dict[str, float]) -> None:
    drawn = np.array(rows(Markov(TABLE), length=1, samples=4000, seed=11, **options))[:, 0]
    expected = filter_logits(TABLE[START].log(), Sampling(**options)).exp().numpy()  # type: ignore[arg-type]
    counts = np.bincount(drawn, minlength=4)
    assert not counts[expected == 0].any()
    assert chisquare(counts[expected > 0], 4000 * expected[expected > 0] / expected.sum()).pvalue > 0.01


def test_later_symbols_follow_their_own_row() -> None:
    drawn = np.array(rows(Markov(TABLE), length=20, samples=1000, seed=5))
    for last in range(4):
        nexts = drawn[:, 1:][drawn[:, :-1] == last]
        counts, expected = np.bincount(nexts, minlength=4), TABLE[last].numpy()
        assert not counts[expected == 0].any()
        kept = expected > 0
        assert chisquare(counts[kept], len(nexts) * expected[kept] / expected[kept].sum()).pvalue > 0.01


def test_the_prompt_decides_the_first_symbol_and_is_read_once() -> None:
    decoder = Markov(TABLE)
    drawn = rows(decoder, torch.tensor([3, 2]), length=1, samples=50)
    assert {row[0] for row in drawn} == {1, 2}
    assert decoder.steps == [[START], [3], [2]]
    assert decoder.selected == [[0] * 50]


class Jumping(Markov):
    """Reads many symbols at once."""

    def read_on(self, state: State, ids: Tensor) -> Step:
        self.jumps.append(ids.tolist())
        history = torch.cat([state["history"], ids[None]], dim=1)
        return Step(self.logp[ids[-1:]], {"history": history})

    def __init__(self, table: Tensor) -> None:
        super().__init__(table)
        self.jumps: list[list[int]] = []


def test_a_decoder_that_can_is_given_the_prompt_at_once() -> None:
    decoder, prompt = Jumping(TABLE), torch.tensor([3, 2, 1])
    place, slow = read(decoder, prompt, START), read(Markov(TABLE), prompt, START)
    assert (decoder.jumps, decoder.steps) == ([[START, 3, 2, 1]], [])
    for one, other in ((place, slow), (read_on(decoder, place, prompt[:2]), read_on(Markov(TABLE), slow, prompt[:2]))):
        assert torch.equal(one.ids, other.ids)
        assert torch.equal(one.logp, other.logp)
        assert torch.equal(one.state["history"], other.state["history"])
    assert read_on(decoder, place, NONE) is place
    assert read_on(decoder, place, prompt[:1]).ids.tolist() == [3, 2, 1, 3]
    assert decoder.steps == [[3]], "one symbol is a step"
    assert rows(Jumping(TABLE), prompt) == rows(Markov(TABLE), prompt)


def test_a_diverged_network_is_named_behind_a_prompt() -> None:
    with pytest.raises(RunError, match="log-probabilities hold values that are not numbers"):
        read(Jumping(torch.full((4, 4), math.nan)), torch.tensor([1, 2]), START)


# --- seeds and rows ---------------------------------------------------------------------------------------------------


def test_same_seed_same_symbols_other_seed_others() -> None:
    first, again, other = (rows(Markov(TABLE), samples=4, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert len({tuple(row) for row in first}) == 4


def test_a_row_does_not_know_how_many_run_beside_it() -> None:
    assert rows(Markov(TABLE), samples=5) == rows(Markov(TABLE), samples=40)[:5]


def test_a_row_does_not_notice_when_another_stops() -> None:
    free = rows(Markov(TABLE), samples=30, length=12)
    stopped = rows(Markov(TABLE), samples=30, length=12, stop_id=2)
    for whole, cut in zip(free, stopped, strict=True):
        end = whole.index(2) + 1 if 2 in whole else len(whole)
        assert cut == (whole[:end] + [2] * 12)[: len(cut)]


def test_global_random_state_is_neither_read_nor_moved() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first = rows(Markov(TABLE))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert rows(Markov(TABLE)) == first


# --- the walk ---------------------------------------------------------------------------------------------------------


def test_finished_rows_leave_the_state_and_repeat_the_stop_symbol() -> None:
    decoder = Markov(TABLE)
    drawn = rows(decoder, samples=6, length=30, stop_id=3, seed=2)
    ends = [row.index(3) for row in drawn]
    assert all(set(row[end:]) == {3} for row, end in zip(drawn, ends, strict=True))
    assert len(drawn[0]) == max(ends) + 1, "nothing comes after the last row has stopped"
    assert [len(fed) for fed in decoder.steps[1:]] == [sum(end > t for end in ends) for t in range(max(ends))]


def test_every_row_keeps_its_own_state_when_rows_leave() -> None:
    decoder = Echo(size=9, period=5)
    drawn = rows(decoder, samples=12, length=20, stop_id=4, seed=3)
    running = [row for row in drawn if 4 not in row]
    assert len(decoder.selected) > 1, "at least one row has stopped"
    assert running
    for row in running:
        history = [START, *row]
        assert all(history[t] == history[t - 5] for t in range(5, len(history)))


def test_symbols_come_one_at_a_time() -> None:
    decoder = Markov(TABLE)
    stream = sample(decoder, NONE, length=5, start_id=START, seed=1)
    assert decoder.steps == []
    next(stream)
    assert len(decoder.steps) == 1
    next(stream)
    assert len(decoder.steps) == 2


def test_length_counts_symbols_and_none_are_fed_in_vain() -> None:
    decoder = Markov(TABLE)
    assert len(rows(decoder, length=3)[0]) == 3
    assert len(decoder.steps) == 3
    assert list(sample(decoder, NONE, length=0, start_id=START, seed=1)) == []


def test_gradients_stay_the_callers_business() -> None:
    stream = sample(Markov(TABLE), NONE, length=2, start_id=START, seed=1)
    next(stream)
    assert torch.is_grad_enabled()


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"temperature": -0.1},
            r"temperature must be a finite number, 0 \(always the likeliest symbol\) or more, got -0.1",
        ),
        (
            {"temperature": math.nan},
            r"temperature must be a finite number, 0 \(always the likeliest symbol\) or more, got nan",
        ),
        (
            {"temperature": math.inf},
            r"temperature must be a finite number, 0 \(always the likeliest symbol\) or more, got inf",
        ),
        ({"top_k": -1}, r"top_k must be 0 \(all symbols\) or more, got -1"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, got 0.0"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, got 1.5"),
        ({"typical": 0.0}, "typical must be above 0 and at most 1, got 0.0"),
        ({"repetition_penalty": 0.9}, r"repetition_penalty must be a finite number, 1 \(none\) or more, got 0.9"),
        ({"repetition_penalty": math.inf}, r"repetition_penalty must be a finite number, 1 \(none\) or more, got inf"),
        ({"penalty_window": -1}, r"penalty_window must be 0 \(all symbols so far\) or more, got -1"),
        ({"seed": -4}, "seed must be 0 or more, got -4"),
        ({"length": -1}, "length must be 0 or more symbols, got -1"),
        ({"samples": 0}, "samples must be 1 or more, got 0"),
    ],
)
def test_wrong_options_are_refused_before_the_first_symbol(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        asked(Markov(TABLE), **options)


@pytest.mark.parametrize("prompt", [torch.zeros(1, 2, dtype=torch.int64), torch.zeros(2)])
def test_a_prompt_of_another_shape_is_refused(prompt: torch.Tensor) -> None:
    with pytest.raises(ShapeError, match=r"prompt: expected int64 \[N\], got (int64|float32) \["):
        sample(Markov(TABLE), prompt, length=1, start_id=START, seed=1)


def test_a_diverged_network_is_named() -> None:
    broken = Markov(torch.full((4, 4), math.nan))
    with pytest.raises(RunError, match="log-probabilities hold values that are not numbers") as caught:
        next(sample(broken, NONE, length=1, start_id=START, seed=1))
    assert "train again" in caught.value.hint


# --- greedy search ----------------------------------------------------------------------------------------------------


def test_follows_the_most_probable_path() -> None:
    assert [int(ids) for ids in greedy(Markov(CYCLE), NONE, length=6, start_id=START)] == [1, 2, 0, 1, 2, 0]


def test_continues_a_prompt() -> None:
    assert [int(ids) for ids in greedy(Markov(CYCLE), torch.tensor([0, 1]), length=2, start_id=START)] == [2, 0]


def test_ends_after_the_stop_symbol() -> None:
    assert [int(ids) for ids in greedy(Markov(CYCLE), NONE, length=9, start_id=START, stop_id=2)] == [1, 2]


def test_sampling_at_temperature_0_is_greedy_search() -> None:
    expected = [[int(ids)] * 3 for ids in greedy(Markov(CYCLE), NONE, length=7, start_id=START)]
    drawn = asked(Markov(CYCLE), length=7, seed=4, temperature=0.0, samples=3)
    assert [ids.tolist() for ids in drawn] == expected


def test_the_first_of_equals_is_best() -> None:
    assert best(torch.tensor([[0.2, 0.4, 0.4], [0.3, 0.3, 0.3]])).tolist() == [1, 0]


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ConfigError, match="length must be 0 or more symbols, got -2"):
        greedy(Markov(CYCLE), NONE, length=-2, start_id=START)
