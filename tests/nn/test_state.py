"""States as data: rows come apart, together and back, and a saved state carries on where it was."""

import pytest
import torch

from weft.errors import DataError, ShapeError
from weft.nn import Recurrent, join_rows, select_rows, split_rows, state_from_bytes, state_to_bytes

from closeness import assert_close, assert_same
from recurrences import IDS, VARIANTS, random_input

every_cell = pytest.mark.parametrize("variant", VARIANTS, ids=IDS)


def make(variant):
    torch.manual_seed(1)
    return Recurrent(cell=variant[0], input_size=5, hidden_size=7, layers=2, options=variant[1]).double()


def state_of(rows, **widths):
    return {name: random_input(rows, *width, seed=place) for place, (name, width) in enumerate(widths.items())}


@every_cell
def test_streams_join_part_and_are_saved_without_a_trace(variant):
    """Three streams, two of them late, run together, apart and from bytes: each is as if it had always been alone."""
    layer = make(variant)
    x = random_input(3, 6, 5)
    alone = [layer(x[row : row + 1], None) for row in range(3)]
    early, late = layer.begin(1), layer.begin(2)
    y_early, early = layer.step(x[:1, 0], early)
    y, state = layer.step(torch.cat([x[:1, 1], x[1:, 0]]), join_rows([early, late]))
    state = state_from_bytes(state_to_bytes(state))
    y, state = layer.step(torch.cat([x[:1, 2], x[1:, 1]])[[2, 0, 1]], select_rows(state, [2, 0, 1]))
    state, last = split_rows(select_rows(state, torch.tensor([1, 2, 0])), [2, 1])
    y, last = layer.step(x[2:, 2], last)
    assert_close("early", alone[0][0][:, 0], y_early)
    assert_close("late", alone[2][0][:, 2], y)
    for t in range(3, 6):
        y, last = layer.step(x[2:, t], last)
    for key, value in alone[2][1].items():
        assert_close(key, value, last[key])


def test_rows_keep_their_order_and_may_come_twice():
    state = state_of(4, h=(7,), count=(), pooled=(2, 3))
    chosen = select_rows(state, torch.tensor([3, 1, 3]))
    for name, value in state.items():
        assert_same(name, torch.stack([value[3], value[1], value[3]]), chosen[name])
    assert [list(value.shape) for value in select_rows(state, []).values()] == [[0, 7], [0], [0, 2, 3]]


def test_splitting_undoes_joining():
    parts = [state_of(rows, h=(7,), pooled=(2, 3)) for rows in (1, 3, 2)]
    for part, again in zip(parts, split_rows(join_rows(parts), [1, 3, 2]), strict=True):
        assert list(part) == list(again)
        for name, value in part.items():
            assert_same(name, value, again[name])


def test_bytes_hold_every_type_and_shared_memory_once_a_name():
    values = random_input(3, 8)
    state = {"h.0": values[:, ::2], "c.0": values[:, 1::2].float(), "half": values.bfloat16()}
    state |= {"turned": random_input(8, 3).T, "n": torch.arange(3)}
    again = state_from_bytes(
        state_to_bytes({name: value.requires_grad_(name == "c.0") for name, value in state.items()})
    )
    assert again.keys() == state.keys()
    for name, value in state.items():
        assert again[name].dtype == value.dtype
        assert_same(name, value.detach(), again[name])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([0, 4], r"^rows: expected 0 to 3 \(the state has 4 rows\), got 4$"),
        ([-1], r"^rows: expected 0 to 3 \(the state has 4 rows\), got -1$"),
        ([0.5], r"^rows: expected int64 \[N\], got float32 \[1\]$"),
        ([[0, 1]], r"^rows: expected int64 \[N\], got int64 \[1, 2\]$"),
        (torch.tensor([True, False, True, True]), r"^rows: expected int64 \[N\], got bool \[4\]$"),
    ],
)
def test_rows_that_are_not_there(rows, sentence):
    with pytest.raises(ShapeError, match=sentence):
        select_rows(state_of(4, h=(7,)), rows)


@pytest.mark.parametrize("sizes", [[1, 2], [4, 1], [4, 0], [5, -1], []])
def test_sizes_that_do_not_add_up(sizes):
    with pytest.raises(ShapeError, match=r"^sizes: expected numbers from 1 that add up to the state's 4 rows, got \["):
        split_rows(state_of(4, h=(7,)), sizes)


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([], r"^join_rows: expected at least one state, got none$"),
        ([{}], r"^state: expected named tensors, got none$"),
        ([state_of(1, h=(7,)), state_of(1, h=(7,), c=(7,))], r"^state 1: expected the names h; got h, c$"),
        (
            [state_of(1, h=(7,)), state_of(2, h=(8,))],
            r"^state 1, 'h': expected \[B, 7\] float64 on cpu as the first, got \[2, 8\] float64 on cpu$",
        ),
        (
            [state_of(1, h=(7,)), {"h": torch.zeros(2, 7)}],
            r"^state 1, 'h': expected \[B, 7\] float64 .*, got \[2, 7\] float32 on cpu$",
        ),
        (
            [{"h": torch.zeros(2, 7), "c": torch.zeros(3, 7)}],
            r"^state: .* same number of rows, .* h \[2, 7\], c \[3, 7\]$",
        ),
        ([{"h": torch.zeros(())}], r"^state: expected tensors with the same number of rows, batch first, got h \[\]$"),
    ],
)
def test_states_that_do_not_belong_together(states, sentence):
    with pytest.raises(ShapeError, match=sentence):
        join_rows(states)


SAVED = state_to_bytes(state_of(2, h=(7,)))


@pytest.mark.parametrize("data", [b"", b"no state", SAVED[:20], SAVED[:-1], SAVED + b"0", "text"])
def test_bytes_that_are_no_state(data):
    size = rf"got {len(data)} of type {type(data).__name__} "
    with pytest.raises(DataError, match=r"^state: expected the bytes of state_to_bytes, " + size):
        state_from_bytes(data)


def test_a_saved_state_of_another_layer_is_refused_by_the_layer():
    layer = make(("gru", {}))
    with pytest.raises(ShapeError, match=r"^state: expected the names h\.0, h\.1; got h$"):
        layer.step(torch.zeros(2, 5).double(), state_from_bytes(SAVED))
