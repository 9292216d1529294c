"""What every cell of the folder keeps to: its spec, torch's own step, the numerical gradient, three number types."""

import math

import pytest
import torch
from torch import nn

from weft.catalog import CELLS
from weft.errors import ConfigError, ShapeError

from closeness import TOLERANCE, assert_close
from recurrences import IDS, TWINS, VARIANTS, make_cell, random_input, random_params, random_state

TWIN_STEPS = {
    "LSTM": nn.LSTMCell,
    "GRU": nn.GRUCell,
    "RNN_TANH": lambda *sizes: nn.RNNCell(*sizes, nonlinearity="tanh"),
    "RNN_RELU": lambda *sizes: nn.RNNCell(*sizes, nonlinearity="relu"),
}

every_cell = pytest.mark.parametrize("variant", VARIANTS, ids=IDS)
every_twin = pytest.mark.parametrize("variant", TWINS)


def test_the_folder_is_read():
    assert {"elman", "gru", "lstm"} <= set(CELLS.names())
    assert len(VARIANTS) == len(CELLS.names()) + 2
    assert all(CELLS.summary(name).endswith(".") for name in CELLS.names())


@every_cell
def test_spec(variant):
    spec = make_cell(variant).spec
    assert spec.name == variant[0]
    assert next(iter(spec.states)) == "h"
    assert (spec.input_size, spec.hidden_size) == (5, 7)
    assert spec.params["weight_ih"] == (len(spec.gates) * 7, 5)


@every_twin
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
def test_one_step_against_torch(variant, dtype):
    cell = make_cell(variant)
    params, state = random_params(cell, dtype), random_state(cell, 3, dtype)
    x = random_input(3, 5, dtype=dtype)
    twin = TWIN_STEPS[cell.spec.twin](5, 7).to(dtype)
    twin.load_state_dict(dict(params))
    start = tuple(state.values())
    expected = twin(x, start if len(start) > 1 else start[0])
    expected = expected if isinstance(expected, tuple) else (expected,)

    y, after = cell.step(cell.project(x, params), state, params)

    assert_close("output", expected[0], y)
    assert list(after) == list(cell.spec.states)
    for name, value in zip(after, expected, strict=True):
        assert_close(name, value, after[name])


def test_sigmoid_elman_by_hand():
    cell = make_cell(("elman", {"activation": "sigmoid"}), 2, 1)
    params = {
        "weight_ih": torch.tensor([[0.5, -1.0]]),
        "weight_hh": torch.tensor([[2.0]]),
        "bias_ih": torch.tensor([0.1]),
        "bias_hh": torch.tensor([0.2]),
    }
    y, after = cell.step(cell.project(torch.tensor([[1.0, 3.0]]), params), {"h": torch.tensor([[0.7]])}, params)
    by_hand = 1 / (1 + math.exp(-(0.5 * 1.0 - 1.0 * 3.0 + 0.1 + 2.0 * 0.7 + 0.2)))
    assert y.item() == pytest.approx(by_hand)
    assert torch.equal(y, after["h"])


@every_cell
def test_numerical_gradient_of_the_step(variant):
    cell = make_cell(variant, 3, 2)
    params, state = random_params(cell), random_state(cell, 2)
    x = random_input(2, 3).requires_grad_()

    def step(x, *values):
        own = dict(zip(params, values, strict=False))
        before = dict(zip(state, values[len(params) :], strict=True))
        y, after = cell.step(cell.project(x, own), before, own)
        return (y, *after.values())

    assert torch.autograd.gradcheck(step, (x, *params.values(), *state.values()))


@every_cell
def test_step_is_pure(variant):
    cell = make_cell(variant)
    params, state = random_params(cell), random_state(cell, 3)
    x = random_input(3, 5)
    before = {name: value.clone() for name, value in [*params.items(), *state.items()]}
    wx = cell.project(x, params)
    first, second = cell.step(wx, state, params), cell.step(wx, state, params)
    assert torch.equal(first[0], second[0])
    assert all(torch.equal(before[name], value) for name, value in [*params.items(), *state.items()])


@every_cell
def test_projects_a_step_and_a_whole_batch_alike(variant):
    cell = make_cell(variant)
    params, x = random_params(cell), random_input(3, 4, 5)
    assert_close("wx", cell.project(x, params)[:, 2], cell.project(x[:, 2], params))


@every_cell
def test_init_fills_every_parameter_from_the_given_stream(variant):
    cell = make_cell(variant, 30, 40)
    filled = []
    for seed in (1, 1, 2):
        params = {name: torch.full(shape, torch.nan) for name, shape in cell.spec.params.items()}
        cell.init(params, torch.Generator().manual_seed(seed))
        filled.append(torch.cat([value.flatten() for value in params.values()]))
    assert torch.isfinite(filled[0]).all()
    assert torch.equal(filled[0], filled[1])
    assert not torch.equal(filled[0], filled[2])
    drawn = filled[0][filled[0] != 1.0]
    assert drawn.abs().max() <= 1 / math.sqrt(40)
    assert drawn.std() == pytest.approx(1 / math.sqrt(3 * 40), rel=0.05)


def test_lstm_starts_with_an_open_forget_gate():
    cell = make_cell(("lstm", {}), 3, 4)
    params = {name: torch.empty(shape) for name, shape in cell.spec.params.items()}
    cell.init(params)
    assert params["bias_ih"][4:8].tolist() == [1.0] * 4
    assert (params["bias_ih"][:4] < 1).all()
    assert (params["bias_ih"][8:] < 1).all()
    assert (params["bias_hh"].abs() <= 0.5).all()


@every_cell
@pytest.mark.parametrize(("sizes", "sentence"), [((0, 7), "input_size"), ((5, -1), "hidden_size")])
def test_sizes_below_one(variant, sizes, sentence):
    with pytest.raises(ShapeError, match=rf"^cell '{variant[0]}': {sentence} must be at least 1, got {min(sizes)}$"):
        make_cell(variant, *sizes)


def test_unknown_activation():
    with pytest.raises(
        ConfigError, match=r"^cell 'elman': unknown activation 'sigmoide', did you mean 'sigmoid'\?$"
    ) as caught:
        make_cell(("elman", {"activation": "sigmoide"}))
    assert caught.value.hint == "known activations: tanh, sigmoid, relu"
