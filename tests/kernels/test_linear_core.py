"""Linear cells on the C++ core: against the loop in float64, and what must not change a bit."""

from dataclasses import dataclass

import pytest
import torch
from torch.autograd import grad

from weft.cells.mingru import MinGRU
from weft.kernels import choose, core, loop, run, scan, turn_round
from weft.kernels._extension import core as extension
from weft.kernels._linear_op import CELLS, CODES, GIVEN, linear_recurrence
from weft.types import LookUp

from closeness import assert_close
from recurrences import everything, make_cell, random_input, random_params, random_state, weighted_sum

LENGTHS = [[6, 4, 6, 1], [3, 4], [9], [1]]
STEPS = 9
CELL_CODES = [pytest.param(code, id=f"{name} {positive}") for (name, positive), code in CODES.items()]

linear = pytest.mark.parametrize(
    "variant", [(name, options) for name in ("mingru", "minlstm") for options in ({}, {"positive": False})], ids=str
)


@dataclass(frozen=True)
class Own:
    """A linear cell that the core does not know by name."""

    cell: MinGRU

    spec = property(lambda self: self.cell.spec)
    init = property(lambda self: self.cell.init)
    project = property(lambda self: self.cell.project)
    step = property(lambda self: self.cell.step)
    values = property(lambda self: self.cell.values)
    coefficients = property(lambda self: self.cell.coefficients)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture
def instructions():
    before = extension().instructions()
    yield extension().use_instructions
    extension().use_instructions(before)


def ragged_call(code: int, units: int, seed: int = 3):
    """Arguments of the operator over ragged rows, and gradients of what it returns."""
    lengths = torch.tensor([40, 7, 33, 1, 40])
    count, width = int(lengths.sum()), units * (3 if code in (3, 4) else 1 if code == GIVEN else 2)
    fed, add = random_input(count, width, dtype=torch.float32, seed=seed), None
    if code == GIVEN:
        fed, add = torch.sigmoid(fed), random_input(count, units, dtype=torch.float32, seed=seed + 1)
    start = random_input(5, units, dtype=torch.float32, seed=seed + 2)
    leaves = [each for each in (fed, add, start) if each is not None]
    for each in leaves:
        each.requires_grad_()
    return (fed, add, lengths, start, code, 42, True), leaves


def results(arguments, leaves):
    h, end = linear_recurrence(*arguments)
    return [h, end, *grad(weighted_sum(h, {"h": end}), leaves)]


@linear
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_against_the_loop_in_double_precision(variant, lengths):
    cell, x = make_cell(variant), random_input(len(lengths), STEPS, 5, dtype=torch.float32)
    for row, length in enumerate(lengths):
        x[row, length:] = torch.nan
    assert choose("auto", cell, x) == ("core", core)
    got, known = everything(core, cell, x, lengths), everything(core, Own(cell), x, lengths)
    for name, value in everything(loop, cell, x.double(), lengths).items():
        assert_close(name, value.float(), got[name])
        assert_close(name, value.float(), known[name])


@linear
def test_rows_from_their_ends_and_symbols(variant):
    cell, lengths = make_cell(variant), torch.tensor([6, 2, 5])
    params, state = random_params(cell, torch.float32), random_state(cell, 3, torch.float32)
    for symbols in (4, 40):  # fewer than tokens, and more
        ids = torch.randint(symbols, (3, 6), generator=torch.Generator().manual_seed(1))
        table = random_input(symbols, 5, dtype=torch.float32).requires_grad_()
        y, after = core.run_direct(cell, params, LookUp(table, ids), lengths, state, reverse=True)
        turned, ended = loop.run(cell, params, turn_round(table[ids], lengths), lengths, state)
        expected = turn_round(turned, lengths)
        assert_close("y", expected, y)
        assert_close("end", ended["h"], after["h"])
        leaves = [table, *params.values(), *state.values()]
        wanted = grad(weighted_sum(expected, ended), leaves, retain_graph=True)
        for leaf, value in zip(wanted, grad(weighted_sum(y, after), leaves), strict=True):
            assert_close("gradient", leaf, value)


