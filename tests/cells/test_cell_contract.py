"""What every cell of the folder keeps to: its spec, torch's own step, the numerical gradient, three number types."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from weft.catalog import CELLS
from weft.errors import ConfigError, ShapeError

from closeness import TOLERANCE, assert_close
from recurrences import IDS, TWINS, VARIANTS, make_cell, random_input, random_params, random_state

TWIN_LAYERS = {
    "LSTM": nn.LSTM,
    "GRU": nn.GRU,
    "RNN_TANH": partial(nn.RNN, nonlinearity="tanh"),
    "RNN_RELU": partial(nn.RNN, nonlinearity="relu"),
}

every_cell = pytest.mark.parametrize("variant", VARIANTS, ids=IDS)
every_twin = pytest.mark.parametrize("variant", TWINS)


def test_the_folder_is_read():
    assert {"elman", "gru", "lstm"} <= set(CELLS.names())
    assert len(VARIANTS) >= 2 * len(CELLS.names()) + 8
    assert all(CELLS.summary(name).endswith(".") for name in CELLS.names())


@every_cell
def test_spec(variant):
    spec = make_cell(variant).spec
    assert spec.name == variant[0]
    assert next(iter(spec.states)) == "h"
    assert (spec.input_size, spec.hidden_size) == (5, 7)
    assert {shape[1] for name, shape in spec.params.items() if name.startswith("weight_i")} == {5}
    assert set(spec.state_weights) <= set(spec.params)
    assert spec.output_size == variant[1].get("projection", 7)


@every_cell
def test_values_hold_every_gate_and_the_next_state(variant):
    cell = make_cell(variant)
    params, state = random_params(cell), random_state(cell, 3)
    wx = cell.project(random_input(3, 5), params)
    values = cell.values(wx, state, params)
    y, after = cell.step(wx, state, params)
    assert set(values) >= {*cell.spec.gates, *cell.spec.states}
    assert torch.equal(y, values["h"])
    assert list(after) == list(cell.spec.states)
    for name, size in cell.spec.states.items():
        assert torch.equal(after[name], values[name])
        assert after[name].shape == (3, size)
    for gate in {"i", "o", "z"} & set(cell.spec.gates):
        assert ((values[gate] >= 0) & (values[gate] <= 1)).all()


def test_weights_without_a_state_have_none():
    assert make_cell(("mingru", {})).spec.state_weights == ()
    assert make_cell(("mlstm", {})).spec.state_weights == ("weight_hm", "weight_mh")


@every_twin
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
def test_one_step_against_torch(variant, dtype):
    cell = make_cell(variant)
    params, state = random_params(cell, dtype), random_state(cell, 3, dtype)
    x = random_input(3, 5, dtype=dtype)
    own = {"proj_size": variant[1]["projection"]} if "projection" in variant[1] else {}
    twin = TWIN_LAYERS[cell.spec.twin](5, 7, bias=variant[1].get("bias", True), **own).to(dtype)
    twin.load_state_dict({f"{name}_l0": value for name, value in params.items()})
    start = tuple(value.unsqueeze(0) for value in state.values())
    expected, ended = twin(x.unsqueeze(0), start if len(start) > 1 else start[0])

    y, after = cell.step(cell.project(x, params), state, params)

    assert_close("output", expected[0], y)
    for value, one in zip(after.values(), ended if isinstance(ended, tuple) else (ended,), strict=True):
        assert_close("state", one[0], value)


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
    cell = make_cell(variant, 3, 4)
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
    if "weight_if" in cell.spec.params or "weight_im" in cell.spec.params:
        return  # factors have their own scale
    fan = 40 if cell.spec.state_weights else 30
    assert drawn.abs().max() <= 1 / math.sqrt(fan)
    assert drawn.std() == pytest.approx(1 / math.sqrt(3 * fan), rel=0.05)


@pytest.mark.parametrize("name", ["mrnn", "mlstm"])
def test_factors_preserve_the_scale(name):
    cell = make_cell((name, {}), 300, 400)
    params = {key: torch.empty(shape) for key, shape in cell.spec.params.items()}
    cell.init(params, torch.Generator().manual_seed(1))
    x, h = random_input(100, 300, dtype=torch.float32), random_input(100, 400, dtype=torch.float32, seed=9)
    values = cell.values(cell.project(x, params), {"h": h, "c": h}, params)
    assert float(values[{"mrnn": "f", "mlstm": "m"}[name]].std()) == pytest.approx(1.0, rel=0.05)


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
    assert caught.value.hint == "known for activation: tanh, sigmoid, relu"


@pytest.mark.parametrize(
    ("name", "options", "error", "sentence"),
    [
        ("gru", {"reset": "befor"}, ConfigError, r"^cell 'gru': unknown reset 'befor', did you mean 'before'\?$"),
        ("mrnn", {"form": "papers"}, ConfigError, r"^cell 'mrnn': unknown form 'papers', did you mean 'paper'\?$"),
        ("mrnn", {"factors": -1}, ShapeError, r"^cell 'mrnn': factors must be at least 1, got -1$"),
        (
            "lstm",
            {"projection": 7},
            ShapeError,
            r"^cell 'lstm': projection must be 0 \(none\) or from 1 to 6, .*, got 7$",
        ),
        (
            "lstm",
            {"cell_clip": -1.0},
            ConfigError,
            r"^cell 'lstm': cell_clip must be a number from 0 \(no limit\), got -1",
        ),
        ("lstm", {"projection_clip": 3.0}, ConfigError, r"^cell 'lstm': projection_clip = 3.0 needs a projection$"),
    ],
)
def test_wrong_options(name, options, error, sentence):
    with pytest.raises(error, match=sentence):
        make_cell((name, options))
