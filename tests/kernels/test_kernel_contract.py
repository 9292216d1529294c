"""Every kernel against the loop, and the loop against one row at a time: outputs, final state, every gradient."""

from typing import Any

import pytest
import torch
from torch import Tensor

from weft import kernels
from weft.catalog import KERNELS
from weft.errors import BackendError, ConfigError
from weft.kernels import core, fused, loop, turn_round

from closeness import assert_close, assert_same
from recurrences import IDS, VARIANTS, everything, make_cell, random_input, random_params, random_state

LENGTHS = {
    "all equal": [6, 6, 6],
    "ragged": [6, 4, 6, 5, 6],
    "mostly padding": [1, 11, 1, 2, 1],
    "no row fills the batch": [3, 4],
    "one row": [9],
    "one row, padded": [4],
    "one step": [1, 1, 1, 1],
    "one row, one step": [1],
}
STEPS = {"no row fills the batch": 7, "one row, padded": 6}

every_cell = pytest.mark.parametrize("variant", VARIANTS, ids=IDS)


def pairs(*dtypes: torch.dtype, without: tuple[str, ...] = ()) -> list[Any]:
    """Every kernel with every cell and type that it takes."""
    return [
        pytest.param(KERNELS.load(name), variant, dtype, id=f"{name}-{words}-{str(dtype).removeprefix('torch.')}")
        for name in KERNELS.names()
        if name not in without
        for variant, words in zip(VARIANTS, IDS, strict=True)
        for dtype in dtypes
        if not KERNELS.load(name).refuse(make_cell(variant), random_input(1, 1, 5, dtype=dtype))
    ]


def every_pair(*dtypes: torch.dtype, without: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("kernel", "variant", "dtype"), pairs(*dtypes, without=without))


every_shape = pytest.mark.parametrize("shape", LENGTHS)


def made(shape: str, dtype: torch.dtype = torch.float64) -> tuple[Tensor, list[int]]:
    lengths = LENGTHS[shape]
    return random_input(len(lengths), STEPS.get(shape, max(lengths)), 5, dtype=dtype), lengths


def test_the_folder_is_read_and_ranked():
    assert {"fused", "loop"} <= set(KERNELS.names())
    assert sorted(kernels.FASTEST_FIRST) == KERNELS.names()
    assert kernels.FASTEST_FIRST[-1] == "loop"
    ways = [pair.id.split("-")[0] for pair in pairs(torch.float32)]
    assert ways.count("loop") == len(VARIANTS)
    assert ways.count("fused") == sum(bool(make_cell(variant).spec.twin) for variant in VARIANTS)
    assert ways.count("scan") == 6
    assert ways.count("core") == 11 + ways.count("scan")


@every_cell
@every_shape
def test_loop_is_each_row_alone_step_by_step(variant, shape):
    cell = make_cell(variant)
    x, lengths = made(shape)
    params, start = random_params(cell), random_state(cell, len(x))
    y, after = loop.run(cell, params, x, torch.tensor(lengths), start)
    for row, length in enumerate(lengths):
        state = {name: value[row : row + 1] for name, value in start.items()}
        for t in range(length):
            output, state = cell.step(cell.project(x[row : row + 1, t], params), state, params)
            assert_close(f"y[{row}, {t}]", output[0], y[row, t])
        assert not y[row, length:].any()
        for name, value in state.items():
            assert_close(f"final {name}[{row}]", value[0], after[name][row])


@every_pair(torch.float64, torch.float32, without=("loop",))
@every_shape
def test_against_the_loop(kernel, variant, shape, dtype):
    cell = make_cell(variant)
    x, lengths = made(shape, dtype)
    expected, got = everything(loop, cell, x, lengths), everything(kernel, cell, x, lengths)
    assert expected.keys() == got.keys()
    assert len(got) == 2 + 2 * len(cell.spec.states) + len(cell.spec.params)
    for name, value in expected.items():
        assert_close(name, value, got[name])


@every_pair(torch.float64, torch.float32)
@pytest.mark.parametrize("shape", ["ragged", "mostly padding", "one row, padded"])
def test_padding_does_not_matter(kernel, variant, dtype, shape):
    cell = make_cell(variant)
    x, lengths = made(shape, dtype)
    poisoned = x.clone()
    for row, length in enumerate(lengths):
        poisoned[row, length:] = torch.nan
    clean, got = everything(kernel, cell, x, lengths), everything(kernel, cell, poisoned, lengths)
    for name, value in clean.items():
        assert_same(name, value, got[name])
    for row, length in enumerate(lengths):
        assert not got["y"][row, length:].any()
        assert not got["dx"][row, length:].any()


@every_pair(torch.bfloat16)
def test_half_type(kernel, variant, dtype):
    cell = make_cell(variant)
    x, lengths = made("ragged", dtype)
    exact = everything(loop, cell, x.double(), lengths)
    y, after = kernel.run(
        cell,
        random_params(cell, dtype),
        x,
        torch.tensor(lengths),
        random_state(cell, len(x), dtype),
    )
    assert_close("y", exact["y"].bfloat16(), y)
    for name, value in after.items():
        assert_close(name, exact[f"final {name}"].bfloat16(), value)


@every_pair(torch.float32)
def test_inference_gives_what_training_gives(kernel, variant, dtype):
    cell = make_cell(variant)
    x, lengths = made("ragged", dtype)
    expected = everything(kernel, cell, x, lengths)
    with torch.inference_mode():
        y, after = kernel.run(
            cell,
            random_params(cell, dtype),
            x,
            torch.tensor(lengths),
            random_state(cell, len(x), dtype),
        )
    assert_close("y", expected["y"], y)
    for name, value in after.items():
        assert_close(name, expected[f"final {name}"], value)


