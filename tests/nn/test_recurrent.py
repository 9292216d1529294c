"""The recurrent layer: torch's own results, and the same result however the rows are cut, padded and batched."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from weft.nn import Recurrent

from closeness import assert_close, assert_same
from recurrences import IDS, TWINS, VARIANTS, random_input, weighted_sum

TORCH_LAYERS = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN_TANH": nn.RNN, "RNN_RELU": nn.RNN}
LENGTHS = torch.tensor([6, 2, 5, 1, 6])

every_cell = pytest.mark.parametrize("variant", VARIANTS, ids=IDS)
both_directions = pytest.mark.parametrize("bidirectional", [False, True], ids=["one-way", "two-way"])


def make(variant, *, seed=1, dtype=torch.float64, **options):
    torch.manual_seed(seed)
    name, own = variant
    return Recurrent(cell=name, input_size=5, hidden_size=7, options=own, **options).to(dtype)


def random_start(layer, rows, seed=9):
    generator = torch.Generator().manual_seed(seed)
    example = next(layer.parameters())
    return {
        key: (0.5 * torch.randn(value.shape, generator=generator)).to(example).requires_grad_()
        for key, value in layer.start(rows).items()
    }


def gradients(layer, x, lengths, state):
    x = x.clone().requires_grad_()
    y, after = layer(x, lengths, state)
    leaves = [x, *layer.parameters(), *state.values()]
    names = ["dx", *(f"d{name}" for name, _ in layer.named_parameters()), *(f"d start {key}" for key in state)]
    grads = torch.autograd.grad(weighted_sum(y, after), leaves)
    return y, after, dict(zip(names, grads, strict=True))


@pytest.mark.parametrize("variant", TWINS)
@both_directions
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_a_torch_layers_weights_load_and_give_its_results(variant, bidirectional, dtype):
    layer = make(variant, layers=2, bidirectional=bidirectional, dtype=dtype)
    twin_name = layer.cells[0].spec.twin
    options = {"nonlinearity": twin_name[4:].lower()} if twin_name.startswith("RNN") else {}
    options |= {"bias": variant[1].get("bias", True)}
    options |= {"proj_size": variant[1]["projection"]} if "projection" in variant[1] else {}
    twin = TORCH_LAYERS[twin_name](5, 7, num_layers=2, bidirectional=bidirectional, batch_first=True, **options).to(
        dtype
    )
    layer.load_state_dict(twin.state_dict())
    x, start = random_input(5, 6, 5, dtype=dtype), random_start(layer, 5)

    y, after, grads = gradients(layer, x, LENGTHS, start)

    leaf = x.clone().requires_grad_()
    packed = pack_padded_sequence(leaf, LENGTHS, batch_first=True, enforce_sorted=False)
    stacked = [torch.stack([v for k, v in start.items() if k.startswith(name)]) for name in layer.cells[0].spec.states]
    out, ended = twin(packed, tuple(stacked) if len(stacked) > 1 else stacked[0])
    expected, _ = pad_packed_sequence(out, batch_first=True)
    ended = ended if isinstance(ended, tuple) else (ended,)
    expected_after = {
        key: ended[list(layer.cells[0].spec.states).index(key[0])][place // len(ended)]
        for place, key in enumerate(after)
    }
    expected_grads = torch.autograd.grad(
        weighted_sum(expected, expected_after), [leaf, *twin.parameters(), *start.values()]
    )
    assert_close("y", expected, y)
    for key, value in expected_after.items():
        assert_close(key, value, after[key])
    for (name, value), other in zip(grads.items(), expected_grads, strict=True):
        assert_close(name, other, value)


def test_names_of_parameters_and_states():
    layer = make(("lstm", {}), layers=2, bidirectional=True)
    assert list(layer.state_dict()) == list(nn.LSTM(5, 7, num_layers=2, bidirectional=True).state_dict())
    assert list(layer.start(3)) == [
        f"{name}.{number}{ending}" for number in (0, 1) for ending in ("", ".reverse") for name in ("h", "c")
    ]
    assert {tuple(value.shape) for value in layer.start(3).values()} == {(3, 7)}
    assert layer.width == 14


@every_cell
@both_directions
def test_no_start_state_is_zeros(variant, bidirectional):
    layer = make(variant, bidirectional=bidirectional)
    x = random_input(5, 6, 5)
    assert_same("y", layer(x, LENGTHS, layer.start(5))[0], layer(x, LENGTHS)[0])


@every_cell
@both_directions
def test_padding_and_what_stands_in_it_change_nothing(variant, bidirectional):
    layer = make(variant, layers=2, bidirectional=bidirectional)
    x, start = random_input(5, 6, 5), random_start(layer, 5)
    y, after, grads = gradients(layer, x, LENGTHS, start)
    longer = torch.cat([x, x.new_zeros(5, 50, 5)], dim=1)
    for row, length in enumerate(LENGTHS.tolist()):
        longer[row, length:] = torch.nan
    long_y, long_after, long_grads = gradients(layer, longer, LENGTHS, start)
    assert long_y.shape == (5, 56, layer.width)
    assert not long_y[:, 6:].any()
    assert not long_grads["dx"][:, 6:].any()
    assert_same("y", y, long_y[:, :6])
    for key, value in after.items():
        assert_same(key, value, long_after[key])
    # The longer output was weighed by other numbers: gradients are compared over the same places, NaN in the padding.
    _, _, again = gradients(layer, longer[:, :6], LENGTHS, start)
    for name, value in grads.items():
        assert_same(name, value, again[name])


@every_cell
@both_directions
def test_each_row_is_as_it_is_alone(variant, bidirectional):
    """Also the law of the reverse direction: it starts at the row's own end, not in the padding."""
    layer = make(variant, layers=2, bidirectional=bidirectional)
    x, start = random_input(5, 6, 5), random_start(layer, 5)
    y, after = layer(x, LENGTHS, start)
    for row, length in enumerate(LENGTHS.tolist()):
        own = {key: value[row : row + 1] for key, value in start.items()}
        alone, ended = layer(x[row : row + 1, :length], LENGTHS[row : row + 1], own)
        assert_close(f"y[{row}]", alone[0], y[row, :length])
        for key, value in ended.items():
            assert_close(f"{key}[{row}]", value[0], after[key][row])


