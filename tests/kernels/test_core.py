"""The C++ core in single precision beside the loop in double: every cell, shape, memory layout and instruction set.

``make fuzz`` and ``make sanitize`` do the same without torch, over random sizes.
"""

import os
import sys
from pathlib import Path

import pytest
import torch

from weft import kernels
from weft.errors import BackendError
from weft.kernels import _extension, _layers, core
from weft.types import LookUp

from closeness import assert_close, assert_same
from recurrences import IDS, VARIANTS, make_cell, random_input, random_params, random_state, weighted_sum

CORE_CELLS = [
    pytest.param(variant, id=words)
    for variant, words in zip(VARIANTS, IDS, strict=True)
    if _layers.code(make_cell(variant)) is not None
]
LSTM, GRU, MRNN = ("lstm", {}), ("gru", {}), ("mrnn", {"form": "released", "factors": 9, "bias": True})

every_cell = pytest.mark.parametrize("variant", CORE_CELLS)
some_cells = pytest.mark.parametrize("variant", [LSTM, GRU, MRNN, ("elman", {})], ids=lambda variant: variant[0])
both_ways = pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])


@pytest.fixture
def extension():
    """The compiled module; threads and instruction set are as before afterwards."""
    found, threads = _extension.core(), torch.get_num_threads()
    before = found.instructions()
    yield found
    found.use_instructions(before)
    torch.set_num_threads(threads)


def results(name, cell, x, lengths=None, *, reverse=False, loss=weighted_sum, dtype=torch.float32):
    """Outputs, final states and every gradient by name; x [B, T, D] or (table [V, D], ids [B, T])."""
    table, ids = x if isinstance(x, tuple) else (x, None)
    leaf = table.to(dtype, copy=True).requires_grad_()
    scale = min(1.0, (7 / cell.spec.hidden_size) ** 0.5)  # of the weights: a large state must not run wild
    params = {key: (scale * each.detach()).requires_grad_() for key, each in random_params(cell, dtype).items()}
    rows = len(table if ids is None else ids)
    start = random_state(cell, rows, dtype)
    given = leaf if ids is None else LookUp(leaf, ids)
    lengths = None if lengths is None else torch.tensor(lengths)
    y, after = kernels.run(name, cell, params, given, lengths, start, reverse=reverse)
    loss(y, after).backward()
    found = {"y": y, "dx": leaf.grad, **{f"final {key}": each for key, each in after.items()}}
    found |= {f"d{key}": each.grad for key, each in params.items()}
    found |= {f"d start {key}": each.grad for key, each in start.items()}
    return {key: each.detach() for key, each in found.items() if each is not None}


def assert_as_the_loop(cell, x, lengths=None, **options):
    expected = results("loop", cell, x, lengths, dtype=torch.float64, **options)
    got = results("core", cell, x, lengths, **options)
    assert expected.keys() == got.keys()
    for key, value in expected.items():
        assert_close(key, value.float(), got[key])


def symbols(table_size, rows, steps, width=5):
    """A table and symbols of it, drawn."""
    ids = torch.randint(table_size, (rows, steps), generator=torch.Generator().manual_seed(7))
    return random_input(table_size, width), ids


# --- values -----------------------------------------------------------------------------------------------------------


@every_cell
@both_ways
@pytest.mark.parametrize("lengths", [None, [6, 6, 6], [1, 6, 3], [2, 1, 4]], ids=str)
def test_values_and_gradients(variant, lengths, reverse):
    assert_as_the_loop(make_cell(variant), random_input(3, 6, 5), lengths, reverse=reverse)


@some_cells
@pytest.mark.parametrize(
    ("rows", "steps", "width", "units"),
    [(1, 1, 1, 1), (2, 1, 3, 17), (1, 40, 2, 15), (5, 3, 300, 31), (257, 2, 3, 16), (2, 3, 5, 1030), (33, 9, 8, 65)],
)
def test_sizes(variant, rows, steps, width, units):
    lengths = [1 + (7 * row) % steps for row in range(rows)]
    assert_as_the_loop(make_cell(variant, width, units), random_input(rows, steps, width), lengths, reverse=True)


@every_cell
@both_ways
@pytest.mark.parametrize("table_size", [3, 100], ids=["few symbols", "more symbols than tokens"])
def test_look_ups(variant, reverse, table_size):
    assert_as_the_loop(make_cell(variant), symbols(table_size, 4, 6), [6, 2, 1, 5], reverse=reverse)


