"""Beam search: all there is when the beam is wide, the plain search's answer when it is narrow, and no source's affair
but its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from weft.search import beam as room
from weft.search.beam import Beam, Hypothesis, beam_search, length_penalty
from weft.search.greedy import greedy
from weft.types import State, Step

from decoders import START, Flat, Output, Rule, Toy, every_output, plain_beam, scored

STOP = 2


def search(
    toy: Toy, beam: Beam, longest: Sequence[int], *, rule: Rule | None = None, stop: int = STOP
) -> list[list[Hypothesis]]:
    return beam_search(
        toy,
        len(toy.names),
        beam,
        start_id=START,
        stop_id=stop,
        longest=torch.tensor(longest, dtype=torch.int64),
        allowed=None if rule is None else partial(table, toy, rule),
        source_lengths=torch.tensor(toy.positions, dtype=torch.int64),
    )


def table(toy: Toy, rule: Rule, prefixes: Tensor, sources: Tensor) -> Tensor:
    """A rule as a constraint."""
    pairs = list(zip(prefixes.tolist(), sources.tolist(), strict=True))
    return torch.tensor(
        [[rule(toy.names[source], tuple(ids), symbol) for symbol in range(toy.size)] for ids, source in pairs]
    )


def no_echo(name: int, ids: tuple[int, ...], symbol: int) -> bool:
    """No symbol twice in a row, none at all after 3, and a source's own symbol never first."""
    if ids and ids[-1] in (symbol, 3):
        return False
    return bool(ids) or symbol != name % 4


def assert_same(found: list[Hypothesis], wanted: list[Output]) -> None:
    assert [(each.ids, each.finished) for each in found] == [(each.ids, each.finished) for each in wanted]
    assert [each.logp for each in found] == pytest.approx([each.logp for each in wanted], abs=1e-12)
    assert [each.score for each in found] == pytest.approx([each.score for each in wanted], abs=1e-12)
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.attention is not None
        assert ours.attention.shape == (len(ours.ids) + ours.finished, theirs.attention.shape[1] if theirs.ids else 3)
        assert np.array_equal(ours.attention.numpy(), theirs.attention.reshape(ours.attention.shape))


# --- against everything there is --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [None, no_echo], ids=["free", "constrained"])
@pytest.mark.parametrize("min_length", [0, 2])
@pytest.mark.parametrize(("alpha", "beta"), [(0.0, 0.0), (0.6, 0.0), (1.0, 0.0), (0.0, 0.4), (1.0, 0.4), (3.0, 2.0)])
def test_a_wide_beam_finds_the_best_of_all_outputs(
    alpha: float, beta: float, min_length: int, rule: Rule | None
) -> None:
    toy, longest = Toy([7, 8, 9, 10], [3, 3, 3, 3]), [4, 1, 3, 4]
    for n_best in (1, 9):
        beam = Beam(120, n_best, alpha, beta, min_length)
        for source, found in enumerate(search(toy, beam, longest, rule=rule)):
            every = every_output(toy, source, stop=STOP, longest=longest[source], min_length=min_length, rule=rule)
            ranked = sorted((scored(output, beam) for output in every), key=lambda output: -output.score)
            assert_same(found, ranked[:n_best])


def test_what_is_cut_and_what_is_finished_are_ranked_by_score_alone() -> None:
    found = search(Toy([1]), Beam(60, 60, 1.0), [3])[0]
    order = [each.finished for each in found]
    assert len(set(order)) == 2
    assert order != sorted(order, reverse=True), "some that were cut stand before some that are finished"
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert {len(each.ids) for each in found if not each.finished} == {3}
    assert sum(math.exp(each.logp) for each in found) == pytest.approx(1), "nothing is missing and nothing came twice"


# --- against the plain search -----------------------------------------------------------------------------------------

BEAMS = st.builds(
    lambda size, n_best, alpha, beta, min_length, patience: Beam(
        size, min(n_best, size), alpha, beta, min_length, patience
    ),
    st.integers(1, 6),
    st.integers(1, 6),
    st.sampled_from([0.0, 0.7, 1.0, 2.0]),
    st.sampled_from([0.0, 0.3]),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.5, 1.0, 2.0]),
)


