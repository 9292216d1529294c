"""The operators through which torch sees the C++ core: their schemas and shapes, compiled, exported, checkpointed."""

import pytest
import torch
from torch.utils.checkpoint import checkpoint

from weft import kernels
from weft.kernels import _layers, _recurrent_op
from weft.nn import Recurrent

from closeness import assert_same
from recurrences import make_cell, random_input, random_params, random_state, weighted_sum

CELLS = {
    "elman": ("elman", {"activation": "relu"}),
    "lstm": ("lstm", {}),
    "gru": ("gru", {"bias": False}),
    "mrnn": ("mrnn", {"form": "released", "factors": 3, "bias": True}),
}
every_cell = pytest.mark.parametrize("variant", CELLS.values(), ids=CELLS)
EVERY = "ALL"
KEEPING, BACKWARD = _recurrent_op.recurrent_keeping, torch.ops.weft.recurrent_backward.default


def arguments(variant, *, ragged_symbols=False):
    """Of the forward operators: dense vectors in the order of time, or ragged symbols in reverse."""
    cell = make_cell(variant)
    params, start = random_params(cell, torch.float32), random_state(cell, 3, torch.float32)
    weights = [None if each is None else each.detach().requires_grad_() for each in _layers.weights(cell, params)]
    x, ids, lengths = random_input(4, 3, 5, dtype=torch.float32).transpose(0, 1).requires_grad_(), None, None
    if ragged_symbols:
        x = random_input(6, 5, dtype=torch.float32).requires_grad_()
        ids, lengths = torch.tensor([[0, 1, 1, 0], [2, 2, 2, 2], [5, 1, 0, 3]]), torch.tensor([4, 2, 3])
    return x, ids, lengths, *weights, start["h"], start.get("c"), _layers.code(cell), ragged_symbols


def without_gradients(values):
    return [each.detach() if isinstance(each, torch.Tensor) else each for each in values]


@every_cell
@pytest.mark.parametrize("ragged_symbols", [False, True], ids=["dense", "ragged symbols"])
def test_what_torch_asks_of_operators(variant, ragged_symbols):
    given = arguments(variant, ragged_symbols=ragged_symbols)
    torch.library.opcheck(KEEPING, given)  # never with static sizes: how much is kept depends on the lengths
    y, h, c, kept = without_gradients(KEEPING(*given))
    incoming = [torch.ones(()).expand(y.shape), random_input(*h.shape[::-1], dtype=torch.float32).t(), None]
    if c.numel():
        incoming[2] = torch.ones(()).expand(c.shape)
    wanted = [not ragged_symbols, True, True, True, True, ragged_symbols, True, True]
    torch.library.opcheck(BACKWARD, (*incoming, kept, *without_gradients(given), wanted), test_utils=EVERY)


def test_without_gradients():
    for ragged_symbols in (False, True):
        given = without_gradients(arguments(CELLS["lstm"], ragged_symbols=ragged_symbols))
        torch.library.opcheck(_recurrent_op.recurrent, given, test_utils=EVERY)


def gradients(run, layer, x, lengths=None):
    """Outputs, the gradient of x and of every parameter."""
    x = x.clone().requires_grad_()
    y, after = run(x, lengths)
    found = torch.autograd.grad(weighted_sum(y, after), [x, *layer.parameters()])
    return [y.detach(), *found]


# Dynamo warns of every cache it looks into, and of imports on the way.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_compiled():
    layer = Recurrent(cell="lstm", input_size=5, hidden_size=7, kernel="core")
    x = random_input(3, 6, 5, dtype=torch.float32)
    torch.compiler.reset()
    compiled = torch.compile(layer, backend="aot_eager")
    for expected, got in zip(gradients(layer, layer, x), gradients(compiled, layer, x), strict=True):
        assert_same("a result", expected, got)
    torch.compiler.reset()


@every_cell
def test_exported(variant):
    name, options = variant
    layer = Recurrent(cell=name, input_size=5, hidden_size=7, options=options, kernel="core").eval()
    x = random_input(3, 4, 5, dtype=torch.float32)
    program = torch.export.export(layer, (x, None))
    assert any("weft.recurrent" in str(node.target) for node in program.graph.nodes)
    y, after = layer(x, None)
    again, ended = program.module()(x, None)
    assert_same("y", y, again)
    for key, value in after.items():
        assert_same(key, value, ended[key])


@every_cell
def test_computed_again_for_the_gradient(variant):
    """Activation checkpoints drop what was kept and run the layer twice."""
    cell, x = make_cell(variant), random_input(3, 6, 5, dtype=torch.float32).requires_grad_()
    params, start = random_params(cell, torch.float32), random_state(cell, 3, torch.float32)

    def run(x):
        return kernels.run("core", cell, params, x, torch.tensor([6, 2, 3]), start)[0]

    ways = (run(x), checkpoint(run, x, use_reentrant=False))
    expected, got = (torch.autograd.grad(y.pow(2).sum(), x)[0] for y in ways)
    assert_same("dx", expected, got)
