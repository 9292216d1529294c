"""The drop-ins beside torch.nn: same arguments, parameters, forms of input and output, numbers and refusals."""

import copy
import math
import pickle
import warnings

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from weft import nn as weft_nn
from weft.errors import ConfigError, ShapeError, WeftError

from closeness import assert_close
from recurrences import random_input, weighted_sum

LAYERS = [
    pytest.param("RNN", {}, id="RNN-tanh"),
    pytest.param("RNN", {"nonlinearity": "relu"}, id="RNN-relu"),
    pytest.param("LSTM", {}, id="LSTM"),
    pytest.param("LSTM", {"proj_size": 3}, id="LSTM-projected"),
    pytest.param("GRU", {}, id="GRU"),
]
every_layer = pytest.mark.parametrize(("name", "own"), LAYERS)
SHAPES = [
    pytest.param({}, id="one-layer"),
    pytest.param({"num_layers": 2, "bidirectional": True}, id="two-layers-two-way"),
    pytest.param({"num_layers": 2, "bias": False, "batch_first": True}, id="no-bias-batch-first"),
]
every_shape = pytest.mark.parametrize("shape", SHAPES)


def both(name, *args, dtype=torch.float64, **options):
    """torch's layer and ours, each made from seed 1."""
    layers = []
    for library in (nn, weft_nn):
        torch.manual_seed(1)
        layers.append(getattr(library, name)(*(args or (5, 7)), dtype=dtype, **options))
    return layers


def given(form, batch_first, dtype):
    """Input in one of torch's forms, as a leaf and as what the layer takes of it, and how many rows it has."""
    shape = {"one row": (6, 5)}.get(form, (4, 6, 5) if batch_first else (6, 4, 5))
    leaf = random_input(*shape, dtype=dtype).requires_grad_()
    if form == "packed":
        lengths = torch.tensor([3, 6, 1, 5])
        return leaf, lambda x: pack_padded_sequence(x, lengths, batch_first=batch_first, enforce_sorted=False)
    if form == "packed sorted":
        return leaf, lambda x: pack_padded_sequence(x, torch.tensor([6, 5, 3, 1]), batch_first=batch_first)
    return leaf, lambda x: x


def random_hx(layer, form, dtype):
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    rows = () if form == "one row" else (4,)
    start = [random_input(places, *rows, layer.proj_size or layer.hidden_size, dtype=dtype, seed=6)]
    if layer.mode == "LSTM":
        start.append(random_input(places, *rows, layer.hidden_size, dtype=dtype, seed=7))
    return [value.requires_grad_() for value in start]


def results(layer, form, started, dtype):
    """Outputs, states, gradients by name; the fields of a packed output."""
    leaf, prepare = given(form, layer.batch_first, dtype)
    start = random_hx(layer, form, dtype) if started else []
    hx = (tuple(start) if len(start) > 1 else start[0]) if started else None
    y, ended = layer(prepare(leaf), hx)
    ended = ended if isinstance(ended, tuple) else (ended,)
    fields = y[1:] if isinstance(y, PackedSequence) else ()
    y = y.data if isinstance(y, PackedSequence) else y
    found = {"y": y, **{f"ended {place}": value for place, value in enumerate(ended)}}
    leaves = {"x": leaf, **dict(layer.named_parameters()), **{f"hx {place}": v for place, v in enumerate(start)}}
    total = weighted_sum(y, {str(place): value for place, value in enumerate(ended)})
    grads = torch.autograd.grad(total, list(leaves.values()))
    return found | {f"d {name}": grad for name, grad in zip(leaves, grads, strict=True)}, fields


