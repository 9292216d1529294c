"""Additive attention by the core: against the definition in float64, and what must not change a bit."""

import math

import pytest
import torch
from torch import Tensor

from weft.errors import ShapeError
from weft.kernels import additive_attention, refuse_inference
from weft.kernels._extension import absence
from weft.kernels._extension import core as extension

from closeness import assert_close, assert_same

pytestmark = pytest.mark.skipif(bool(absence()), reason=absence())

SIZES = {"queries": [1, 2, 5, 7, 9, 17], "width": [1, 16, 33, 130], "memory": [1, 15, 64]}


@pytest.fixture(params=["avx512", "avx2", "portable"], autouse=True)
def instructions(request: pytest.FixtureRequest):
    """Each instruction set that this machine has."""
    before = extension().instructions()
    if not extension().use_instructions(request.param):
        pytest.skip(f"no {request.param} here")
    yield
    extension().use_instructions(before)


def drawn(lengths: list[int], queries: int, width: int, memory: int, spread: float = 1.0) -> tuple[Tensor, ...]:
    """Queries, keys, the perceptron's vector, states and lengths; NaN at padding."""
    torch.manual_seed(len(lengths) * queries + width)
    rows, places = len(lengths), max(lengths)
    keys, states = spread * torch.randn(rows, places, width), torch.randn(rows, places, memory)
    for row, length in enumerate(lengths):
        keys[row, length:] = states[row, length:] = math.nan
    query, of_tanh = spread * torch.randn(rows, queries, width), torch.randn(width) / math.sqrt(width)
    return query, keys, of_tanh, states, torch.tensor(lengths)


def by_definition(query: Tensor, keys: Tensor, of_tanh: Tensor, states: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
    contexts = query.new_zeros(*query.shape[:2], states.shape[2], dtype=torch.float64)
    weights = query.new_zeros(*query.shape[:2], states.shape[1], dtype=torch.float64)
    for row, length in enumerate(lengths.tolist()):
        inside = query[row].double().unsqueeze(1) + keys[row, :length].double()
        alpha = torch.softmax(inside.tanh() @ of_tanh.double(), dim=-1)
        weights[row, :, :length], contexts[row] = alpha, alpha @ states[row, :length].double()
    return contexts, weights


def assert_right(given: tuple[Tensor, ...]) -> None:
    for name, right, got in zip(
        ("contexts", "weights"), by_definition(*given), additive_attention(*given), strict=True
    ):
        assert_close(name, right.float(), got)


@pytest.mark.parametrize("queries", SIZES["queries"])
@pytest.mark.parametrize("width", SIZES["width"])
@pytest.mark.parametrize("memory", SIZES["memory"])
def test_equal_to_the_definition(queries: int, width: int, memory: int) -> None:
    assert_right(drawn([5, 1, 20, 17, 2], queries, width, memory))


def test_one_state_has_all_the_weight() -> None:
    query, keys, of_tanh, states, lengths = drawn([1, 1], 3, 7, 5)
    contexts, weights = additive_attention(query, keys, of_tanh, states, lengths)
    assert_same("weights", torch.ones(2, 3, 1), weights)
    assert_same("contexts", states.expand(2, 3, 5), contexts)


@pytest.mark.parametrize("large", ["queries", "keys", "both"])
def test_numbers_whose_powers_leave_float32(large: str) -> None:
    query, keys, *rest = drawn([6, 3], 4, 21, 9)
    query = query * (100 if large != "keys" else 1)
    assert_right((query, keys * (100 if large != "queries" else 1), *rest))
    opposite = (keys * 0 - 60 + torch.rand(keys.shape)).nan_to_num()
    assert_right((query * 0 + 60, opposite, *rest))


def test_a_large_query_beside_small_ones_changes_none_of_them() -> None:
    query, *rest = drawn([6, 3], 4, 21, 9)
    spoilt = query.clone()
    spoilt[:, 1] *= 1000
    for name, one, other in zip("cw", additive_attention(query, *rest), additive_attention(spoilt, *rest), strict=True):
        assert_same(name, one[:, [0, 2, 3]], other[:, [0, 2, 3]])


def test_neither_company_nor_padding_nor_threads_change_a_bit() -> None:
    query, keys, of_tanh, states, lengths = drawn([5, 20, 9], 11, 300, 40)
    together = additive_attention(query, keys, of_tanh, states, lengths)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    for one, other in zip(together, additive_attention(query, keys, of_tanh, states, lengths), strict=True):
        assert_same("threads", one, other)
    torch.set_num_threads(before)
    for row, length in enumerate(lengths.tolist()):
        for place in (0, 10):
            alone = additive_attention(
                query[row : row + 1, place : place + 1],
                keys[row : row + 1, :length],
                of_tanh,
                states[row : row + 1, :length],
                lengths[row : row + 1],
            )
            assert_same("context", together[0][row, place], alone[0][0, 0])
            assert_same("weights", together[1][row, place, :length], alone[1][0, 0])


@pytest.mark.parametrize("where", ["query", "key", "state"])
def test_what_is_no_number_shows(where: str) -> None:
    query, keys, of_tanh, states, lengths = drawn([3, 2], 2, 5, 4)
    {"query": query, "key": keys, "state": states}[where][0, 1, 2] = math.nan
    contexts, weights = additive_attention(query, keys, of_tanh, states, lengths)
    assert contexts[0, 1].isnan().any()
    assert contexts[1].isfinite().all()
    assert weights[0, 1].isnan().any() == (where != "state")


def test_when_it_refuses() -> None:
    x = torch.zeros(1)
    with torch.no_grad():
        assert refuse_inference(x, x.clone().requires_grad_()) == ""
        assert refuse_inference(x, x.double()) == "the core takes float32 on a CPU, not float64 on cpu"
        with torch.autocast("cpu"):
            assert refuse_inference(x) == "the core has no autocast"
    assert refuse_inference(x) == ""
    assert refuse_inference(x, x.clone().requires_grad_()) == "the core keeps no gradients here"
    seen: list[str] = []
    torch.func.vmap(lambda y: (seen.append(refuse_inference(y)), y)[1])(torch.zeros(2, 2))
    assert seen == ["the core has no transforms of torch.func and no forward-mode derivatives"]


def test_what_does_not_fit_is_told() -> None:
    query, keys, of_tanh, states, lengths = drawn([3, 2], 2, 5, 4)
    with pytest.raises(ShapeError, match=r"queries \[2, 2, 5\], keys \[2, 3, 4\], .* do not fit each other"):
        additive_attention(query, keys[..., :4], of_tanh, states, lengths)
    with pytest.raises(ShapeError, match=r"expected lengths of 1 to 3, got \[3, 4\]"):
        additive_attention(query, keys, of_tanh, states, torch.tensor([3, 4]))
    assert [each.shape[1] for each in additive_attention(query[:, :0], keys, of_tanh, states, lengths)] == [0, 0]