def test_reverse_direction_is_the_forward_one_over_turned_rows():
    two_way = make(("gru", {}), bidirectional=True)
    one_way = make(("gru", {}))
    one_way.load_state_dict(
        {name.removesuffix("_reverse"): value for name, value in two_way.state_dict().items() if "reverse" in name}
    )
    x = random_input(2, 5, 5)
    y, after = two_way(x, torch.tensor([5, 3]))
    turned = torch.stack([x[0].flip(0), torch.cat([x[1, :3].flip(0), x[1, 3:]])])
    expected, expected_after = one_way(turned, torch.tensor([5, 3]))
    assert_close("whole row", expected[0].flip(0), y[0, :, 7:])
    assert_close("short row", expected[1, :3].flip(0), y[1, :3, 7:])
    assert_close("state", expected_after["h.0"], after["h.0.reverse"])


@every_cell
@both_directions
def test_order_of_rows_does_not_matter(variant, bidirectional):
    layer = make(variant, layers=2, bidirectional=bidirectional)
    x, start, order = random_input(5, 6, 5), random_start(layer, 5), torch.tensor([3, 0, 4, 1, 2])
    y, after = layer(x, LENGTHS, start)
    shuffled, ended = layer(x[order], LENGTHS[order], {key: value[order] for key, value in start.items()})
    assert_close("y", y[order], shuffled)
    for key, value in after.items():
        assert_close(key, value[order], ended[key])