@settings(max_examples=40, deadline=None)
@given(
    BEAMS,
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9), st.integers(1, 4)), min_size=1, max_size=5),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([None, no_echo]),
)
def test_a_narrow_beam_finds_what_the_plain_search_finds(
    beam: Beam, sources: list[tuple[int, int, int]], grain: float, rule: Rule | None
) -> None:
    names, longest, positions = (list(column) for column in zip(*sources, strict=True))
    toy = Toy(names, positions, size=6, grain=grain)
    for source, found in enumerate(search(toy, beam, longest, rule=rule)):
        wanted = plain_beam(toy, source, beam, stop=STOP, longest=longest[source], rule=rule)
        assert [(each.ids, each.finished) for each in found] == [(each.ids, each.finished) for each in wanted]
        assert [each.score for each in found] == pytest.approx([each.score for each in wanted], abs=1e-12)
        for ours, theirs in zip(found, wanted, strict=True):
            if ours.attention is not None:
                assert np.array_equal(ours.attention.numpy(), theirs.attention[:, : positions[source]])


def test_a_beam_of_one_is_greedy_search_of_all_sources() -> None:
    toy, longest = Toy(range(30), size=5), [4 + number % 9 for number in range(30)]
    for source, (found,) in enumerate(search(toy, Beam(1, length_penalty=2.0), longest)):
        nothing = torch.zeros(0, dtype=torch.int64)
        ids = [
            int(symbol)
            for symbol in greedy(toy.alone(source), nothing, length=longest[source], start_id=START, stop_id=STOP)
        ]
        assert found.finished == (ids[-1] == STOP)
        assert found.ids == tuple(ids[:-1] if found.finished else ids)


def test_a_wider_beam_finds_what_greedy_search_misses() -> None:
    toy, longest = Toy(range(20), size=6), [8] * 20
    one, five = (search(toy, Beam(size, length_penalty=0.0), longest) for size in (1, 5))
    gains = [after[0].logp - before[0].logp for before, after in zip(one, five, strict=True)]
    assert max(gains) > 0.5
    assert sum(gains) > 0


# --- ties -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [4, 3000])
def test_among_equals_the_lower_row_and_then_the_lower_symbol(size: int) -> None:
    beam = Beam(3, 3, length_penalty=0.0)
    found = beam_search(Flat(size), 2, beam, start_id=0, stop_id=1, longest=torch.tensor([1, 2]))
    assert [[each.ids for each in source] for source in found] == [[(0,), (), (2,)], [(), (0, 0), (0,)]]
    assert [each.finished for each in found[1]] == [True, False, True]
    assert found[0][0].attention is None


# --- company, lengths, ends -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beam", [Beam(4, 3), Beam(3, 2, 0.5, 0.3, 1), Beam(5, 1, 0.0), Beam(2, 2, patience=1.0)])
def test_a_source_does_not_know_its_company(beam: Beam) -> None:
    names, longest, positions = [3, 1, 4, 1, 5, 9, 2, 6], [7, 2, 0, 9, 5, 1, 6, 4], [3, 2, 5, 1, 4, 4, 2, 3]
    toy = Toy(names, positions, size=5)
    together = search(toy, beam, longest)
    backwards = search(Toy(names[::-1], positions[::-1], size=5), beam, longest[::-1])[::-1]
    for source, found in enumerate(together):
        (alone,) = search(toy.alone(source), beam, [longest[source]])
        for other in (alone, backwards[source]):
            assert [(each.ids, each.finished, each.logp) for each in found] == [
                (each.ids, each.finished, each.logp) for each in other
            ]
            assert [each.score for each in found] == pytest.approx([each.score for each in other], abs=1e-12)
            for ours, theirs in zip(found, other, strict=True):
                if ours.ids or ours.finished:
                    assert torch.equal(ours.attention, theirs.attention)