@every_layer
@every_shape
@pytest.mark.parametrize("form", ["padded", "one row", "packed", "packed sorted"])
@pytest.mark.parametrize("started", [False, True], ids=["zeros", "started"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_numbers_are_torchs(name, own, shape, form, started, dtype):
    twin, layer = both(name, dtype=dtype, **own, **shape)
    expected, expected_fields = results(twin, form, started, dtype)
    found, fields = results(layer, form, started, dtype)
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert_close(key, value, found[key])
        if not key.startswith("d "):
            assert found[key].is_contiguous() or not value.is_contiguous(), f"{key} could not be viewed"
    for wanted, got in zip(expected_fields, fields, strict=True):
        assert (wanted is None) == (got is None)
        assert wanted is None or torch.equal(wanted, got)


@every_layer
@every_shape
def test_first_numbers_names_and_attributes_are_torchs(name, own, shape):
    twin, layer = both(name, dtype=torch.float32, **own, **shape)
    expected, found = twin.state_dict(), layer.state_dict()
    assert list(found) == list(expected)
    assert all(torch.equal(value, found[key]) for key, value in expected.items())
    twin.load_state_dict(found)
    layer.load_state_dict(expected)
    assert repr(layer) == repr(twin)
    attributes = ["mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional"]
    for attribute in [*attributes, "proj_size", *(["nonlinearity"] if name == "RNN" else [])]:
        assert getattr(layer, attribute) == getattr(twin, attribute), attribute
    shapes = [[list(weight.shape) for weight in weights] for weights in twin.all_weights]
    assert [[list(weight.shape) for weight in weights] for weights in layer.all_weights] == shapes
    for each in (twin, layer):
        torch.manual_seed(2)
        each.reset_parameters()
        each.flatten_parameters()
    assert all(torch.equal(value, layer.state_dict()[key]) for key, value in twin.state_dict().items())


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("RNN", (5, 7, 2, "relu", False, True, 0.25, True)),
        ("GRU", (5, 7, 2, False, True, 0.25, True)),
        ("LSTM", (5, 7, 2, False, True, 0.25, True, 3, "cpu")),
    ],
)
def test_arguments_by_position(name, args):
    twin, layer = both(name, *args)
    assert repr(layer) == repr(twin)
    assert [value.shape for value in layer.parameters()] == [value.shape for value in twin.parameters()]
    assert layer.mode == twin.mode


def test_made_on_a_device_and_of_a_type():
    layer = weft_nn.LSTM(5, 7, device="meta", dtype=torch.float16)
    assert {(each.device.type, each.dtype) for each in layer.parameters()} == {("meta", torch.float16)}
    y, (h, c) = layer(torch.empty(3, 2, 5, device="meta", dtype=torch.float16))
    assert (list(y.shape), list(h.shape), list(c.shape), y.device.type) == ([3, 2, 7], [1, 2, 7], [1, 2, 7], "meta")


@every_layer
@every_shape
def test_half_types(name, own, shape):
    for dtype, share in ((torch.float16, 2e-3), (torch.bfloat16, 2e-2)):
        twin, layer = both(name, dtype=dtype, **own, **shape)
        expected, found = (each(random_input(6, 4, 5, dtype=dtype))[0] for each in (twin, layer))
        assert found.dtype == expected.dtype == dtype
        assert torch.allclose(expected, found, atol=share)


