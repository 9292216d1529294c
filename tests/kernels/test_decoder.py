"""The core's decoder, one step a call: against the loop in float64, and what must not change a bit."""

import itertools

import pytest
import torch
from torch import Tensor

from weft.cells import elman, gru, lstm, mrnn
from weft.errors import BackendError, ShapeError
from weft.kernels import CoreDecoder, CoreWriter, Drawing, Output, Symbols, loop, refuse_decoder
from weft.kernels._extension import core as extension
from weft.search.sampling import draw, filter_logits
from weft.search.settings import Sampling

from closeness import TOLERANCE, assert_same
from recurrences import random_input, random_params, random_state

CELLS = {
    "elman": (elman, {}),
    "elman sigmoid": (elman, {"activation": "sigmoid"}),
    "elman relu": (elman, {"activation": "relu"}),
    "lstm": (lstm, {}),
    "gru": (gru, {}),
    "mrnn": (mrnn, {"factors": 5}),
    "mrnn released": (mrnn, {"form": "released"}),
}
SYMBOLS, WIDTH, OUTPUTS = 9, 5, 11
MANY = 1100
"""Symbols beyond those that get a table."""
UNITS = [1, 7, 16, 33, 130]
LARGE = 513
"""Enough weights for a team of threads."""
INT8 = 0.05
"""Largest difference of a logit or state with 8-bit weights."""

every_cell = pytest.mark.parametrize("name", CELLS)


@pytest.fixture(params=["avx512", "avx2", "portable"])
def instructions(request):
    """Each instruction set that this machine has."""
    before = extension().instructions()
    if not extension().use_instructions(request.param):
        pytest.skip(f"no {request.param} here")
    yield request.param
    extension().use_instructions(before)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


