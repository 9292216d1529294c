"""Dropouts of a recurrent layer, each against its own definition, and the learned start."""

import pytest
import torch
from torch.nn import functional

from weft import kernels
from weft.nn import Recurrent, Stepper
from weft.nn.stepper import refuse

from closeness import assert_close, assert_same
from recurrences import IDS, VARIANTS, random_input

LENGTHS = torch.tensor([6, 2, 5, 1, 6])

every_cell = pytest.mark.parametrize("variant", VARIANTS, ids=IDS)


def make(variant=("gru", {}), *, seed=1, **options):
    torch.manual_seed(seed)
    name, own = variant
    return Recurrent(cell=name, input_size=5, hidden_size=7, options=own, **options).double()


def masks_between(locked):
    """What dropout between two layers does, seen through a second layer that hands its input on at every step."""
    layer = make(("elman", {"activation": "relu"}), layers=2, dropout=0.5, locked=locked)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parameter.zero_()
            if name == "weight_ih_l1":
                parameter.copy_(torch.eye(7))
            if name == "bias_ih_l0":
                parameter.fill_(1.0)  # the first layer's output is 1 everywhere
    torch.manual_seed(4)
    return layer(random_input(20, 6, 5), None)[0]


def test_dropout_between_layers_draws_a_mask_a_step():
    y = masks_between(locked=False)
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert (y[:, 0] != y[:, 1]).any()
    assert float((y == 0).double().mean()) == pytest.approx(0.5, abs=0.1)


def test_locked_dropout_draws_a_mask_a_row():
    y = masks_between(locked=True)
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert_same("one mask for all steps", y[:, :1].expand_as(y), y)
    assert (y[0] != y[1]).any()
    assert float((y == 0).double().mean()) == pytest.approx(0.5, abs=0.15)


@every_cell
@pytest.mark.parametrize("locked", [False, True])
def test_nothing_is_dropped_when_not_training(variant, locked):
    linear = variant[0] in ("mingru", "minlstm")
    options = {"dropout": 0.5, "locked": locked, "weight_dropout": 0.0 if linear else 0.5}
    dropping, plain = make(variant, layers=2, **options), make(variant, layers=2)
    x = random_input(5, 6, 5)
    assert not torch.equal(dropping(x, LENGTHS)[0], plain(x, LENGTHS)[0])
    assert_same("y", plain(x, LENGTHS)[0], dropping.eval()(x, LENGTHS)[0])


@every_cell
def test_zoneout_keeps_values_of_the_step_before(variant):
    """While training every value of every state is the old or the new one, about ``zoneout`` of them the old."""
    zoned, plain = make(variant, zoneout=0.25), make(variant)
    x = random_input(50, 1, 5)
    start = {key: random_input(*value.shape, seed=6) for key, value in plain.start(50).items()}
    _, after = plain(x, None, start)
    y, kept = zoned(x, None, start)
    assert_same("the output is the h that is carried on", kept["h.0"], y[:, 0])
    for key, value in kept.items():
        old = value == start[key]
        assert_close(key, torch.where(old, start[key], after[key]), value)
        assert 0.15 < float(old.double().mean()) < 0.35
    if len(kept) > 1 and kept["h.0"].shape == kept["c.0"].shape:
        assert ((kept["h.0"] == start["h.0"]) != (kept["c.0"] == start["c.0"])).any()


@every_cell
def test_zoneout_is_its_expectation_when_not_training(variant):
    layer = make(variant, zoneout=0.25).eval()
    x, state = random_input(5, 6, 5), layer.start(5)
    y, after = layer(x, None)
    cell, params = layer.cells[0], layer.parameters_of(0, "")
    for t in range(6):
        _, new = cell.step(
            cell.project(x[:, t], params), {name: state[f"{name}.0"] for name in cell.spec.states}, params
        )
        state = {key: 0.25 * state[key] + 0.75 * new[key[0]] for key in state}
        assert_close(f"y[{t}]", state["h.0"], y[:, t])
    for key, value in after.items():
        assert_close(key, state[key], value)


@every_cell
def test_zoneout_draws_anew_each_step_and_ends_at_each_rows_end(variant):
    layer = make(variant, zoneout=0.5, bidirectional=True)
    x = random_input(5, 6, 5)
    y, after = layer(x, LENGTHS)
    rows, width = torch.arange(5), layer.cells[0].spec.output_size
    assert_same("forward ends", y[rows, LENGTHS - 1, :width], after["h.0"])
    assert_same("reverse ends", y[:, 0, width:], after["h.0.reverse"])
    assert not torch.equal(layer(x, LENGTHS)[0], y)
    assert layer.chosen_kernel(x) == "loop"


STATE_WEIGHTS = [pytest.param(each, id=name) for each, name in zip(VARIANTS, IDS, strict=True) if each[0][:3] != "min"]


