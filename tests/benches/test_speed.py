"""The benchmarks `recurrent`, `generate` and `train` at tiny sizes; a planted fault ends them."""

import pytest
import torch

from weft.benches import _machine, _rounds, generate, recurrent, train
from weft.benches._comparison import COLUMNS
from weft.benches._contract import BenchOptions
from weft.benches._rounds import Patience
from weft.benches.generate import onnx_runtime, single, steppers, writing
from weft.benches.recurrent import dense, dispatch, layers, ragged, tokens
from weft.benches.recurrent.layers import Pair, Shape
from weft.errors import BackendError
from weft.kernels import fused
from weft.nn import Recurrent

ONCE = Patience(rounds=1, seconds=0.0)


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Sizes at which nothing takes time."""
    for module in (recurrent, generate, train):
        monkeypatch.setattr(module, "QUICK", ONCE)
    small = {
        _rounds: {"REST": 0.0},
        _machine: {"SIDES": (8,), "MEMORY_BYTES": 1 << 14, "last_level_cache": lambda: 1 << 10},
        dense: {"ROWS": (2,), "UNITS": (8,), "STEPS": 4, "SHARE_ROWS": 2, "SHARE_UNITS": 8},
        ragged: {"ROWS": (3,), "UNITS": (8,), "STEPS": 4},
        tokens: {"UNITS": 8, "ROWS": 2, "STEPS": 4},
        dispatch: {"CALLS": 2},
        steppers: {"UNITS": 8},
        onnx_runtime: {"UNITS": 8},
        single: {"SETTLED": 0.0},
        writing: {"LENGTHS": (5, 9), "LOOP_LENGTH": 3},
        train: {"UPDATES": 2, "LARGE_UPDATES": 2, "LINES": 80, "VALID_LINES": 20},
    }
    for module, values in small.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)


@pytest.fixture
def options(tmp_path):
    return BenchOptions(None, full=False, seed=1, out=tmp_path / "out", progress=lambda line: None, threads=1)


def parts(report):
    return list(dict.fromkeys(row[0] for row in report.rows))


def test_recurrent_compares_every_part(options):
    report = recurrent.run(options)
    assert all(len(row) == len(COLUMNS) for row in report.rows)
    assert report.columns == COLUMNS
    one_call = dispatch.PART.format(dispatch.SHAPE)
    assert parts(report) == [dense.STEP, *dense.SHARES, ragged.STEP, ragged.PADDING, tokens.PART, one_call]
    assert report.rows[0][1] == "geometric mean of 3, least and largest"
    cases = {row[1] for row in report.rows if row[0] == dense.STEP}
    assert {"elman, B 2, H 8", "lstm, B 2, H 8", "gru, B 2, H 8"} < cases
    assert {row[8] for row in report.rows if row[0] == ragged.STEP} == {">= 2.5", ">= 1.8"}
    assert report.notes[0].endswith("wanted numbers met")
    assert report.machine["kernel"] == Pair(dispatch.SHAPE, 1).kernel
    assert report.machine["threads"] == 1
    assert [path.name for path in report.pictures] == ["recurrent.png"]


def test_full_adds_shares_and_no_picture_is_drawn_without_a_folder(monkeypatch, options):
    monkeypatch.setattr(dense, "SHARE_ROWS", 3)
    shapes = list(dense.shapes(full=True))
    assert [shape.rows for shape, compared in shapes if not compared] == [3, 3, 3]
    monkeypatch.setattr(recurrent, "_rows", lambda options, limits: iter(()))
    assert recurrent.run(BenchOptions(**{**vars(options), "out": None})).pictures == ()


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", layers.TWINS)
def test_both_layers_are_held_against_the_reference(cell, bidirectional):
    shape = Shape(cell, 3, 8, 4, bidirectional)
    for lengths in (None, torch.tensor([2, 4, 1])):
        assert 0 < Pair(shape, 1, lengths).check() < 1e-5


@pytest.mark.parametrize("ours", [True, False])
def test_a_wrong_kernel_is_not_timed(monkeypatch, options, ours):
    """Outputs are right, the gradient of the input is not."""
    monkeypatch.setattr(layers, "KERNEL", "fused" if ours else "loop")
    run = fused.run

    def wrong(cell, params, x, lengths, state):
        doubled = 2.0 * x - x.detach() if x.requires_grad else x
        return run(cell, params, doubled, lengths, state)

    monkeypatch.setattr(fused, "run", wrong)
    if ours:
        with pytest.raises(BackendError, match=r"kernel fused, elman, B 2, H 8: gradient of x is off by .* not timed"):
            recurrent.run(options)
        with pytest.raises(BackendError, match="kernel fused, lstm"):
            ragged.measure(Shape("lstm", 2, 8, 4), patience=ONCE, seed=1)
    else:
        Pair(Shape("elman", 2, 8, 4), 1).check()


def test_lengths_reach_from_a_tenth_to_all_steps():
    lengths = ragged.drawn_lengths(Shape("lstm", 500, 8, 64), 1)
    assert (int(lengths.min()), int(lengths.max())) == (6, 64)
    assert 0.5 < float(lengths.float().mean()) / 64 < 0.6


def test_generate_compares_every_part(options):
    report = generate.run(options)
    assert all(len(row) == len(COLUMNS) for row in report.rows)
    rows = {row[1]: row for row in report.rows}
    assert {"float32 against torch.nn.LSTM", "float32 against LSTMCell loop"} < set(rows)
    onnx = next(row for case, row in rows.items() if "onnxruntime" in case)
    assert (onnx[9] == "") == bool(onnx_runtime.absence())
    assert {"float32, 5 characters", "float32, 9 characters"} < {
        row[1] for row in report.rows if row[0] == writing.PART
    }
    assert [path.name for path in report.pictures] == ["generate.png"]


def test_without_the_core_the_network_steps_itself_and_int8_is_no_number(monkeypatch, options):
    def absent(*_):
        raise BackendError("no core")

    monkeypatch.setattr(steppers, "core_stepper", absent)
    report = generate.run(options)
    rows = {row[1]: row for row in report.rows}
    assert rows["int8 against float32: needs the C++ core"][3:8] == (None,) * 5
    assert rows["float32 against torch.nn.LSTM"][5] > 0
    assert report.machine["steps taken by"] == "torch: no core"


def test_a_wrong_step_is_not_timed(monkeypatch):
    module = steppers.network(65, 1)
    right = steppers.cell_stepper(module)
    with pytest.raises(BackendError, match="cells: logits is off by"):
        steppers.check("cells", lambda symbol: right(symbol) + (symbol > 60) * 1e-3, module)
    symbols = writing.codec()
    assert symbols.size == 65
    written = writing.model(module, symbols)
    monkeypatch.setattr(writing, "reference", lambda module: steppers.network(65, 2))
    with pytest.raises(BackendError, match="the reference"):
        writing.check(written, symbols)


@pytest.mark.parametrize(("number", "name"), [(0, "language-model"), (2, "the same by lines")])
def test_train_compares_kernels_and_plain_torch(monkeypatch, options, number, name):
    _only(monkeypatch, number)
    report = train.run(options)
    assert [row[:2] for row in report.rows] == [(train.PART.format(words), name) for words in train.OTHERS.values()]
    assert all(row[3] > 0 and row[4] > 0 and row[5] > 0 and float(row[-1]) < 1e-5 for row in report.rows)


def test_a_classifier_is_checked_and_its_kernels_are_told_apart(monkeypatch, options):
    def train_or_stop(recipe, *, listener, **given):
        listener.tokens_per_second = {"auto": 100.0, "fused": 50.0}[recipe.encoder.kernel]

    monkeypatch.setattr(train, "train_or_stop", train_or_stop)
    _only(monkeypatch, 3)
    against_fused, against_plain = train.run(options).rows
    assert against_fused[3:8] == (100.0, 50.0, 2.0, 2.0, 2.0)
    assert float(against_fused[-1]) < 1e-5
    assert against_plain[4] > 0


def test_a_wrong_loss_is_not_timed(monkeypatch, options):
    _only(monkeypatch, 0)
    forward = Recurrent.forward

    def wrong(self, x, lengths=None, state=None):
        y, state = forward(self, x, lengths, state)
        return (1.001 * y if self.kernel == "fused" else y), state

    monkeypatch.setattr(Recurrent, "forward", wrong)
    with pytest.raises(BackendError, match=r"kernel fused: .* is off by"):
        train.run(options)


def _only(monkeypatch, number):
    """One of the trainings, with eight units."""
    job = train.jobs()[number]
    small = {"embedding": {"size": 8}, "encoder": {**job.recipe["encoder"], "hidden": 8}}
    small_job = train.Job(job.name, {**job.recipe, **small}, job.data, job.make)
    monkeypatch.setattr(train, "jobs", lambda: (small_job,))