def test_look_ups_of_few_symbols_go_in_as_symbols(monkeypatch):
    table, ids = symbols(100, 16, 20)
    ids %= 50
    seen = []
    monkeypatch.setattr(core, "_run", lambda cell, params, x, symbols, *rest: seen.append(symbols is not None))
    for few in (table[:40], table):  # beside tokens the table is small; what occurs of it is
        core.run_direct(make_cell(LSTM), {}, LookUp(few, ids), None, {}, reverse=False)
    core.run_direct(make_cell(LSTM), {}, LookUp(table, ids[:2]), None, {}, reverse=False)
    assert seen == [True, True, False]


@some_cells
def test_instruction_sets(variant, extension):
    for name in extension.available_instructions():
        assert extension.use_instructions(name)
        assert_as_the_loop(make_cell(variant), random_input(5, 6, 5), [6, 2, 1, 5, 6], reverse=True)
        assert_as_the_loop(make_cell(variant, 33, 35), symbols(4, 3, 9, 33), [9, 2, 4])


# --- memory layouts ---------------------------------------------------------------------------------------------------


def single(*shape):
    return random_input(*shape, dtype=torch.float32)


LAYOUTS = {
    "time-major": single(6, 3, 5).transpose(0, 1),
    "every other column": single(3, 6, 10)[..., ::2],
    "columns first": single(5, 3, 6).permute(1, 2, 0),
    "part of a wider one": single(4, 8, 9)[1:, 1:7, 2:7],
    "one row for all": single(1, 6, 5).expand(3, 6, 5),
    "one vector for all": single(1, 1, 5).expand(3, 6, 5),
}


@some_cells
@pytest.mark.parametrize("layout", LAYOUTS)
def test_input_in_any_layout(variant, layout):
    """As torch hands it over: the leaf is dense, what the kernel sees is not."""
    cell, x = make_cell(variant), LAYOUTS[layout]
    assert not x.is_contiguous()
    params, start = random_params(cell, torch.float32), random_state(cell, 3, torch.float32)

    def run(x):
        inputs = (x, *params.values(), *start.values())
        y, after = kernels.run("core", cell, params, x, torch.tensor([6, 3, 1]), start)
        return (y, *after.values(), *torch.autograd.grad(weighted_sum(y, after), inputs))

    for expected, got in zip(run(x.contiguous().requires_grad_()), run(x.detach().requires_grad_()), strict=True):
        assert_same("a result", expected, got)


def test_outputs_lie_as_their_input_does():
    cell = make_cell(GRU)
    params, start = random_params(cell, torch.float32), random_state(cell, 3, torch.float32)
    x = random_input(6, 3, 5, dtype=torch.float32)
    assert core.run(cell, params, x.transpose(0, 1), None, start)[0].transpose(0, 1).is_contiguous()
    assert core.run(cell, params, x.transpose(0, 1).contiguous(), None, start)[0].is_contiguous()


def test_lengths_and_state_in_any_layout():
    cell, x = make_cell(LSTM), random_input(3, 6, 5, dtype=torch.float32)
    params = random_params(cell, torch.float32)
    start = {key: random_input(7, 3, dtype=torch.float32).t() for key in ("h", "c")}
    lengths = torch.tensor([[6, 1], [2, 1], [4, 1]])[:, 0]
    expected, _ = core.run(cell, params, x, lengths.clone(), {key: each.contiguous() for key, each in start.items()})
    assert_same("y", expected, core.run(cell, params, x, lengths, start)[0])


LOSSES = {
    "sum": lambda y, after: y.sum(),  # an incoming gradient of one number, expanded
    "mean over rows": lambda y, after: (y.mean(0) * random_input(6, 7, dtype=y.dtype)).sum(),
    "transposed": lambda y, after: (y.transpose(0, 2) * random_input(7, 6, 3, dtype=y.dtype)).sum(),
    "last step": lambda y, after: y[:, -1].pow(2).sum(),
    "outputs only": lambda y, after: y.pow(2).sum(),
    "state only": lambda y, after: after["h"].pow(2).sum(),
    "state's sum": lambda y, after: after["h"].sum(),
    "last of the states": lambda y, after: [*after.values()][-1].t().pow(3).sum(),
}