@every_cell
@pytest.mark.parametrize("cut", [1, 4])
def test_one_pass_is_two_with_carried_state(variant, cut):
    layer = make(variant, layers=2)
    x, lengths, start = random_input(3, 7, 5), torch.tensor([7, 5, 6]), random_start(layer, 3)
    y, after = layer(x, lengths, start)
    first, carried = layer(x[:, :cut], torch.full((3,), cut), start)
    second, ended = layer(x[:, cut:], lengths - cut, carried)
    assert_close("y", y, torch.cat([first, second], dim=1))
    for key, value in after.items():
        assert_close(key, value, ended[key])


@every_cell
@pytest.mark.parametrize("begun", [False, True], ids=["started", "begun"])
def test_step_by_step_is_one_pass(variant, begun):
    layer = make(variant, layers=2)
    x, state = random_input(2, 5, 5), random_start(layer, 2)
    state = layer.begin(2) if begun else state
    y, after = layer(x, torch.tensor([5, 5]), None if begun else state)
    for t in range(5):
        one, state = layer.step(x[:, t], state)
        assert_close(f"y[{t}]", y[:, t], one)
    for key, value in after.items():
        assert_close(key, value, state[key])


@every_cell
@both_directions
def test_no_lengths_are_full_rows(variant, bidirectional):
    layer = make(variant, layers=2, bidirectional=bidirectional)
    x, start = random_input(5, 6, 5), random_start(layer, 5)
    full = torch.full((5,), 6)
    (y, after, grads), (other, other_after, other_grads) = (gradients(layer, x, each, start) for each in (full, None))
    assert_same("y", y, other)
    for pairs, others in ((after, other_after), (grads, other_grads)):
        for key, value in pairs.items():
            assert_same(key, value, others[key])


@every_cell
def test_exported_program_gives_the_same_numbers(variant):
    layer = make(variant, layers=2, bidirectional=True)
    x = random_input(3, 4, 5)
    y, after = layer(x, None)
    again, ended = torch.export.export(layer, (x, None)).module()(x, None)
    assert_close("y", y, again)
    for key, value in after.items():
        assert_close(key, value, ended[key])


@every_cell
def test_two_threads_give_the_numbers_of_one(variant):
    layer = make(variant, layers=2, bidirectional=True).eval()
    inputs = [(random_input(5, 6, 5, seed=seed), LENGTHS.roll(seed)) for seed in range(8)]

    def run(case):
        with torch.inference_mode():
            return layer(*case)

    alone = [run(case) for case in inputs]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, inputs * 5))
    for place, (y, after) in enumerate(together):
        expected, expected_after = alone[place % len(inputs)]
        assert_same("y", expected, y)
        for key, value in expected_after.items():
            assert_same(key, value, after[key])


@every_cell
@both_directions
def test_numerical_gradient(variant, bidirectional):
    name, own = variant
    torch.manual_seed(3)
    layer = Recurrent(
        cell=name, input_size=2, hidden_size=4, layers=2, bidirectional=bidirectional, options=own
    ).double()
    x, lengths = random_input(2, 3, 2).requires_grad_(), torch.tensor([3, 2])
    start, params = random_start(layer, 2), dict(layer.named_parameters())

    def run(x, *values):
        own = dict(zip(params, values, strict=False))
        state = dict(zip(start, values[len(params) :], strict=True))
        y, after = torch.func.functional_call(layer, own, (x, lengths, state))
        return (y, *after.values())

    assert torch.autograd.gradcheck(run, (x, *params.values(), *start.values()), fast_mode=True)


def test_a_state_given_in_stays_as_it_was():
    layer = make(("lstm", {}))
    start = random_start(layer, 5)
    before = {key: value.clone() for key, value in start.items()}
    layer(random_input(5, 6, 5), LENGTHS, start)
    assert all(torch.equal(value, start[key]) for key, value in before.items())