@every_layer
@every_shape
def test_autocast(name, own, shape):
    """Outputs have torch's type; states stay in that of the weights, so that what is carried on loses no digits."""
    twin, layer = both(name, dtype=torch.float32, **own, **shape)
    x = random_input(6, 4, 5, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        expected, _ = twin(x)
        found, ended = layer(x)
        again, _ = layer(x, ended)
        halved = tuple(v.bfloat16() for v in ended) if isinstance(ended, tuple) else ended.bfloat16()
        assert torch.allclose(again, layer(x, halved)[0], atol=2e-2)
    assert found.dtype == expected.dtype
    assert torch.allclose(expected, found, atol=2e-2)
    assert {value.dtype for value in (ended if isinstance(ended, tuple) else (ended,))} == {torch.float32}


@every_layer
@every_shape
@pytest.mark.parametrize("started", [False, True], ids=["zeros", "started"])
def test_exported_program_gives_the_same_numbers(name, own, shape, started):
    _, layer = both(name, **own, **shape)
    x = random_input(4, 6, 5)
    start = [value.detach() for value in random_hx(layer, "padded", torch.float64)] if started else []
    if started and not layer.batch_first:
        x = x.transpose(0, 1)
    args = (x, tuple(start) if len(start) > 1 else start[0]) if started else (x,)
    y, ended = layer(*args)
    again, ended_again = torch.export.export(layer, args).module()(*args)
    assert torch.equal(y, again)
    pairs = zip(ended, ended_again, strict=True) if isinstance(ended, tuple) else [(ended, ended_again)]
    assert all(torch.equal(one, other) for one, other in pairs)


@every_layer
def test_copies_pickles_and_other_parameters(name, own):
    twin, layer = both(name, num_layers=2, bidirectional=True, **own)
    x = random_input(6, 4, 5)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(layer(x)[0], other(x)[0])
    doubled = {key: 2 * value for key, value in layer.named_parameters()}
    assert_close("y", *(torch.func.functional_call(each, doubled, (x,))[0] for each in (twin, layer)))


@every_layer
def test_dropout_acts_between_layers_while_training(name, own):
    _, layer = both(name, num_layers=2, dropout=0.5, **own)
    _, plain = both(name, num_layers=2, **own)
    x = random_input(6, 4, 5)
    first, second = layer(x)[0], layer(x)[0]
    assert not torch.equal(first, second)
    assert torch.equal(layer.eval()(x)[0], plain(x)[0])
    layer.train().dropout = 0.0  # torch reads it at every call
    assert torch.equal(layer(x)[0], plain(x)[0])


def test_dropout_of_everything_is_allowed():
    twin, layer = both("GRU", num_layers=2, dropout=1.0)
    x = random_input(6, 4, 5)
    assert_close("y", twin(x)[0], layer(x)[0])


def test_dropout_without_layers_between_is_warned_of():
    with pytest.warns(UserWarning, match=r"^GRU: dropout=0\.5 does nothing with num_layers=1, .*") as caught:
        weft_nn.GRU(5, 7, dropout=0.5)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="num_layers"):
        nn.GRU(5, 7, dropout=0.5)


@every_layer
def test_a_batch_without_rows(name, own):
    twin, layer = both(name, bidirectional=True, **own)
    expected, found = twin(torch.zeros(3, 0, 5).double()), layer(torch.zeros(3, 0, 5).double())
    assert found[0].shape == expected[0].shape


ARGUMENTS = [
    (("RNN", "LSTM", "GRU"), (5, 7), {"dropout": -0.1}, "dropout must be a number from 0 to 1, got -0.1"),
    (("RNN", "LSTM", "GRU"), (5, 7), {"dropout": 1.5}, "dropout must be a number from 0 to 1, got 1.5"),
    (("RNN", "LSTM", "GRU"), (5, 7), {"dropout": True}, "dropout must be a number from 0 to 1, got True"),
    (("RNN", "LSTM", "GRU"), (5, 7), {"dropout": "half"}, "dropout must be a number from 0 to 1, got 'half'"),
    (("RNN", "LSTM", "GRU"), (5, 7, 2), {"dropout": math.nan}, "dropout must be a number from 0 to 1, got nan"),
    (("RNN", "LSTM", "GRU"), (5, 7), {"bias": 1}, "bias must be True or False, got 1"),
    (("RNN", "LSTM", "GRU"), (5, 7), {"batch_first": "no"}, "batch_first must be True or False, got 'no'"),
    (("RNN", "LSTM", "GRU"), (0, 7), {}, "input_size must be a whole number from 1, got 0"),
    (("RNN", "LSTM", "GRU"), (5.0, 7), {}, r"input_size must be a whole number from 1, got 5\.0"),
    (("RNN", "LSTM", "GRU"), (5, "7"), {}, "hidden_size must be a whole number from 1, got '7'"),
    (("RNN", "LSTM", "GRU"), (5, -7), {}, "hidden_size must be a whole number from 1, got -7"),
    (("RNN", "LSTM", "GRU"), (5, 7, 0), {}, "num_layers must be a whole number from 1, got 0"),
    (("RNN", "LSTM", "GRU"), (5, 7, 1.5), {}, r"num_layers must be a whole number from 1, got 1\.5"),
    (
        ("LSTM",),
        (5, 7),
        {"proj_size": -1},
        r"projection must be 0 .* from 1 to 6, .*, got -1",
    ),
    (
        ("LSTM",),
        (5, 7),
        {"proj_size": 7},
        r"projection must be 0 .* from 1 to 6, .*, got 7",
    ),
    (("RNN", "GRU"), (5, 7), {"proj_size": 3}, "unexpected keyword argument 'proj_size'"),
    (("LSTM", "GRU"), (5, 7), {"nonlinearity": "relu"}, "unexpected keyword argument 'nonlinearity'"),
    (("RNN",), (5, 7), {"nonlinearity": "sigmoid"}, "nonlinearity must be 'tanh' or 'relu', got 'sigmoid'"),
    (("RNN", "LSTM", "GRU"), (5, 7), {"layers": 2}, "unexpected keyword argument 'layers'"),
    (("RNN", "LSTM", "GRU"), (5,), {}, "missing 1 required positional argument: 'hidden_size'"),
]


