"""What a recurrent layer refuses: each misfit is one sentence with what arrived and what was expected."""

import pytest
import torch

from weft.errors import BackendError, ConfigError, ShapeError
from weft.nn import Recurrent

from recurrences import IDS, VARIANTS, random_input

LENGTHS = torch.tensor([6, 2, 5, 1, 6])

every_cell = pytest.mark.parametrize("variant", VARIANTS, ids=IDS)


def make(variant, *, dtype=torch.float64, **options):
    torch.manual_seed(1)
    name, own = variant
    return Recurrent(cell=name, input_size=5, hidden_size=7, options=own, **options).to(dtype)


def test_a_layer_that_reads_from_both_ends_cannot_stream():
    layer = make(("gru", {}), bidirectional=True)
    for call in (lambda: layer.begin(1), lambda: layer.step(torch.zeros(1, 5).double(), layer.start(1))):
        with pytest.raises(
            ConfigError, match=r"^this layer reads each row from both ends and cannot stream: "
        ) as caught:
            call()
        assert caught.value.hint == "use bidirectional=False"


def test_wrong_streams():
    layer = make(("gru", {}))
    with pytest.raises(ShapeError, match=r"^begin: expected at least 1 row, got 0$"):
        layer.begin(0)
    with pytest.raises(ShapeError, match=r"^step: expected x \[B, 5\] \(rows, input width\), got \[2, 1, 5\]$"):
        layer.step(torch.zeros(2, 1, 5).double(), layer.begin(2))
    with pytest.raises(ShapeError, match=r"^state 'h\.0': expected \[2, 7\] .*, got \[3, 7\]$"):
        layer.step(torch.zeros(2, 5).double(), layer.begin(3))


def test_kernel_by_name_that_cannot_run():
    layer = make(("elman", {"activation": "sigmoid"}), kernel="fused")
    with pytest.raises(BackendError, match=r"^kernel 'fused' cannot run here: cell 'elman' .* has no twin in torch$"):
        layer(random_input(5, 6, 5), LENGTHS)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"cell": "lstn"}, ConfigError, r"^unknown cell 'lstn', did you mean 'lstm'\?$"),
        ({"kernel": "lop"}, ConfigError, r"^unknown kernel 'lop', did you mean 'loop'\?$"),
        ({"layers": 0}, ShapeError, r"^recurrent: layers must be at least 1, got 0$"),
        ({"dropout": 1.0}, ConfigError, r"^recurrent: dropout must be at least 0 and less than 1, got 1\.0$"),
        ({"hidden_size": 0}, ShapeError, r"^cell 'lstm': hidden_size must be at least 1, got 0$"),
        (
            {"cell": "gru", "options": {"rest": "after"}},
            ConfigError,
            r"^cell 'gru': unknown option 'rest', did .* 'reset'\?$",
        ),
        (
            {"options": {"peepholes": "yes"}},
            ConfigError,
            r"^cell 'lstm': option 'peepholes' must be true or false, got 'yes'$",
        ),
        (
            {"options": {"projection": True}},
            ConfigError,
            r"^cell 'lstm': option 'projection' must be a whole number, got True$",
        ),
        ({"options": {"cell_clip": "3"}}, ConfigError, r"^cell 'lstm': option 'cell_clip' must be a number, got '3'$"),
        ({"cell": "gru", "options": {"reset": 1}}, ConfigError, r"^cell 'gru': option 'reset' must be a word, got 1$"),
        ({"cell": "gru", "options": {"reset": "never"}}, ConfigError, r"^cell 'gru': unknown reset 'never'"),
        ({"zoneout": -0.1}, ConfigError, r"^recurrent: zoneout must be at least 0 and less than 1, got -0\.1$"),
        ({"weight_dropout": 1.5}, ConfigError, r"^recurrent: weight_dropout must be .*, got 1\.5$"),
        (
            {"cell": "mingru", "weight_dropout": 0.5},
            ConfigError,
            r"^recurrent: weight_dropout 0\.5 has nothing to drop, cell 'mingru' multiplies no matrix with its state$",
        ),
    ],
)
def test_wrong_options(options, error, sentence):
    with pytest.raises(error, match=sentence):
        Recurrent(**{"cell": "lstm", "input_size": 5, "hidden_size": 7, **options})


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (torch.zeros(5, 6, 4), r"^x: expected \[B, T, 5\] \(rows, steps, input width\), got \[5, 6, 4\]$"),
        (torch.zeros(5, 5), r"^x: expected \[B, T, 5\] .*, got \[5, 5\]$"),
        (torch.zeros(0, 6, 5), r"^x: expected at least one row and one step, got \[0, 6, 5\]$"),
        (torch.zeros(5, 0, 5), r"^x: expected at least one row and one step, got \[5, 0, 5\]$"),
        (torch.zeros(5, 6, 5).double(), r"^x: expected float32 as the layer's weights, got float64$"),
        (torch.zeros(5, 6, 5, device="meta"), r"^x: expected on cpu as the layer's weights, got meta$"),
    ],
)
def test_wrong_input(x, sentence):
    with pytest.raises(ShapeError, match=sentence):
        make(("lstm", {}), dtype=torch.float32)(x, LENGTHS)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@every_cell