def test_dropout_between_layers_only_and_only_while_training():
    x = random_input(5, 6, 5)
    layer, plain = make(("gru", {}), layers=2, dropout=0.5), make(("gru", {}), layers=2)
    assert not torch.equal(layer(x, LENGTHS)[0], plain(x, LENGTHS)[0])
    assert torch.equal(layer(x, LENGTHS)[1]["h.0"], plain(x, LENGTHS)[1]["h.0"])
    assert torch.equal(layer.eval()(x, LENGTHS)[0], plain(x, LENGTHS)[0])
    single = make(("gru", {}), dropout=0.5)
    assert torch.equal(single(x, LENGTHS)[0], single(x, LENGTHS)[0])


@every_cell
@pytest.mark.parametrize("kernel", ["auto", "loop"])
@pytest.mark.parametrize("steps", [1, 6])
def test_autocast_keeps_the_types_of_weights_and_states(variant, kernel, steps):
    layer = make(variant, layers=2, bidirectional=True, kernel=kernel, dtype=torch.float32)
    x, lengths = random_input(5, steps, 5, dtype=torch.float32), LENGTHS.clamp(max=steps)
    exact, exact_after = layer(x, lengths)
    with torch.autocast("cpu", torch.bfloat16):
        y, after = layer(x.bfloat16(), lengths)
    assert_close("y", exact.bfloat16(), y.bfloat16())
    for key, value in exact_after.items():
        assert after[key].dtype == torch.float32
        assert_close(key, value.bfloat16(), after[key].bfloat16())
    y.float().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in layer.parameters())


@every_cell
def test_half_types_run(variant):
    layer = make(variant, dtype=torch.bfloat16)
    y, after = layer(random_input(5, 6, 5, dtype=torch.bfloat16), LENGTHS)
    assert y.dtype == after["h.0"].dtype == torch.bfloat16


@every_cell
def test_copies_and_pickles(variant):
    layer = make(variant, layers=2)
    x = random_input(5, 6, 5)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(layer(x, LENGTHS)[0], other(x, LENGTHS)[0])


@every_cell
def test_builds_on_the_meta_device(variant):
    with torch.device("meta"):
        layer = make(variant, layers=2, bidirectional=True, dtype=torch.float32)
    assert all(parameter.is_meta for parameter in layer.parameters())
    y, after = layer(torch.empty(5, 6, 5, device="meta"), LENGTHS)
    assert (list(y.shape), y.is_meta) == ([5, 6, layer.width], True)
    assert all(value.is_meta for value in after.values())


@every_cell
def test_no_parameter_is_left_unfilled(variant):
    torch.use_deterministic_algorithms(True)  # fills torch.empty with NaN
    try:
        layer = make(variant, layers=2, bidirectional=True)
        y, after = layer(random_input(5, 6, 5), LENGTHS)
    finally:
        torch.use_deterministic_algorithms(False)
    assert all(torch.isfinite(value).all() for value in [y, *after.values(), *layer.parameters()])


def test_which_kernel():
    x = random_input(5, 6, 5)
    assert make(("gru", {})).chosen_kernel(x) == "fused"
    assert make(("gru", {}), kernel="loop").chosen_kernel(x) == "loop"
    assert make(("elman", {"activation": "sigmoid"})).chosen_kernel(x) == "loop"
    assert "lstm, 5, 7, layers=2, bidirectional" in str(make(("lstm", {}), layers=2, bidirectional=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: the layers are untested on CUDA")
@every_cell
@both_directions
def test_on_cuda(variant, bidirectional):
    layer = make(variant, layers=2, bidirectional=bidirectional, dtype=torch.float32)
    x = random_input(5, 6, 5, dtype=torch.float32)
    y, after = layer(x, LENGTHS)
    on_cuda, ended = layer.cuda()(x.cuda(), LENGTHS)
    assert_close("y", y, on_cuda.cpu())
    for key, value in after.items():
        assert_close(key, value, ended[key].cpu())