@some_cells
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_incoming_gradients(variant, loss):
    assert_as_the_loop(make_cell(variant), random_input(3, 6, 5), [6, 3, 1], loss=loss)


@some_cells
def test_gradients_of_some_inputs_only(variant):
    """Frozen weights, an input that asks for nothing: the gradients asked for are the same, bit for bit."""
    cell, x = make_cell(variant), random_input(3, 6, 5, dtype=torch.float32)
    leaves = {"x": x, **random_params(cell, torch.float32), **random_state(cell, 3, torch.float32)}
    everything = {key: each.detach().requires_grad_() for key, each in leaves.items()}

    def run(given):
        params = {key: given[key] for key in cell.spec.params}
        start = {key: given[key] for key in cell.spec.states}
        y, after = kernels.run("core", cell, params, given["x"], torch.tensor([6, 3, 1]), start)
        asked = {key: each for key, each in given.items() if each.requires_grad}
        return dict(zip(asked, torch.autograd.grad(weighted_sum(y, after), list(asked.values())), strict=True))

    expected = run(everything)
    for key in leaves:
        alone = run({name: each if name == key else each.detach() for name, each in everything.items()})
        assert list(alone) == [key]
        assert_same(key, expected[key], alone[key])
        others = run({name: each.detach() if name == key else each for name, each in everything.items()})
        for name, value in others.items():
            assert_same(name, expected[name], value)


# --- what must not matter ---------------------------------------------------------------------------------------------


def assert_all_same(expected, got):
    for key, value in expected.items():
        assert_same(key, value, got[key])


@some_cells
@pytest.mark.parametrize("given", ["vectors", "symbols"])
def test_the_number_of_threads(variant, given, extension):
    cell = make_cell(variant, 33, 75)
    x = random_input(20, 17, 33) if given == "vectors" else symbols(11, 20, 17, 33)
    lengths = [17, *range(1, 17), 5, 6, 17]

    def run(threads):
        torch.set_num_threads(threads)
        return results("core", cell, x, lengths, reverse=True)

    expected = run(1)
    for threads in (2, 3):
        assert_all_same(expected, run(threads))


def one_row(variant, x, lengths, row=None):
    """The results that belong to a row: of one in the batch, or of one that runs alone."""
    cell = make_cell(variant, x[0].shape[1] if isinstance(x, tuple) else x.shape[2], 19)
    params, start = random_params(cell, torch.float32), random_state(cell, 9, torch.float32)
    take = slice(None) if row is None else slice(row, row + 1)
    start = {key: each.detach()[take].requires_grad_() for key, each in start.items()}
    leaf = None if isinstance(x, tuple) else x[take].clone().requires_grad_()
    given = LookUp(x[0], x[1][take]) if leaf is None else leaf
    y, after = kernels.run("core", cell, params, given, torch.tensor(lengths)[take], start, reverse=True)
    weight = random_input(9, *y.shape[1:], dtype=torch.float32)[take]
    ((y * weight).sum() + after["h"].sum()).backward()
    found = {"y": y, **after, **{f"d start {key}": each.grad for key, each in start.items()}}
    return found if leaf is None else found | {"dx": leaf.grad}


@some_cells
@pytest.mark.parametrize("given", ["vectors", "symbols"])
def test_the_other_rows(variant, given):
    x = random_input(9, 12, 5, dtype=torch.float32)
    if given == "symbols":
        table, ids = symbols(3, 9, 12)
        x = (table.float(), ids)
    lengths = [12, 1, 7, 12, 3, 9, 2, 12, 1]
    together = one_row(variant, x, lengths)
    for row in range(9):
        for key, value in one_row(variant, x, lengths, row).items():
            assert_same(f"{key} of row {row}", together[key][row : row + 1], value)


@some_cells
def test_a_broken_row_breaks_no_other(variant):
    x, lengths = random_input(9, 12, 5, dtype=torch.float32), [12] * 9
    expected = one_row(variant, x, lengths)
    x[4, 3, 2] = torch.nan
    got = one_row(variant, x, lengths)
    others = [row for row in range(9) if row != 4]
    assert got["y"][4].isnan().any()
    for key, value in expected.items():
        assert_same(key, value[others], got[key][others])


