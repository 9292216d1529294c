"""Constraints: only these symbols, one of these outputs, and both; what is left is what all outputs would leave."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from weft.errors import ConfigError, ShapeError
from weft.search.beam import Beam, Hypothesis, beam_search
from weft.search.constraints import Allowed, Every, OneOf, Only

from decoders import START, Toy, every_output, scored

STOP, SIZE = 2, 6
OUTPUTS = [(0, 1, 3), (0, 1), (5,), (4, 4, 4, 1), (0, 3, 3), (5, 0), (0, 1, 3)]
NOTHING = torch.zeros(0, dtype=torch.int64)


def search(toy: Toy, allowed: Allowed, beam: Beam, longest: int = 5) -> list[list[Hypothesis]]:
    n = len(toy.names)
    return beam_search(toy, n, beam, start_id=START, stop_id=STOP, longest=torch.full((n,), longest), allowed=allowed)


def symbols(*allowed: int) -> Tensor:
    return torch.tensor([symbol in allowed for symbol in range(SIZE)])


def next_ones(constraint: Allowed, prefixes: list[list[int]]) -> list[list[int]]:
    allowed = constraint(torch.tensor(prefixes, dtype=torch.int64), torch.arange(len(prefixes)))
    assert allowed is not None
    assert allowed.shape == (len(prefixes), SIZE)
    return [row.nonzero()[:, 0].tolist() for row in allowed]


def test_the_tree_goes_on_with_what_its_outputs_go_on_with() -> None:
    tree = OneOf(OUTPUTS, stop_id=STOP, size=SIZE)
    assert next_ones(tree, [[], []]) == [[0, 4, 5]] * 2
    assert next_ones(tree, [[0], [5], [4], [1], [3]]) == [[1, 3], [0, 2], [4], [], []]
    assert next_ones(tree, [[0, 1], [5, 0], [4, 4], [5, 5], [1, 3]]) == [[2, 3], [2], [4], [], []]
    assert next_ones(tree, [[4, 4, 4, 1]]) == [[2]]
    assert next_ones(tree, [[4, 4, 4, 1, 1], [5, 5, 5, 5, 5]]) == [[], []]
    assert tree(torch.zeros(0, 3, dtype=torch.int64), NOTHING).shape == (0, SIZE)


def test_an_output_may_be_empty() -> None:
    tree = OneOf([(), (1,)], stop_id=STOP, size=SIZE)
    assert next_ones(tree, [[]]) == [[1, 2]]
    (found,) = search(Toy([1], size=SIZE), OneOf([()], stop_id=STOP, size=SIZE), Beam(2, 2))
    assert [(each.ids, each.finished) for each in found] == [((), True)]


def test_a_search_in_the_tree_ranks_its_outputs() -> None:
    toy, beam = Toy([1, 2, 3], size=SIZE), Beam(8, 8)
    for source, found in enumerate(search(toy, OneOf(OUTPUTS, stop_id=STOP, size=SIZE), beam)):
        every = every_output(toy, source, stop=STOP, longest=5)
        ranked = sorted((scored(each, beam) for each in every), key=lambda each: -each.score)
        assert [each.ids for each in found] == [each.ids for each in ranked if each.finished and each.ids in OUTPUTS]
        assert all(each.finished for each in found)


def test_only_these_symbols_are_written() -> None:
    toy, beam = Toy([1, 2], size=SIZE), Beam(100, 40)
    allowed = symbols(1, 4, STOP)
    for source, found in enumerate(search(toy, Only(allowed), beam, longest=3)):
        every = every_output(toy, source, stop=STOP, longest=3, rule=lambda _, ids, symbol: bool(allowed[symbol]))
        ranked = sorted((scored(each, beam) for each in every), key=lambda each: -each.score)
        assert [each.ids for each in found] == [each.ids for each in ranked]


def test_without_the_stop_symbol_all_run_to_their_longest_length() -> None:
    found = search(Toy([1], size=SIZE), Only(symbols(1, 4)), Beam(3, 3))[0]
    assert {(len(each.ids), each.finished) for each in found} == {(5, False)}


def test_constraints_are_joined() -> None:
    joined = Every(OneOf(OUTPUTS, stop_id=STOP, size=SIZE), lambda *_: None, Only(symbols(0, 1, STOP, 4)))
    assert next_ones(joined, [[], []]) == [[0, 4]] * 2
    (found,) = search(Toy([1], size=SIZE), joined, Beam(8, 8))
    assert {each.ids for each in found if each.finished} == {(0, 1), (4, 4, 4, 1)}
    assert not [each for each in found if not each.finished]


def test_joined_constraints_that_forbid_nothing_say_so() -> None:
    assert Every()(torch.zeros(2, 0), NOTHING) is None
    assert Every(lambda *_: None)(torch.zeros(2, 0), NOTHING) is None


def test_a_large_set_is_one_look_a_step() -> None:
    numbers = torch.randint(3, 60, (3000, 6), generator=torch.Generator().manual_seed(1)).tolist()
    tree = OneOf(numbers, stop_id=STOP, size=60)
    allowed = tree(torch.tensor(numbers)[:, :5], torch.arange(3000))
    assert allowed[torch.arange(3000), torch.tensor(numbers)[:, 5]].all()
    assert not allowed[:, STOP].any()
    assert tree(torch.tensor(numbers), torch.arange(3000)).sum() == 3000, "only the stop symbol is left"


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        ([], "^outputs must hold at least one sequence of symbols, got none$"),
        ([[1], [0, 6]], "^output 1 holds symbol 6, allowed are 0 to 5$"),
        ([[-1]], "^output 0 holds symbol -1, allowed are 0 to 5$"),
        ([[1, STOP]], "^output 0 holds the stop symbol 2$"),
    ],
)
def test_outputs_that_cannot_be_written_are_refused(outputs: list[list[int]], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        OneOf(outputs, stop_id=STOP, size=SIZE)
    if "stop" in sentence:
        assert caught.value.hint == "leave it out: every output ends with it anyway"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (torch.ones(3), r"^symbols: expected bool \[V\], got float32 \[3\]$"),
        (torch.ones(2, 3, dtype=torch.bool), r"^symbols: expected bool \[V\], got bool \[2, 3\]$"),
    ],
)
def test_symbols_of_another_shape_are_refused(given: Tensor, sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        Only(given)