@pytest.mark.parametrize("code", [GIVEN, *CODES.values()])
@pytest.mark.parametrize("units", [1, 16, 37, 1000])
def test_neither_threads_nor_other_rows_change_a_bit(code, units, threads):
    arguments, leaves = ragged_call(code, units)
    fed, add, lengths, start, *options = arguments
    threads(1)
    alone = results(arguments, leaves)
    for count in (2, 3, 8):
        threads(count)
        assert all(torch.equal(one, other) for one, other in zip(alone, results(arguments, leaves), strict=True))
    first = int(lengths[0])
    row = (fed[:first], None if add is None else add[:first], lengths[:1], start[:1], *options)
    h, end = linear_recurrence(*row)
    assert torch.equal(h[0], alone[0][0])
    assert torch.equal(end[0], alone[1][0])


@pytest.mark.parametrize("code", [GIVEN, *CODES.values()])
def test_instruction_sets_agree(code, instructions):
    arguments, leaves = ragged_call(code, 37)
    expected = results(arguments, leaves)
    for name in extension().available_instructions():
        assert instructions(name)
        for one, other in zip(expected, results(arguments, leaves), strict=True):
            assert_close(name, one, other)


@pytest.mark.parametrize("code", CELL_CODES)
def test_gates_at_their_extremes(code):
    """Sums so large that sigmoids are 0 or 1 in float32, where a share of two tiny gates is still a share."""
    numbers = torch.tensor([-300.0, -100.0, -90.0, -20.0, -1e-4, 0.0, 20.0, 90.0, 300.0])
    width = 3 if code in (3, 4) else 2
    fed = torch.cartesian_prod(*[numbers] * width)
    count = len(fed)
    start = torch.linspace(-2, 2, count).unsqueeze(1)
    keep, add = CELLS[code].coefficients(fed.double())
    h, _ = linear_recurrence(fed, None, None, start, code, 1, False)
    expected = keep * start.double() + add
    assert ((h[:, 0] - expected).abs() <= 1e-6 * (1 + expected.abs())).all()
    wide, narrow = fed.double().requires_grad_(), fed.clone().requires_grad_()
    keep, add = CELLS[code].coefficients(wide)
    (keep * start.double() + add).sum().backward()
    linear_recurrence(narrow, None, None, start, code, 1, False)[0].sum().backward()
    assert ((narrow.grad - wide.grad).abs() <= 1e-6 * (1 + wide.grad.abs())).all()


@pytest.mark.parametrize("code", [GIVEN, 2, 3])
def test_it_is_an_operator_of_torch(code):
    arguments, _ = ragged_call(code, 5)
    torch.library.opcheck(linear_recurrence, arguments)
    tensors = [each.detach() if isinstance(each, torch.Tensor) else each for each in arguments]
    h, end = linear_recurrence(*tensors)
    tests = ["test_schema", "test_faketensor"]
    torch.library.opcheck(torch.ops.weft.linear_recurrence_backward, (h, end, h, *tensors), test_utils=tests)


@linear
def test_second_derivatives_are_those_of_the_scan(variant):
    cell, lengths = make_cell(variant), torch.tensor([6, 2, 5])
    params, state = random_params(cell, torch.float32), random_state(cell, 3, torch.float32)
    x = random_input(3, 6, 5, dtype=torch.float32).requires_grad_()
    leaves = [x, *params.values(), *state.values()]
    found = []
    for kernel in (scan, core):
        y, after = kernel.run(cell, params, x, lengths, state)
        first = grad(weighted_sum(y, after), leaves, create_graph=True)
        found.append([*first, *grad(sum(each.square().sum() for each in first), leaves)])
    for expected, got in zip(*found, strict=True):
        assert_close("derivative", expected, got)


def test_the_scan_is_there_for_transforms_of_functions():
    cell = make_cell(("minlstm", {}))
    params = {name: value.detach() for name, value in random_params(cell, torch.float32).items()}
    x, start, taken = random_input(2, 3, 5, dtype=torch.float32), {"h": torch.zeros(2, 7)}, []

    def loss(x, name):
        taken.append(choose(name, cell, x)[0])
        return run(name, cell, params, x, None, start)[0].pow(2).sum()

    assert_close("dx", *(torch.func.grad(loss)(x, name) for name in ("loop", "auto")))
    assert taken == ["loop", "scan"]