def test_no_length_is_an_empty_output_and_the_decoder_is_not_asked() -> None:
    toy = Toy([1, 2])
    assert search(toy, Beam(3, 2), [0, 0]) == [[Hypothesis((), 0.0, 0.0, finished=False)]] * 2
    assert toy.fed == []
    assert search(Toy([]), Beam(3), []) == []
    first, second = search(toy, Beam(3), [0, 3])
    assert first == [Hypothesis((), 0.0, 0.0, finished=False)]
    assert second[0].ids or second[0].finished
    assert toy.selected[0] == [1]
    assert toy.fed[0] == 1


def test_the_longest_length_counts_the_stop_symbol() -> None:
    found = search(Toy([5]), Beam(4, 4, length_penalty=0.0), [1])[0]
    assert {(each.ids, each.finished) for each in found} == {((), True), ((0,), False), ((1,), False), ((3,), False)}


def test_a_source_that_cannot_get_better_leaves_the_batch() -> None:
    toy, longest = Toy(range(12), size=5, spread=2.5), [30] * 12
    found = search(toy, Beam(3, length_penalty=0.0), longest)
    assert toy.fed[0] == 12
    assert max(toy.fed) <= 36
    assert len(toy.fed) < 20, "no source goes on to its longest length"
    assert toy.fed[-1] <= 3, "the last source is alone"
    for source, (best,) in enumerate(found):
        beam = Beam(3, length_penalty=0.0)
        assert best.ids == plain_beam(toy, source, beam, stop=STOP, longest=30)[0].ids


def test_a_length_penalty_is_waited_for_as_long_as_it_can_help() -> None:
    class Long(Flat):
        """Stops at once with probability 0.6; what goes on is certain to stop after seven symbols."""

        def step(self, state: State, ids: Tensor) -> Step:
            time = int(state["h"][0])
            p = [0.4, 0.6, 0.0] if time == 0 else [float(time < 6), float(time >= 6), 0.0]
            return Step(torch.tensor([p]).log().expand(len(ids), -1), {"h": state["h"] + 1})

    for longest, wanted in ((5, ()), (7, (0,) * 6), (20, (0,) * 6)):
        ((best,),) = beam_search(Long(3), 1, Beam(3), start_id=0, stop_id=1, longest=torch.tensor([longest]))
        assert best.ids == wanted
    assert best.score == pytest.approx(math.log(0.4) / 2)


def test_a_step_is_one_call_and_rows_are_no_more_than_needed() -> None:
    toy = Toy([1, 2, 3], size=6)
    search(toy, Beam(4, 4, length_penalty=3.0), [5, 3, 5])
    assert len(toy.fed) == 5
    assert toy.fed[0] == 3
    assert max(toy.fed) <= 12
    assert max(toy.fed[3:]) <= 8, "the second source has ended"


def test_patience_ends_a_source_sooner() -> None:
    generous, hasty = Toy(range(8), size=5), Toy(range(8), size=5)
    slow = search(generous, Beam(4, 2, 2.0), [12] * 8)
    quick = search(hasty, Beam(4, 2, 2.0, patience=0.5), [12] * 8)
    assert sum(hasty.fed) < sum(generous.fed) / 2
    assert all(len(source) == 2 for source in quick)
    assert all(after[0].score <= before[0].score for before, after in zip(slow, quick, strict=True))


def test_rows_that_go_on_as_they_are_are_not_copied() -> None:
    toy = Toy([1, 2], size=4)
    search(toy, Beam(1), [6, 6], rule=lambda _, ids, symbol: symbol != STOP)
    assert toy.selected == []


def test_attention_is_cut_to_the_sources_positions_and_kept_whole_without_them() -> None:
    toy = Toy([1, 2], [2, 5])
    for source, (best,) in enumerate(search(toy, Beam(2), [4, 4])):
        assert best.attention.shape == (len(best.ids) + best.finished, toy.positions[source])
        assert torch.allclose(best.attention.sum(1), torch.ones(len(best.attention), dtype=torch.float64))
    whole = beam_search(toy, 2, Beam(2), start_id=START, stop_id=STOP, longest=torch.tensor([4, 4]))
    assert [best.attention.shape[1] for (best,) in whole] == [5, 5]
    blind = search(Toy([1, 2], looks=False), Beam(2), [4, 4])
    assert [best.attention for (best,) in blind] == [None, None]