def test_input_that_is_not_finite(variant, value):
    layer = make(variant, bidirectional=True)
    x = random_input(5, 6, 5)
    x[4, 3, 2] = x[1, 2, 0] = value
    with pytest.raises(ShapeError, match=rf"^x: expected finite numbers, got {value} in row 4, step 3, place 2$"):
        layer(x, LENGTHS)


def test_a_sum_that_overflows_is_a_false_alarm():
    layer = make(("gru", {}), dtype=torch.float32)
    y, _ = layer(torch.full((1, 2, 5), 3e38), torch.tensor([2]))
    assert torch.isfinite(y).all()


@pytest.mark.parametrize(
    ("lengths", "sentence"),
    [
        ([6, 2, 5, 0, 6], r"^lengths: expected 1 to 6 \(x has 6 steps\), got 0 in row 3$"),
        ([6, 7, 5, 1, 6], r"^lengths: expected 1 to 6 \(x has 6 steps\), got 7 in row 1$"),
        ([6, 2, 5], r"^lengths: expected int64 \[5\], one a row of x, got int64 \[3\]$"),
        ([6.0, 2.0, 5.0, 1.0, 6.0], r"^lengths: expected int64 \[5\], one a row of x, got float32 \[5\]$"),
    ],
)
def test_wrong_lengths(lengths, sentence):
    with pytest.raises(ShapeError, match=sentence):
        make(("lstm", {}))(random_input(5, 6, 5), torch.tensor(lengths))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"h.0": None}, r"^state: expected the names h\.0, c\.0; got c\.0$"),
        ({"h.0": None, "c.0": None}, r"^state: expected the names h\.0, c\.0; got none$"),
        ({"h.1": torch.zeros(5, 7)}, r"^state: expected the names h\.0, c\.0; got h\.0, c\.0, h\.1$"),
        ({"c.0": torch.zeros(4, 7)}, r"^state 'c\.0': expected \[5, 7\] \(rows of x, width\), got \[4, 7\]$"),
        ({"h.0": torch.zeros(5, 7)}, r"^state 'h\.0': expected float64 on cpu as .*, got float32 on cpu$"),
        ({"h.0": torch.zeros(5, 7, device="meta").double()}, r"expected float64 on cpu .*, got float64 on meta$"),
        (
            {"c.0": torch.eye(5, 7).double().log()},
            r"^state 'c\.0': expected finite numbers, got NaN or infinity in row 0$",
        ),
    ],
)
def test_a_state_that_does_not_fit(change, sentence):
    layer = make(("lstm", {}))
    state = {key: value for key, value in {**layer.start(5), **change}.items() if value is not None}
    with pytest.raises(ShapeError, match=sentence):
        layer(random_input(5, 6, 5), LENGTHS, state)


def test_what_is_no_tensor():
    layer = Recurrent(cell="lstm", input_size=5, hidden_size=7)
    x, h = torch.zeros(2, 3, 5), torch.zeros(2, 7)
    with pytest.raises(ShapeError, match=r"^x: expected a tensor \[B, T, 5\], got list$"):
        layer([[0.0]], None)
    with pytest.raises(ShapeError, match=r"^lengths: expected a tensor int64 \[2\], one a row of x, got list$"):
        layer(x, [3, 2])
    with pytest.raises(ShapeError, match=r"^state: expected tensors by their names h\.0, c\.0; got tuple$"):
        layer(x, None, (h, h))


def test_a_mask_is_no_lengths():
    layer = Recurrent(cell="lstm", input_size=5, hidden_size=7)
    with pytest.raises(ShapeError, match=r"^lengths: expected int64 \[2\], one a row of x, got bool \[2\]$"):
        layer(torch.zeros(2, 3, 5), torch.tensor([True, True]))


def test_float16_autocast_runs_an_lstm_on_the_loop():
    layer, x = Recurrent(cell="lstm", input_size=5, hidden_size=7), torch.zeros(2, 3, 5)
    with torch.autocast("cpu", torch.float16):
        assert layer.chosen_kernel(x) == "loop"
        y, _ = layer(x, torch.tensor([3, 2]))
    assert torch.isfinite(y).all()
