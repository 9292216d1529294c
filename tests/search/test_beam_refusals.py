"""What beam search refuses, and with which sentence."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from weft.errors import ConfigError, RunError, ShapeError
from weft.search.beam import Beam, beam_search
from weft.types import State, Step

from decoders import START, Toy

STOP = 2
FIVE = Beam()


def search(toy: Toy, beam: Beam = FIVE, **options: object) -> None:
    n = len(toy.names)
    arguments: dict[str, object] = {"start_id": START, "stop_id": STOP, "longest": torch.full((n,), 3), **options}
    beam_search(toy, n, beam, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"size": 0}, r"^beam size must be 1 \(greedy search\) or more, got 0$"),
        ({"size": 3, "n_best": 4}, "^n_best must be 1 to the beam's size, 3, got 4$"),
        ({"n_best": 0}, "^n_best must be 1 to the beam's size, 5, got 0$"),
        ({"length_penalty": -0.5}, r"^length_penalty must be a finite number, 0 \(none\) or more, got -0.5$"),
        ({"length_penalty": math.nan}, r"^length_penalty must be a finite number, 0 \(none\) or more, got nan$"),
        ({"coverage_penalty": math.inf}, r"^coverage_penalty must be a finite number, 0 \(none\) or more, got inf$"),
        ({"patience": -1.0}, r"^patience must be a finite number, 0 \(none\) or more, got -1.0$"),
        ({"min_length": -1}, r"^min_length must be 0 \(none\) or more symbols, got -1$"),
    ],
)
def test_settings_outside_their_range_are_refused(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Beam(**options)  # type: ignore[arg-type]


def test_too_many_asked_for_get_a_hint() -> None:
    with pytest.raises(ConfigError) as caught:
        Beam(2, 3)
    assert caught.value.hint == "a wider beam finds more"


def test_coverage_without_attention_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^coverage_penalty is 0.2, but this decoder gives no attention$") as caught:
        search(Toy([1], looks=False), Beam(coverage_penalty=0.2))
    assert caught.value.hint == "set it to 0, or take a model with attention"


@pytest.mark.parametrize(
    ("longest", "sentence"),
    [
        (torch.tensor([3]), r"^longest: expected int64 \[2\], got int64 \[1\]$"),
        (torch.tensor([[3, 3]]), r"^longest: expected int64 \[2\], got int64 \[1, 2\]$"),
        (torch.tensor([3.0, 3.0]), r"^longest: expected int64 \[2\], got float32 \[2\]$"),
    ],
)
def test_lengths_of_another_shape_are_refused(longest: Tensor, sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        search(Toy([1, 2]), longest=longest)


def test_positions_of_another_shape_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"^source_lengths: expected int64 \[1\], got int64 \[2\]$"):
        search(Toy([1]), source_lengths=torch.tensor([3, 3]))


def test_a_negative_length_is_refused_with_its_source() -> None:
    with pytest.raises(ConfigError, match=r"^longest must be 0 or more symbols, got -2 for source 1$"):
        search(Toy([1, 2, 3]), longest=torch.tensor([4, -2, 4]))


@pytest.mark.parametrize("stop", [-1, 4])
def test_a_stop_symbol_that_does_not_exist_is_refused(stop: int) -> None:
    with pytest.raises(ConfigError, match=rf"^stop_id is {stop}, symbols of this decoder are 0 to 3$"):
        search(Toy([1]), stop_id=stop)


@pytest.mark.parametrize(
    ("allowed", "sentence"),
    [
        (torch.ones(1, 5, dtype=torch.bool), r"^allowed: expected bool \[1, 4\], got bool \[1, 5\]$"),
        (torch.ones(1, 4), r"^allowed: expected bool \[1, 4\], got float32 \[1, 4\]$"),
    ],
)
def test_a_constraint_of_another_shape_is_refused(allowed: Tensor, sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        search(Toy([1]), allowed=lambda *_: allowed)


@pytest.mark.parametrize("hidden", [False, True], ids=["open", "behind a constraint"])
def test_a_diverged_network_is_named(hidden: bool) -> None:
    class Broken(Toy):
        def step(self, state: State, ids: Tensor) -> Step:
            said = super().step(state, ids)
            said.logp[-1, 3] = math.nan
            return said

    forbidden = torch.tensor([True, True, True, False])
    allowed = (lambda prefixes, _: forbidden.expand(len(prefixes), -1)) if hidden else None
    with pytest.raises(RunError, match=r"^the network's log-probabilities hold values that are not numbers$") as caught:
        search(Broken([1, 2]), Beam(2), allowed=allowed)
    assert "train again" in caught.value.hint