class Net:
    """A stack with drawn weights, as the decoder and as the reference step it.

    Args:
        read: "table", "vectors", "one-hot" or "looked up" (too many symbols for a table).
    """

    def __init__(self, name: str, units: int, *, layers: int = 1, read: str = "table", bias: bool = True) -> None:
        module, options = CELLS[name]
        count = MANY if read == "looked up" else SYMBOLS
        width = count if read == "one-hot" else WIDTH
        self.read, self.count = read, count
        self.cells = [
            module.make(width if layer == 0 else units, units, bias=bias, **options) for layer in range(layers)
        ]
        scale = min(1.0, 4 / units**0.5)
        self.params = [
            {key: (value * scale).detach() for key, value in random_params(cell, torch.float32, seed=layer).items()}
            for layer, cell in enumerate(self.cells)
        ]
        self.states = {
            f"{key}.{layer}": size for layer, cell in enumerate(self.cells) for key, size in cell.spec.states.items()
        }
        self.vectors = torch.eye(count) if read == "one-hot" else random_input(count, WIDTH, dtype=torch.float32)
        weight = random_input(OUTPUTS, units, dtype=torch.float32, seed=6) * scale
        self.output = Output(weight, random_input(OUTPUTS, dtype=torch.float32, seed=7) if bias else None)

    def decoder(self, precision: str = "float32") -> CoreDecoder:
        vectors = None if self.read == "one-hot" else self.vectors
        symbols = None if self.read == "vectors" else Symbols(self.count, vectors)
        return CoreDecoder(
            self.cells, self.params, self.states, symbols=symbols, output=self.output, precision=precision
        )

    def fed(self, ids: Tensor) -> Tensor:
        return self.vectors[ids] if self.read == "vectors" else ids

    def state(self, rows: int) -> dict[str, Tensor]:
        return {
            f"{key}.{layer}": value.detach()
            for layer, cell in enumerate(self.cells)
            for key, value in random_state(cell, rows, torch.float32, seed=layer).items()
        }

    def ids(self, rows: int) -> Tensor:
        return torch.arange(rows) * 7 % self.count

    def reference(self, ids: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """The same in float64 by the loop."""
        x, after = self.vectors[ids].double().unsqueeze(1), {}
        for layer, (cell, params) in enumerate(zip(self.cells, self.params, strict=True)):
            own = {key: state[f"{key}.{layer}"].double() for key in cell.spec.states}
            x, ended = loop.run(cell, {key: value.double() for key, value in params.items()}, x, None, own)
            after |= {f"{key}.{layer}": value for key, value in ended.items()}
        bias = None if self.output.bias is None else self.output.bias.double()
        return torch.nn.functional.linear(x[:, 0], self.output.weight.double(), bias), after


def off_by(net: Net, rows: int, precision: str = "float32") -> float:
    """Largest difference of logits and states from the reference."""
    ids, state = net.ids(rows), net.state(rows)
    logits, after = net.decoder(precision).step(net.fed(ids), state)
    expected, ended = net.reference(ids, state)
    pairs = [(logits, expected), *((after[name], ended[name]) for name in ended)]
    assert list(after) == list(ended)
    return max(float((got - right).abs().max() / right.abs().max().clamp(min=1)) for got, right in pairs)


@every_cell
def test_a_step_is_the_loops(instructions, name):
    for units, layers, rows in itertools.product(UNITS, (1, 2), (1, 3, 17)):
        assert off_by(Net(name, units, layers=layers), rows) <= TOLERANCE[torch.float32], (units, layers, rows)


@every_cell
def test_whatever_it_reads_with_or_without_biases(instructions, name):
    for read, bias, precision in itertools.product(
        ("table", "vectors", "one-hot", "looked up"), (True, False), ("float32", "int8")
    ):
        bound = TOLERANCE[torch.float32] if precision == "float32" else INT8
        assert off_by(Net(name, 33, read=read, bias=bias), 3, precision) <= bound, (read, bias, precision)


@every_cell
def test_eight_bits_are_nearly_the_loops(instructions, name):
    for units, layers, rows in itertools.product(UNITS, (1, 2), (1, 3, 17)):
        assert off_by(Net(name, units, layers=layers), rows, "int8") <= INT8, (units, layers, rows)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_threads_and_rows_change_no_bit(threads, precision):
    net = Net("lstm", LARGE)
    decoder, ids, state = net.decoder(precision), net.ids(17), net.state(17)
    threads(1)
    alone, after = decoder.step(ids, state)
    threads(2)
    for _ in range(20):  # a team that does not pay sits out
        together, ended = decoder.step(ids, state)
        assert_same("logits", alone, together)
        assert_same("c", after["c.0"], ended["c.0"])
    one, _ = decoder.step(ids[5:6], {key: value[5:6] for key, value in state.items()})
    assert_same("one row", alone[5:6], one)
    assert off_by(net, 17, precision) <= (1e-5 if precision == "float32" else INT8)


def test_steps_follow_each_other_however_the_state_is_kept():
    """A state as it came, as a plain dict, with a row taken out, and one part of it replaced."""
    net = Net("lstm", 7, layers=2)
    decoder, ids = net.decoder(), net.ids(3)
    _, state = decoder.step(ids, net.state(3))
    expected, _ = net.reference(ids, state)
    for kept in (state, dict(state), {key: value.clone() for key, value in reversed(state.items())}):
        assert torch.allclose(decoder.step(ids, kept)[0].double(), expected, atol=1e-5)
    row = {key: value[1:2] for key, value in state.items()}
    assert torch.allclose(decoder.step(ids[1:2], row)[0].double(), expected[1:2], atol=1e-5)
    state["c.1"] = torch.zeros_like(state["c.1"])
    expected, _ = net.reference(ids, state)
    assert torch.allclose(decoder.step(ids, state)[0].double(), expected, atol=1e-5)
    assert torch.allclose(net.decoder().step(ids, state)[0].double(), expected, atol=1e-5)


def test_the_weights_are_those_of_its_making():
    net = Net("gru", 7)
    decoder = net.decoder()
    before, _ = decoder.step(net.ids(2), net.state(2))
    net.params[0]["weight_hh"].zero_()
    net.output.weight.zero_()
    assert_same("logits", before, decoder.step(net.ids(2), net.state(2))[0])


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_what_is_no_number_stays_none(precision):
    for spoil in ("params", "state"):
        net = Net("lstm", 33)
        state = net.state(2)
        (net.params[0]["weight_hh"] if spoil == "params" else state["h.0"])[0, 0] = torch.nan
        logits, _ = net.decoder(precision).step(net.ids(2), state)
        assert logits[0].isnan().all()
        assert bool(logits[1].isnan().any()) == (spoil == "params")


def peaked(count: int) -> Net:
    """Logits tens of nats apart, and some of them equal."""
    net = Net("elman", 16)
    weight = random_input(count, 16, dtype=torch.float32, seed=8) * 4
    weight[count // 2] = weight[0]
    net.output = Output(weight)
    return net


@pytest.mark.parametrize("count", [2, 17, 3000])
def test_it_draws_what_the_search_draws(instructions, count):
    net, rows = peaked(count), 16
    decoder, ids, state = net.decoder(), net.ids(16), net.state(16)
    logits, _ = decoder.step(ids, state)
    for temperature, top_k, top_p, forbidden in itertools.product(
        (0, 0.3, 1, 2.5), (0, 1, 2, 40), (1, 0.9, 0.01), (-1, 1)
    ):
        numbers = torch.rand(rows, dtype=torch.float64, generator=torch.Generator().manual_seed(top_k))
        scores = logits.clone()
        if forbidden >= 0:
            scores[:, forbidden] = -torch.inf
        sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
        expected = draw(filter_logits(torch.log_softmax(scores, -1), sampling), numbers)
        writer = CoreWriter(decoder, state, Drawing(temperature, top_k, top_p, forbidden))
        assert writer.next(ids, numbers).tolist() == expected.tolist(), (temperature, top_k, top_p, forbidden)


def test_log_p_of_what_was_drawn():
    net = peaked(17)
    decoder, ids, before = net.decoder(), net.ids(4), net.decoder().join(net.state(4), 4)
    drawn, logp = torch.empty_like(ids), torch.empty(4)
    how = Drawing(temperature=0.5, top_k=3, forbidden=2)
    assert decoder.draw(ids, before, torch.empty_like(before), torch.full((4,), 0.6).double(), drawn, how, logp)
    logits, _ = decoder.step(ids, net.state(4))
    logits[:, 2] = -torch.inf
    expected = torch.log_softmax(logits, -1).gather(1, drawn[:, None])[:, 0]
    assert torch.allclose(logp, expected, atol=1e-5)


def test_rows_that_are_let_go():
    net = peaked(17)
    decoder, ids, how = net.decoder(), net.ids(5), Drawing()
    writer = CoreWriter(decoder, net.state(5), how)
    numbers = torch.linspace(0, 0.99, 5, dtype=torch.float64)
    first = writer.next(ids, numbers)
    writer.keep(torch.tensor([4, 1]))
    alone = CoreWriter(decoder, {key: value[[4, 1]] for key, value in net.state(5).items()}, how)
    assert alone.next(ids[[4, 1]], numbers[[4, 1]]).tolist() == first[[4, 1]].tolist()
    assert writer.next(first[[4, 1]], numbers[:2]).tolist() == alone.next(first[[4, 1]], numbers[:2]).tolist()


def test_nothing_is_drawn_from_what_is_no_number():
    net = peaked(17)
    net.output.weight[3, 3] = torch.nan
    assert CoreWriter(net.decoder(), net.state(1), Drawing()).next(net.ids(1), torch.zeros(1).double()) is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (lstm.make(5, 7, peepholes=True), "the core has no cell 'lstm' with these options"),
        (lstm.make(5, 7, projection=3), "the core has no cell 'lstm' with these options"),
        (gru.make(5, 7, reset="before"), "the core has no cell 'gru' with these options"),
    ],
    ids=str,
)
def test_cells_that_it_refuses(cell, reason):
    assert refuse_decoder([cell], [random_params(cell, torch.float32)]) == reason
    with pytest.raises(BackendError, match=reason):
        CoreDecoder([cell], [random_params(cell, torch.float32)], cell.spec.states)


