"""An ensemble is the mean of its members' probabilities, and each member keeps its own state."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from weft.errors import ConfigError, ShapeError
from weft.search.beam import Beam, beam_search
from weft.search.ensemble import Ensemble
from weft.types import State, Step

from decoders import START, Toy

STOP = 2


def members(**options: int) -> tuple[Toy, Toy]:
    return Toy([1, 2, 3], **options), Toy([4, 5, 6], **options)


def test_probabilities_and_attention_are_means_along_every_path() -> None:
    ours, theirs = members()
    ensemble = Ensemble([ours, theirs])
    state = ensemble.start(3)
    said = ensemble.step(state, torch.full((3,), START))
    state = ensemble.select(said.state, torch.tensor([2, 0, 2]))
    said = ensemble.step(state, torch.tensor([1, 3, 0]))
    for row, (source, symbol) in enumerate([(2, 1), (0, 3), (2, 0)]):
        (logp, looked), (other, looked_too) = ours.says(source, (symbol,)), theirs.says(source, (symbol,))
        assert np.allclose(said.logp[row].exp(), (np.exp(logp) + np.exp(other)) / 2, atol=1e-15)
        assert np.allclose(said.attention[row], (looked + looked_too) / 2, atol=1e-15)
    assert set(said.state) == {"0.source", "0.history", "1.source", "1.history"}


def test_one_member_and_equal_members_are_that_member() -> None:
    longest = torch.tensor([5, 3, 4])
    alone, twice, nested = (
        beam_search(decoder, 3, Beam(3, 3, coverage_penalty=0.2), start_id=START, stop_id=STOP, longest=longest)
        for decoder in (
            Toy([1, 2, 3]),
            Ensemble([Toy([1, 2, 3]), Toy([1, 2, 3])]),
            Ensemble([Ensemble([Toy([1, 2, 3])]), Toy([1, 2, 3])]),
        )
    )
    for found in (twice, nested):
        for ours, theirs in zip(found, alone, strict=True):
            assert [each.ids for each in ours] == [each.ids for each in theirs]
            assert [each.score for each in ours] == pytest.approx([each.score for each in theirs])


class Table(Toy):
    """One distribution for all."""

    def __init__(self, p: list[float]) -> None:
        super().__init__([1], size=len(p), looks=False)
        self.p = torch.tensor([p], dtype=torch.float64)

    def step(self, state: State, ids: Tensor) -> Step:
        return Step(self.p.log().expand(len(ids), -1), state)


def test_what_only_one_holds_for_possible_stays_possible() -> None:
    ensemble = Ensemble([Table([0.5, 0.5, 0.0, 0.0]), Table([0.0, 0.2, 0.8, 0.0])])
    said = ensemble.step(ensemble.start(1), torch.tensor([0]))
    assert said.logp.exp()[0].tolist() == pytest.approx([0.25, 0.35, 0.4, 0.0])
    assert said.logp[0, 3] == -torch.inf
    assert said.attention is None


def test_very_improbable_symbols_do_not_become_impossible() -> None:
    class Certain(Table):
        def step(self, state: State, ids: Tensor) -> Step:
            return Step(torch.tensor([[0.0, -800.0, -900.0, -1000.0]]), state)

    ensemble = Ensemble([Certain([1.0] * 4)] * 2)
    assert ensemble.step(ensemble.start(1), torch.tensor([0])).logp.tolist() == [[0.0, -800.0, -900.0, -1000.0]]


def test_attention_over_other_positions_is_left_out() -> None:
    for others in (Toy([4], [5]), Toy([4], looks=False)):
        ensemble = Ensemble([Toy([1]), others])
        assert ensemble.step(ensemble.start(1), torch.tensor([START])).attention is None


def test_no_members_and_other_vocabularies_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^an ensemble needs one decoder or more, got none$"):
        Ensemble([])
    ensemble = Ensemble([Toy([1], size=4), Toy([1], size=5)])
    with pytest.raises(
        ShapeError, match=r"^the members of an ensemble write vocabularies of different sizes, 4, 5$"
    ) as caught:
        ensemble.step(ensemble.start(1), torch.tensor([START]))
    assert caught.value.hint == "take models that were trained with the same vocabulary"
