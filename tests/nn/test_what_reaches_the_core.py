"""Odd input on its way into the C++ core: strides, symbols, tracers and small types."""

import pytest
import torch

from weft.catalog import CELLS
from weft.errors import ShapeError
from weft.nn import LSTM, Recurrent
from weft.nn.losses import next_symbol_loss
from weft.nn.output import Full, output_loss
from weft.types import LookUp

from closeness import assert_close


@pytest.mark.parametrize("cell", CELLS.names())
def test_lengths_may_have_strides(cell):
    layer = Recurrent(cell=cell, input_size=5, hidden_size=7, bidirectional=True)
    x, lengths = torch.randn(3, 6, 5), torch.tensor([6, 0, 2, 0, 4, 0])[::2]
    assert_close("outputs", layer(x, lengths.clone())[0], layer(x, lengths)[0])
    assert_close("expanded", layer(x, torch.tensor([2, 2, 2]))[0], layer(x, torch.tensor([2]).expand(3))[0])


@pytest.mark.parametrize("cell", ["gru", "mingru"])
@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        (torch.ones(2, 3, dtype=torch.int32), "expected symbols int64 on cpu, got int32 on cpu"),
        (torch.ones(2, dtype=torch.int64), r"x: expected \[B, T, 5\]"),
    ],
)
def test_symbols_that_do_not_fit(cell, ids, sentence):
    with pytest.raises(ShapeError, match=sentence):
        Recurrent(cell=cell, input_size=5, hidden_size=7)(LookUp(torch.randn(4, 5), ids))


@pytest.mark.parametrize("wrong", [4, -1])
def test_a_symbol_outside_the_table(wrong):
    ids = torch.ones(4, 6, dtype=torch.int64)
    ids[2, 3] = wrong
    with pytest.raises(ShapeError, match="a symbol is outside the table of 4 symbols"):
        Recurrent(cell="lstm", input_size=5, hidden_size=7)(LookUp(torch.randn(4, 5), ids))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_a_traced_layer_runs():
    layer, x = LSTM(5, 7, batch_first=True), torch.randn(2, 4, 5)
    with torch.no_grad():
        traced = torch.jit.trace(layer, x, check_trace=False)
        other = torch.randn(2, 4, 5)
        assert_close("traced", layer(other)[0], traced(other)[0])


def test_a_large_loss_in_a_small_type_is_summed_in_float32():
    output, x = Full(4, 1 << 13).bfloat16(), torch.randn(2, 512, 4).bfloat16()
    targets, lengths = torch.randint(0, 1 << 13, (2, 512)), torch.tensor([512, 512])
    loss, count = output_loss(x, output, targets, lengths)
    assert (loss.dtype, count) == (torch.float32, 1024)
    assert_close("loss", next_symbol_loss(output(x), targets, lengths)[0], loss)
