"""torch's own recurrent layers, for cells that have a twin there.

All rows equally long: one dense call (oneDNN runs float32 LSTMs on a CPU, cuDNN every twin on CUDA). Ragged rows: the
dense call with the padding made harmless, or torch's packed form where too large a share of the places is padding. One
time step: torch's single-step cell, which spares small calls the set-up of a whole layer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from weft.kernels._ragged import is_ragged, real_places
from weft.types import Cell, Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor

# torch tells each process once that its projected LSTM is not the fastest one; there is no choice to be made.
warnings.filterwarnings("ignore", message="LSTM with projections is not supported with oneDNN")

LAYERS: dict[str, Callable[..., Any]] = {
    "LSTM": torch.lstm,
    "GRU": torch.gru,
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
}
STEPS: dict[str, Callable[..., Any]] = {
    "LSTM": torch.lstm_cell,
    "GRU": torch.gru_cell,
    "RNN_TANH": torch.rnn_tanh_cell,
    "RNN_RELU": torch.rnn_relu_cell,
}
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
"""In the order torch's functions take them; those that a cell lacks are left out."""

DENSE_FROM = {"LSTM": (0.3, 0.65), "GRU": (0.65, 1.0), "RNN_TANH": (0.5, 1.0), "RNN_RELU": (2.0, 1.0)}
"""Share of real places from which a CPU runs ragged rows dense, (with, without) gradients: where the two cost the same,
measured over 32 rows of up to 40 steps with 128 units on one thread. ReLUs never do with gradients: nothing bounds a
state that runs on through padding, and the gradient of infinity, though blanked, is not a number."""

SHUT = 1e4
"""Added to a gate's sum it saturates the sigmoid in every float type: exactly 1, or at most 1e-38 when subtracted."""


def refuse(cell: Cell, x: Tensor) -> str:
    """Refuses cells whose ``Spec`` names no twin in torch, and LSTMs under float16 autocast on a CPU."""
    if not cell.spec.twin:
        return f"cell {cell.spec.name!r} with these options has no twin in torch"
    autocast = not x.is_cuda and torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.float16
    return "torch runs no LSTM under float16 autocast on a CPU" if autocast and cell.spec.twin == "LSTM" else ""


def run(cell: Cell, params: Params, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
    """Run a cell over time; arguments and results as in ``loop.run``."""
    spec = cell.spec
    weights = [params[name] for name in PARAMETERS if name in params]
    if x.shape[1] == 1 and "weight_hr" not in params:
        return _one_step(spec, weights, x, state)
    if x.is_cuda:
        weights = _in_one_piece(weights)
    if lengths is None or not is_ragged(lengths, x.shape[1]):
        return _dense(spec, weights, x, state)
    fill = int(lengths.sum()) / (x.shape[0] * x.shape[1])
    training, inference = DENSE_FROM[spec.twin]
    packs = x.is_cuda or fill < (training if torch.is_grad_enabled() else inference)
    if packs and not x.is_meta:  # torch packs no shapes without numbers
        return _packed(spec, weights, x, lengths, state)
    return _ragged(spec, weights, x, lengths, state)


def _one_step(spec: Spec, weights: list[Tensor], x: Tensor, state: State) -> tuple[Tensor, State]:
    start = [state[name] for name in spec.states]
    after = STEPS[spec.twin](x[:, 0], start if len(start) > 1 else start[0], *weights)
    after = after if isinstance(after, tuple) else (after,)
    return after[0].unsqueeze(1), dict(zip(spec.states, after, strict=True))


def _dense(spec: Spec, weights: list[Tensor], x: Tensor, state: State) -> tuple[Tensor, State]:
    gradients, biases = torch.is_grad_enabled(), "bias_ih" in spec.params
    y, *after = LAYERS[spec.twin](x, _start(spec, state), weights, biases, 1, 0.0, gradients, False, True)
    return y, _after(spec, after)


def _packed(spec: Spec, weights: list[Tensor], x: Tensor, lengths: Tensor, state: State) -> tuple[Tensor, State]:
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    order, back = packed.sorted_indices, packed.unsorted_indices
    assert order is not None, "enforce_sorted=False gives an order"
    assert back is not None, "enforce_sorted=False gives the way back"
    start = _start(spec, {name: value.index_select(0, order) for name, value in state.items()})
    run_packed = LAYERS[spec.twin]
    gradients, biases = torch.is_grad_enabled(), "bias_ih" in spec.params
    data, *after = run_packed(packed.data, packed.batch_sizes, start, weights, biases, 1, 0.0, gradients, False)
    outputs = PackedSequence(data, packed.batch_sizes, order, back)
    y, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    return y, {name: value.index_select(0, back) for name, value in _after(spec, after).items()}


def _ragged(spec: Spec, weights: list[Tensor], x: Tensor, lengths: Tensor, state: State) -> tuple[Tensor, State]:
    """Dense over padding: an output needs only the steps before it, so what padding gives can be blanked afterwards.

    The final h of a row is its output at its last real step. An LSTM's c is no output: there the padding holds it.
    """
    real = real_places(lengths, x.shape[1], x.device).unsqueeze(-1)
    x = x.masked_fill(~real, 0.0)
    if spec.twin == "LSTM":
        x, weights = _holding(spec, weights, x, real)
    y, after = _dense(spec, weights, x, state)
    last = torch.arange(len(lengths)) * x.shape[1] + lengths - 1
    after["h"] = y.reshape(-1, spec.output_size).index_select(0, last.to(x.device))
    return y.masked_fill(~real, 0.0), after


def _holding(spec: Spec, weights: list[Tensor], x: Tensor, real: Tensor) -> tuple[Tensor, list[Tensor]]:
    """One more input, 1 at padding, that shuts the input and output gate and opens the forget gate there.

    c then stays as it is (c * 1 + g * 0), its gradient too, and the saturated gates pass no gradient on.
    """
    gates = {"i": -SHUT, "f": SHUT, "g": 0.0, "o": -SHUT}
    column = torch.tensor([gates[gate] for gate in spec.gates], dtype=x.dtype, device=x.device)
    column = column.repeat_interleave(spec.hidden_size).unsqueeze(1)
    wider = torch.cat([weights[0], column], dim=1)
    return torch.cat([x, (~real).to(x.dtype)], dim=-1), [wider, *weights[1:]]


def _in_one_piece(weights: list[Tensor]) -> list[Tensor]:
    """The same parameters as views of one block of memory, in the order cuDNN wants (it would copy, and warn)."""
    block = torch.cat([weight.reshape(-1) for weight in weights])
    parts = torch.split(block, [weight.numel() for weight in weights])
    return [part.view(weight.shape) for part, weight in zip(parts, weights, strict=True)]


def _start(spec: Spec, state: State) -> Any:
    start = [state[name].unsqueeze(0) for name in spec.states]
    return start if len(start) > 1 else start[0]


def _after(spec: Spec, after: list[Tensor]) -> State:
    return {name: value.squeeze(0) for name, value in zip(spec.states, after, strict=True)}