@some_cells
def test_backward_twice(variant):
    cell = make_cell(variant)
    params, start = random_params(cell, torch.float32), random_state(cell, 3, torch.float32)
    y, after = kernels.run("core", cell, params, random_input(3, 6, 5, dtype=torch.float32), None, start)
    y.mul_(1.0)  # what is kept is the core's own: changing the outputs changes no gradient
    loss = weighted_sum(y, after)
    first, second = (torch.autograd.grad(loss, [*params.values()], retain_graph=True) for _ in range(2))
    for expected, got in zip(first, second, strict=True):
        assert_same("gradient", expected, got)


def test_an_empty_batch():
    cell = make_cell(LSTM)
    params, start = random_params(cell, torch.float32), random_state(cell, 0, torch.float32)
    x = torch.empty(0, 6, 5, requires_grad=True)
    y, after = kernels.run("core", cell, params, x, None, start)
    assert y.shape == (0, 6, 7)
    assert after["c"].shape == (0, 7)
    y.sum().backward()
    assert x.grad.shape == x.shape
    for value in params.values():
        assert not value.grad.any()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("variant", [LSTM, MRNN], ids=["lstm", "mrnn"])
def test_blocks_of_memory_are_used_again(variant, extension):
    before = extension.take(3_000_000)
    address = before.data_ptr()
    del before
    assert extension.take(2_900_000).data_ptr() == address

    cell = make_cell(variant, 64, 64)
    params, start = random_params(cell, torch.float32), random_state(cell, 32, torch.float32)
    x = random_input(32, 64, 64, dtype=torch.float32)  # keeps megabytes a call

    def grow(calls):
        before = resident()
        for _ in range(calls):
            y, _ = kernels.run("core", cell, params, x, None, start)
            torch.autograd.grad(y.sum(), [*params.values()])
        return resident() - before

    grow(5)
    assert grow(30) < 4 << 20


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "dtype", "sentence"),
    [
        (LSTM, torch.float64, r"the C\+\+ core computes float32 on a CPU, not float64 on cpu"),
        (LSTM, torch.bfloat16, r"the C\+\+ core computes float32 on a CPU, not bfloat16 on cpu"),
        (("lstm", {"peepholes": True}), torch.float32, r"the C\+\+ core has no cell 'lstm' with these options"),
        (("lstm", {"projection": 3}), torch.float32, r"the C\+\+ core has no cell 'lstm' with these options"),
        (("gru", {"reset": "before"}), torch.float32, r"the C\+\+ core has no cell 'gru' with these options"),
    ],
)
def test_refusals(variant, dtype, sentence):
    with pytest.raises(BackendError, match=f"^kernel 'core' cannot run here: {sentence}$"):
        kernels.choose("core", make_cell(variant), random_input(1, 1, 5, dtype=dtype))


def refused() -> str:
    return core.refuse(make_cell(LSTM), torch.zeros(1, 1, 5))


def test_refusals_of_the_moment(monkeypatch):
    assert refused() == ""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert refused() == "the C++ core has no autocast"
    with torch.autograd.forward_ad.dual_level():
        assert refused() == "the C++ core has no forward-mode derivatives"
    seen = []
    torch.func.vmap(lambda x: (seen.append(refused()), x)[1])(torch.zeros(2))
    assert seen == ["the C++ core has no transforms of torch.func"]
    _extension._load.cache_clear()
    monkeypatch.setenv("WEFT_CORE", "0")
    assert refused() == "the C++ core is switched off by WEFT_CORE=0"
    _extension._load.cache_clear()


def test_parameters_of_another_type():
    cell = make_cell(GRU)
    x, start = random_input(1, 1, 5, dtype=torch.float32), random_state(cell, 1, torch.float32)
    with pytest.raises(
        BackendError, match=r"^kernel 'core' takes float32 on the CPU alone, got .* in torch\.bfloat16 on cpu$"
    ):
        kernels.run("core", cell, random_params(cell, torch.bfloat16), x, None, start)


def test_second_derivatives():
    cell = make_cell(LSTM)
    x = random_input(2, 3, 5, dtype=torch.float32).requires_grad_()
    y, _ = kernels.run("core", cell, random_params(cell, torch.float32), x, None, random_state(cell, 2, torch.float32))
    (gradient,) = torch.autograd.grad(y.pow(2).sum(), x, create_graph=True)
    with pytest.raises(BackendError, match=r"^kernel 'core' has no gradient of its gradient$") as caught:
        gradient.sum().backward()
    assert caught.value.hint == 'use kernel = "loop" for second derivatives'
