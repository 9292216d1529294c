"""Samples of many sources: the distribution asked for, every source with streams of its own, whole hypotheses."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from weft.errors import ConfigError, RunError, ShapeError
from weft.search.beam import Beam, beam_search
from weft.search.hypothesis import Hypothesis
from weft.search.sample_sources import sample_sources
from weft.search.sampling import PLAIN, sample
from weft.search.settings import Sampling
from weft.types import State, Step

from decoders import START, Toy, every_output

STOP = 2


def drawn(toy: Toy, lengths: Sequence[int], sampling: Sampling = PLAIN, **options: object) -> list[list[Hypothesis]]:
    arguments: dict[str, object] = {
        "samples": 4,
        "start_id": START,
        "stop_id": STOP,
        "seed": 1,
        "longest": torch.tensor(lengths, dtype=torch.int64),
        **options,
    }
    return sample_sources(toy, len(toy.names), sampling, **arguments)  # type: ignore[arg-type]


def test_samples_follow_the_model() -> None:
    toy = Toy([3, 4])
    for source, found in enumerate(drawn(toy, [3, 2], samples=3000)):
        every = {
            (each.ids, each.finished): each.logp
            for each in every_output(toy, source, stop=STOP, longest=[3, 2][source])
        }
        counts = Counter((each.ids, each.finished) for each in found)
        assert set(counts) <= set(every)
        expected = {name: 3000 * math.exp(logp) for name, logp in every.items()}
        often = [name for name, count in expected.items() if count >= 5]
        rest = 3000 - sum(expected[name] for name in often)
        observed = [counts[name] for name in often]
        fit = chisquare([*observed, 3000 - sum(observed)], [*(expected[name] for name in often), rest])
        assert fit.pvalue > 0.01
        assert [each.logp for each in found] == pytest.approx([every[each.ids, each.finished] for each in found])
        assert all(each.score == each.logp for each in found)


@pytest.mark.parametrize(
    "sampling", [Sampling(), Sampling(0.7, 3, 0.9, 0.9), Sampling(repetition_penalty=2.0, penalty_window=3)]
)
def test_a_source_does_not_know_its_company(sampling: Sampling) -> None:
    names, longest, positions = [3, 1, 4, 1, 5], [7, 2, 0, 9, 5], [3, 2, 5, 1, 4]
    toy = Toy(names, positions, size=5)
    lines = [10, 11, 12, 13, 14]
    together = drawn(toy, longest, sampling, names=lines, source_lengths=torch.tensor(positions))
    for source, found in enumerate(together):
        (alone,) = drawn(
            toy.alone(source), longest[source : source + 1], sampling, names=lines[source : source + 1], samples=2
        )
        assert found[:2] == alone
        for ours, theirs in zip(found, alone, strict=False):
            if ours.ids or ours.finished:
                assert torch.equal(ours.attention, theirs.attention)


def test_at_temperature_0_all_searches_agree() -> None:
    toy = Toy([8], size=5)
    nothing = torch.zeros(0, dtype=torch.int64)
    ((found,),) = drawn(toy, [6], Sampling(temperature=0), samples=1)
    symbols = sample(toy, nothing, Sampling(temperature=0), length=6, start_id=START, seed=1, stop_id=STOP)
    ids = [int(each) for each in symbols]
    assert list(found.ids) == [symbol for symbol in ids if symbol != STOP]
    ((best,),) = beam_search(toy, 1, Beam(1), start_id=START, stop_id=STOP, longest=torch.tensor([6]))
    assert (found.ids, found.finished) == (best.ids, best.finished)
    assert found.logp == pytest.approx(best.logp)


def test_same_seed_same_samples_other_seeds_and_names_others() -> None:
    def ids(**options: object) -> list[list[tuple[int, ...]]]:
        return [[each.ids for each in source] for source in drawn(Toy([1, 1], size=8), [9, 9], **options)]

    first = ids()
    assert first == ids()
    assert first != ids(seed=2)
    assert first[0] != first[1], "equal sources have different streams"
    assert first[::-1] == ids(names=[1, 0])


def test_logp_is_the_models_own_whatever_the_settings() -> None:
    toy = Toy([1], size=5)
    (found,) = drawn(toy, [6], Sampling(0.5, top_k=2), samples=20)
    for each in found:
        symbols = [*each.ids, STOP] if each.finished else list(each.ids)
        says = [toy.says(0, tuple(symbols[:place]))[0][symbol] for place, symbol in enumerate(symbols)]
        assert each.logp == pytest.approx(sum(says))


def test_attention_is_a_row_a_symbol() -> None:
    toy = Toy([1, 2], [2, 4])
    for source, found in enumerate(drawn(toy, [3, 5], source_lengths=torch.tensor([2, 4]))):
        for each in found:
            assert each.attention.shape == (len(each.ids) + each.finished, toy.positions[source])
            for place, row in enumerate(each.attention):
                assert np.array_equal(row.numpy(), toy.says(source, each.ids[:place])[1])
    assert {each.attention.shape[1] for source in drawn(toy, [3, 5]) for each in source} == {4}
    blind = drawn(Toy([1], looks=False), [3])
    assert [each.attention for each in blind[0]] == [None] * 4


def test_lengths_are_kept_and_no_length_is_an_empty_output() -> None:
    found = drawn(Toy(range(6), size=9), [0, 1, 2, 3, 4, 5], samples=30)
    assert found[0] == [Hypothesis((), 0.0, 0.0, finished=False)] * 30
    for longest, source in enumerate(found):
        for each in source:
            assert len(each.ids) == longest or (each.finished and len(each.ids) < longest)
            assert STOP not in each.ids
    assert drawn(Toy([]), []) == []
    assert drawn(Toy([1]), [0], samples=2) == [[Hypothesis((), 0.0, 0.0, finished=False)] * 2]


def test_finished_rows_leave_the_batch() -> None:
    toy = Toy(range(5), size=4)
    found = drawn(toy, [9] * 5, samples=3)
    steps = [len(each.ids) + each.finished for source in found for each in source]
    assert toy.fed == [5, *(sum(count > time for count in steps) for time in range(1, max(steps)))]


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"samples": 0}, ConfigError, "^samples must be 1 or more, got 0$"),
        ({"seed": -1}, ConfigError, "^seed must be 0 or more, got -1$"),
        ({"names": [1]}, ShapeError, "^names: expected one for each of 2 sources, got 1$"),
        ({"names": [1, -3]}, ConfigError, "^names of sources must be 0 or more, got -3$"),
        ({"longest": torch.tensor([2, -1])}, ConfigError, "^longest must be 0 or more symbols, got -1 for source 1$"),
        ({"longest": torch.tensor([2])}, ShapeError, r"^longest: expected int64 \[2\], got int64 \[1\]$"),
        (
            {"source_lengths": torch.tensor([2])},
            ShapeError,
            r"^source_lengths: expected int64 \[2\], got int64 \[1\]$",
        ),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, object], kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        drawn(Toy([1, 2]), [3, 3], **options)


def test_a_diverged_network_is_named() -> None:
    class Broken(Toy):
        def step(self, state: State, ids: torch.Tensor) -> Step:
            said = super().step(state, ids)
            return Step(said.logp * math.nan, said.state)

    with pytest.raises(RunError, match=r"^the network's log-probabilities hold values that are not numbers$") as caught:
        drawn(Broken([1]), [3])
    assert "train again" in caught.value.hint