@pytest.mark.parametrize(
    ("name", "args", "options", "sentence"), [(name, *case) for names, *case in ARGUMENTS for name in names]
)
def test_arguments_that_torch_refuses(name, args, options, sentence):
    with pytest.raises((ConfigError, ShapeError, TypeError), match=sentence):
        getattr(weft_nn, name)(*args, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((ValueError, TypeError)):
            getattr(nn, name)(*args, **options)


def packed(width=5, dtype=torch.float32):
    return pack_padded_sequence(torch.zeros(3, 2, width, dtype=dtype), torch.tensor([2, 3]), enforce_sorted=False)


INPUTS = {
    "one axis": (torch.zeros(5), r"^input: expected \[T, B, 5\] or \[T, 5\] or a packed sequence, got \[5\]$"),
    "four axes": (torch.zeros(1, 3, 2, 5), r"^input: .*, got \[1, 3, 2, 5\]$"),
    "width": (torch.zeros(3, 2, 4), r"^input: .*, got \[3, 2, 4\]$"),
    "width of a row": (torch.zeros(3, 4), r"^input: .*, got \[3, 4\]$"),
    "no tensor": ([[1.0]], r"^input: .*, got list of 1$"),
    "no step": (torch.zeros(0, 2, 5), r"^x: expected at least one step, got \[2, 0, 5\]$"),
    "type": (torch.zeros(3, 2, 5).double(), "^x: expected float32 as the layer's weights, got float64$"),
    "whole numbers": (torch.zeros(3, 2, 5).long(), "^x: expected float32 as the layer's weights, got int64$"),
    "device": (torch.zeros(3, 2, 5, device="meta"), "^x: expected on cpu as the layer's weights, got meta$"),
    "packed width": (packed(4), r"^x: expected \[B, T, 5\] .*, got \[2, 3, 4\]$"),
    "packed type": (packed(dtype=torch.float64), "^x: expected float32 as the layer's weights, got float64$"),
    "packed axes": (PackedSequence(torch.zeros(5), torch.tensor([3, 2])), r"^packed input: .*, got \[5\]$"),
}


@pytest.mark.parametrize("case", INPUTS)
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_input_that_torch_refuses(name, case):
    given_, sentence = INPUTS[case]
    twin, layer = both(name, dtype=torch.float32)
    with pytest.raises(ShapeError, match=sentence):
        layer(given_)
    with pytest.raises((ValueError, RuntimeError, AttributeError, IndexError)):
        twin(given_)


STARTS = {
    "axes": (torch.zeros(3, 2, 5), (2, 7), r"^hx, h: expected \[2, 2, 7\] for this input, got \[2, 7\]$"),
    "axes of a row": (torch.zeros(3, 5), (2, 1, 7), r"^hx, h: expected \[2, 7\] for this input, got \[2, 1, 7\]$"),
    "rows": (torch.zeros(3, 2, 5), (2, 3, 7), r"^hx, h: expected \[2, 2, 7\] for this input, got \[2, 3, 7\]$"),
    "layers": (torch.zeros(3, 2, 5), (1, 2, 7), r"^hx, h: expected \[2, 2, 7\] .* got \[1, 2, 7\]$"),
    "width": (torch.zeros(3, 2, 5), (2, 2, 6), r"^hx, h: expected \[2, 2, 7\] .* got \[2, 2, 6\]$"),
    "packed rows": (packed(), (2, 1, 7), r"^hx, h: expected \[2, 2, 7\] for this input, got \[2, 1, 7\]$"),
}


@pytest.mark.parametrize("case", STARTS)
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_start_states_that_torch_refuses(name, case):
    given_, shape, sentence = STARTS[case]
    twin, layer = both(name, dtype=torch.float32, num_layers=2)
    hx = (torch.zeros(shape), torch.zeros(shape)) if name == "LSTM" else torch.zeros(shape)
    with pytest.raises(ShapeError, match=sentence):
        layer(given_, hx)
    with pytest.raises((RuntimeError, IndexError)):
        twin(given_, hx)


@pytest.mark.parametrize(
    ("name", "hx", "sentence"),
    [
        ("GRU", torch.zeros(1, 2, 7).double(), "^state 'h.0': expected float32 on cpu .*, got float64 on cpu$"),
        ("LSTM", torch.zeros(2, 2, 7), r"^hx: expected 2 tensors \(h, c\), got \[2, 2, 7\]$"),
        ("LSTM", (torch.zeros(1, 2, 7),), r"^hx: expected 2 tensors \(h, c\), got tuple of 1$"),
        ("LSTM", (torch.zeros(1, 2, 7), None), r"^hx, c: expected \[1, 2, 7\] for this input, got NoneType$"),
        ("RNN", (torch.zeros(1, 2, 7),), r"^hx, h: expected \[1, 2, 7\] for this input, got tuple of 1$"),
    ],
)
def test_start_states_of_another_kind(name, hx, sentence):
    twin, layer = both(name, dtype=torch.float32)
    with pytest.raises(ShapeError, match=sentence):
        layer(torch.zeros(3, 2, 5), hx)
    with pytest.raises((RuntimeError, ValueError, AttributeError, IndexError)):
        twin(torch.zeros(3, 2, 5), hx)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_input_that_is_not_finite(name):
    """torch squashes an infinity unnoticed; here it has a sentence, packed or not, and NaN in the padding has none."""
    _, layer = both(name, dtype=torch.float32)
    x = random_input(3, 2, 5, dtype=torch.float32)
    x[2, 0, 4] = torch.inf
    with pytest.raises(WeftError, match=r"^x: expected finite numbers, got inf in row 0, step 2, place 4$"):
        layer(x)
    ragged = pack_padded_sequence(x, torch.tensor([2, 3]), enforce_sorted=False)
    y, _ = layer(ragged)
    assert torch.isfinite(y.data).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: the drop-ins are untested on CUDA")
@every_layer
@every_shape
@pytest.mark.parametrize("form", ["padded", "one row", "packed"])
def test_on_cuda(name, own, shape, form):
    twin, layer = (each.cuda() for each in both(name, dtype=torch.float32, **own, **shape))
    leaf, prepare = given(form, layer.batch_first, torch.float32)
    for expected, found in zip(twin(prepare(leaf.cuda())), layer(prepare(leaf.cuda())), strict=True):
        expected, found = (each.data if isinstance(each, PackedSequence) else each for each in (expected, found))
        pairs = zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]
        for one, other in pairs:
            assert_close("on CUDA", one.cpu(), other.cpu())