@pytest.mark.parametrize("variant", STATE_WEIGHTS)
def test_weight_dropout_drops_from_the_matrices_of_the_state(variant):
    """One mask a call: the run of a layer that has the thinned matrices."""
    layer = make(variant, weight_dropout=0.5, kernel="loop")
    x, cell, params = random_input(5, 6, 5), layer.cells[0], layer.parameters_of(0, "")
    torch.manual_seed(4)
    y, _ = layer(x, LENGTHS)
    torch.manual_seed(4)
    thinned = {name: functional.dropout(params[name], 0.5) for name in cell.spec.state_weights}
    start = {name: x.new_zeros(5, size) for name, size in cell.spec.states.items()}
    expected, _ = kernels.choose("loop", cell, x)[1].run(cell, {**params, **thinned}, x, LENGTHS, start)
    assert_same("y", expected, y)
    for name, weight in thinned.items():
        (grad,) = torch.autograd.grad(y.sum(), [params[name]], retain_graph=True)
        assert not grad[weight == 0].any(), f"{name}: a dropped entry has a gradient"
        assert grad[weight != 0].any(), f"{name}: no entry has a gradient"
    assert not torch.equal(layer(x, LENGTHS)[0], y)


@every_cell
def test_a_learned_start(variant):
    layer = make(variant, layers=2, bidirectional=True, learned_start=True)
    x = random_input(5, 6, 5)
    plain = make(variant, layers=2, bidirectional=True)
    assert_same("it starts at zero", plain(x, LENGTHS)[0], layer(x, LENGTHS)[0])
    names = {name for name in layer.state_dict() if name.startswith("start_")}
    assert names == {f"start_{key[0]}_l{key[2]}{key[3:].replace('.', '_')}" for key in plain.state_sizes()}
    with torch.no_grad():
        for place, name in enumerate(sorted(names)):
            start = layer.get_parameter(name)
            start.copy_(random_input(*start.shape, seed=place))
    y, after = layer(x, LENGTHS)
    given = {key: layer.get_parameter(f"start_{key[0]}_l{key[2]}{key[3:].replace('.', '_')}") for key in after}
    expected, _ = plain(x, LENGTHS, {key: value.expand(5, -1) for key, value in given.items()})
    assert_same("y", expected, y)
    assert_same("also when not training", expected, layer.eval()(x, LENGTHS)[0])
    for name, grad in zip(given, torch.autograd.grad(y.sum(), list(given.values())), strict=True):
        assert grad.any(), f"the start of {name} has no gradient"


def test_streams_begin_where_it_was_learned():
    layer = make(("lstm", {}), learned_start=True)
    with torch.no_grad():
        layer.start_c_l0.copy_(torch.arange(7))
    state = layer.begin(3)
    assert_same("c", torch.arange(7).double().expand(3, 7), state["c.0"])
    x = random_input(3, 1, 5)
    assert_close("y", layer(x, None)[0][:, 0], layer.step(x[:, 0], state)[0])


def test_what_a_recipe_asks_for():
    """Every setting of a recipe's section reaches the layer."""
    from weft.config import Encoder

    section = Encoder(
        cell="lstm", hidden=7, layers=2, dropout=0.1, locked=True, zoneout=0.2, weight_dropout=0.3, learned_start=True,
        options={"peepholes": True}, kernel="loop", last_hidden=4,
    )  # fmt: skip
    layer = Recurrent.of(section, 5)
    assert (layer.dropout, layer.locked, layer.zoneout, layer.weight_dropout) == (0.1, True, 0.2, 0.3)
    assert (layer.learned_start, layer.kernel, layer.layers, layer.hidden_size) == (True, "loop", 2, 7)
    assert "weight_ci" in layer.cells[1].spec.params
    assert [cell.spec.hidden_size for cell in layer.cells] == [7, 4]
    assert layer.width == section.width == 4
    assert str(layer) == "Recurrent(lstm, 5, 7, layers=2, last 4)"


@every_cell
def test_a_last_layer_of_another_width(variant):
    """It is the two layers one after the other, also symbol by symbol in the core."""
    layer = make(variant, layers=3, last_hidden_size=4).float().eval()
    below = make(variant, layers=2).float().eval()
    below.load_state_dict({name: value for name, value in layer.state_dict().items() if "_l2" not in name})
    x = random_input(5, 6, 5).float()
    y, after = layer(x, LENGTHS)
    inner, _ = below(x, LENGTHS)
    cell = layer.cells[2]
    params = {name: layer.get_parameter(f"{name}_l2") for name in cell.spec.params}
    start = {name: x.new_zeros(5, size) for name, size in cell.spec.states.items()}
    expected, _ = kernels.choose("loop", cell, inner)[1].run(cell, params, inner, LENGTHS, start)
    assert_close("y", expected, y)
    state = layer.begin(5)
    stepper = Stepper(layer) if not refuse(layer) else layer
    with torch.no_grad():
        y0, state = stepper.step(x[:, 0], state)
    assert_close("first step", y[:, 0].detach(), y0)
    assert {key: tuple(value.shape) for key, value in state.items()} == {
        key: tuple(value.shape) for key, value in after.items()
    }