def test_types_that_it_refuses():
    cell = gru.make(5, 7)
    assert refuse_decoder([cell], [random_params(cell)]) == "the core steps float32 on the CPU, got float64 on cpu"
    assert refuse_decoder([cell], [random_params(cell, torch.float32)]) == ""


@pytest.mark.parametrize(
    ("ids", "change", "sentence"),
    [
        ([9], {}, r"step: symbol 9 is outside the vocabulary of 9"),
        ([-1], {}, r"step: symbol -1 is outside the vocabulary of 9"),
        ([[1]], {}, r"step: expected int64 \[B\] on cpu, got int64 \[1, 1\] on cpu"),
        ([], {}, r"step: expected int64 \[B\] on cpu, got int64 \[0\] on cpu"),
        ([1, 2], {}, r"state 'h\.0': expected float32 \[2, 7\] on cpu, got float32 \[1, 7\] on cpu"),
        ([1], {"h.0": torch.zeros(1, 7).double()}, r"state 'h\.0': expected float32 \[1, 7\] on cpu, got float64"),
        ([1], {"c.0": torch.zeros(1, 7)}, r"state: expected the names h\.0; got h\.0, c\.0"),
    ],
    ids=str,
)
def test_what_does_not_fit(ids, change, sentence):
    net = Net("gru", 7)
    with pytest.raises(ShapeError, match=f"^{sentence}"):
        net.decoder().step(torch.tensor(ids, dtype=torch.int64), {**net.state(1), **change})