def test_a_position_without_attention_costs_much_but_not_everything() -> None:
    class Window(Toy):
        def step(self, state: State, ids: Tensor) -> Step:
            said = super().step(state, ids)
            hard = torch.nn.functional.one_hot(said.attention.argmax(1), 3).to(torch.float64)
            return Step(said.logp, said.state, hard)

    plain, covering = (search(Window([4]), Beam(50, 50, 0.0, beta), [3])[0] for beta in (0.0, 0.1))
    assert {each.ids for each in plain} == {each.ids for each in covering}
    assert all(math.isfinite(each.score) for each in covering)
    for each in covering:
        missed = int((each.attention.sum(0) == 0).sum())
        assert each.score == pytest.approx(each.logp + 0.1 * missed * math.log(1e-10))


def test_where_nothing_is_allowed_a_hypothesis_is_cut() -> None:
    def rule(name: int, ids: tuple[int, ...], symbol: int) -> bool:
        return name != 1 and len(ids) < 2 and symbol != STOP

    first, second = search(Toy([1, 2]), Beam(2, 2), [6, 6], rule=rule)
    assert first == [Hypothesis((), 0.0, 0.0, finished=False)]
    assert [(len(each.ids), each.finished, len(each.attention)) for each in second] == [(2, False, 2)] * 2
    assert second[0].score == pytest.approx(second[0].logp / (7 / 6))


def test_impossible_symbols_of_the_model_are_never_written() -> None:
    class Sure(Flat):
        def step(self, state: State, ids: Tensor) -> Step:
            logp = torch.full((len(ids), self.size), -math.inf)
            logp[:, 3] = 0.0
            return Step(logp, state)

    (found,) = beam_search(Sure(5), 1, Beam(4, 4), start_id=0, stop_id=1, longest=torch.tensor([3]))
    assert found == [Hypothesis((3, 3, 3), 0.0, 0.0, finished=False)]


def test_a_constraint_sees_prefixes_and_source_numbers() -> None:
    seen: list[tuple[list[list[int]], list[int]]] = []

    def watch(prefixes: Tensor, sources: Tensor) -> None:
        seen.append((prefixes.tolist(), sources.tolist()))

    toy = Toy([1, 2, 3])
    constrained, free = (
        beam_search(toy, 3, Beam(2), start_id=START, stop_id=STOP, longest=torch.tensor([2, 0, 3]), allowed=allowed)
        for allowed in (watch, None)
    )
    assert constrained == free, "None allows everything"
    assert seen[0] == ([[], []], [0, 2])
    assert len(seen[1][0][0]) == 1
    assert set(seen[1][1]) <= {0, 2}


def test_gradients_are_neither_made_nor_switched_off_behind() -> None:
    weight = torch.zeros(4, requires_grad=True)

    class Trained(Flat):
        def step(self, state: State, ids: Tensor) -> Step:
            return Step(torch.log_softmax(weight, 0).expand(len(ids), -1), state, weight[:3].expand(len(ids), -1))

    ((best,),) = beam_search(Trained(4), 1, Beam(2), start_id=0, stop_id=1, longest=torch.tensor([3]))
    assert best.attention is not None
    assert not best.attention.requires_grad
    assert torch.is_grad_enabled()


def test_length_penalty_is_that_of_the_equation() -> None:
    assert length_penalty(torch.tensor([1, 7]), 1.0).tolist() == [1.0, 2.0]
    assert length_penalty(torch.tensor([7]), 0.5).tolist() == [math.sqrt(2)]
    assert length_penalty(torch.tensor([0, 50]), 0.0).tolist() == [1.0, 1.0]


def test_names_of_the_contract_are_there() -> None:
    assert {"Allowed", "Beam", "Hypothesis", "beam_search"} <= set(room.__all__)