@every_pair(torch.float64)
def test_numerical_gradient_over_ragged_rows(kernel, variant, dtype):
    cell = make_cell(variant, 2, 4)
    x = random_input(2, 3, 2, dtype=dtype).requires_grad_()
    params, start = random_params(cell), random_state(cell, 2)

    def run(x, *values):
        own = dict(zip(params, values, strict=False))
        y, after = kernel.run(cell, own, x, torch.tensor([3, 2]), dict(zip(start, values[len(params) :], strict=True)))
        return (y, *after.values())

    assert torch.autograd.gradcheck(run, (x, *params.values(), *start.values()))


@pytest.mark.parametrize("variant", [("lstm", {}), ("gru", {})], ids=str)
def test_both_ways_of_ragged_rows_are_taken(variant, monkeypatch):
    taken = []
    for way in ("_packed", "_ragged"):
        real = getattr(fused, way)
        monkeypatch.setattr(fused, way, lambda *args, way=way, real=real: (taken.append(way), real(*args))[1])
    for shape in ("mostly padding", "ragged"):
        everything(fused, make_cell(variant), *made(shape))
    assert taken == ["_packed", "_ragged"]


def test_held_cell_survives_extreme_weights():
    """The padding that holds an LSTM's cell must win over any sum the weights can bring up."""
    cell = make_cell(("lstm", {}))
    x, lengths = made("ragged", torch.float32)
    params = {name: value.detach() * 200 for name, value in random_params(cell, torch.float32).items()}
    start = random_state(cell, len(x), torch.float32)
    expected, got = (each.run(cell, params, x, torch.tensor(lengths), start)[1]["c"] for each in (loop, fused))
    assert_close("final c", expected.detach(), got.detach())


def test_auto_takes_the_fastest_that_can():
    x = random_input(1, 1, 5)
    assert kernels.choose("auto", make_cell(("lstm", {})), x) == ("fused", fused)
    assert kernels.choose("auto", make_cell(("elman", {"activation": "sigmoid"})), x) == ("loop", loop)
    assert kernels.choose("auto", make_cell(("elman", {"activation": "sigmoid"})), x.float()) == ("core", core)
    assert kernels.choose("loop", make_cell(("gru", {})), x) == ("loop", loop)


def test_a_kernel_asked_for_by_name_that_refuses():
    with pytest.raises(
        BackendError, match=r"^kernel 'fused' cannot run here: cell 'elman' with these options has no twin in torch$"
    ) as caught:
        kernels.choose("fused", make_cell(("elman", {"activation": "sigmoid"})), random_input(1, 1, 5))
    assert caught.value.hint == 'kernel = "auto" picks one that can, "loop" always can'


def test_unknown_kernel():
    with pytest.raises(ConfigError, match=r"^unknown kernel 'fuse', did you mean 'fused'\?$"):
        kernels.choose("fuse", make_cell(("lstm", {})), random_input(1, 1, 5))


def test_turning_round_goes_by_each_rows_own_length():
    x = torch.arange(12).reshape(3, 4, 1)
    turned = turn_round(x, torch.tensor([4, 2, 1])).squeeze(-1)
    assert turned.tolist() == [[3, 2, 1, 0], [5, 4, 6, 7], [8, 9, 10, 11]]
    assert torch.equal(turn_round(x, torch.tensor([4, 4, 4])), x.flip(1))


@every_shape
def test_turning_round_twice_changes_nothing(shape):
    x, lengths = made(shape)
    assert torch.equal(turn_round(turn_round(x, torch.tensor(lengths)), torch.tensor(lengths)), x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_growing_state_in_the_padding_reaches_no_gradient(dtype):
    """A ReLU that doubles its state at every step is beyond any float after the padding, and fine before it."""
    cell = make_cell(("elman", {"activation": "relu"}), 5, 1)
    x, lengths = random_input(2, 1500, 5, dtype=dtype).abs(), [3, 1500]
    x[1] = 0
    params = {name: torch.full_like(value, 2.0) for name, value in random_params(cell, dtype).items() if "w" in name}
    params |= {name: torch.zeros_like(value) for name, value in random_params(cell, dtype).items() if "bias" in name}
    grads = []
    for kernel in (loop, fused):
        weights = {name: value.clone().requires_grad_() for name, value in params.items()}
        y, _ = kernel.run(cell, weights, x, torch.tensor(lengths), {"h": x.new_zeros(2, 1)})
        y.sum().backward()
        grads.append(weights["weight_hh"].grad)
    assert torch.isfinite(grads[0]).all()
    assert_close("dweight_hh", *grads)


@pytest.mark.parametrize("variant", [("mingru", {}), ("minlstm", {}), ("gru", {})], ids=str)
def test_second_derivatives(variant):
    cell = make_cell(variant, 2, 3)
    params = {name: value.detach() for name, value in random_params(cell).items()}
    x, start = random_input(2, 3, 2).requires_grad_(), random_state(cell, 2)

    def run(x, h):
        y, _ = kernels.choose("auto", cell, x)[1].run(cell, params, x, torch.tensor([3, 2]), {"h": h})
        return y

    assert torch.autograd.gradgradcheck(run, (x, start["h"]))


def test_functional_gradients_pass_through_the_scan():
    cell = make_cell(("mingru", {}))
    params, x = {name: value.detach() for name, value in random_params(cell).items()}, random_input(2, 3, 5)
    start = {"h": torch.zeros(2, 7, dtype=torch.float64)}
    loss = lambda x, kernel: kernel.run(cell, params, x, None, start)[0].pow(2).sum()  # noqa: E731
    by_scan, by_loop = (torch.func.grad(loss)(x, kernel) for kernel in (kernels.choose("scan", cell, x)[1], loop))
    assert_close("dx", by_loop, by_scan)
