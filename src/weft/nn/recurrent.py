"""Any cell, in any number of layers and in one or both directions, over ragged batches, with a state to carry on.

Layers, directions, lengths, dropout and states are handled here, once, for every cell.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from weft.catalog import CELLS, KERNELS
from weft.config import Encoder
from weft.errors import ConfigError, ShapeError
from weft.kernels import choose, turn_round
from weft.nn import _fit
from weft.types import Cell, Params, State


class Recurrent(nn.Module):
    """Stacked recurrence of one cell.

    Parameters have torch's names (``weight_ih_l0``, ``bias_hh_l1_reverse``), so that the ``state_dict`` of a
    torch.nn.LSTM, GRU or RNN of the same sizes loads.

    Args:
        cell: a name of ``cells/``.
        input_size: D, width of the input.
        hidden_size: H, units of one direction.
        layers: how many recurrences stand on each other.
        bidirectional: a second recurrence in every layer runs from each row's own end to its start; outputs are joined.
        dropout: share of the values dropped between layers while training.
        activation: for cells that have one (elman): tanh, sigmoid, relu.
        kernel: who runs it: auto, or a name of ``kernels/``.
    Attributes:
        width: of the output, directions * H.
    Raises:
        ConfigError: no such cell, kernel or activation, or a dropout outside [0, 1).
        ShapeError: a size or number of layers below 1.
    """

    def __init__(
        self,
        *,
        cell: str,
        input_size: int,
        hidden_size: int,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        activation: str = "tanh",
        kernel: str = "auto",
    ) -> None:
        super().__init__()
        if layers < 1:
            raise ShapeError(f"recurrent: layers must be at least 1, got {layers}")
        if not 0.0 <= dropout < 1.0:
            raise ConfigError(f"recurrent: dropout must be at least 0 and less than 1, got {dropout}")
        if kernel != "auto":
            KERNELS.path(kernel)
        self.layers, self.hidden_size, self.kernel = layers, hidden_size, kernel
        self.dropout = dropout
        self.endings = ("", "_reverse") if bidirectional else ("",)
        self.width = hidden_size * len(self.endings)
        options = _options(cell, activation)
        make = CELLS.load(cell).make
        self.cells: list[Cell] = [
            make(self.width if layer else input_size, hidden_size, **options) for layer in range(layers)
        ]
        for layer in range(layers):
            for ending in self.endings:
                self._add_parameters(layer, ending)

    @classmethod
    def of(cls, encoder: Encoder, input_size: int) -> Recurrent:
        """What the section ``[encoder]`` of a recipe describes, over inputs of width ``input_size``."""
        return cls(
            cell=encoder.cell,
            input_size=input_size,
            hidden_size=encoder.hidden,
            layers=encoder.layers,
            bidirectional=encoder.bidirectional,
            dropout=encoder.dropout,
            activation=encoder.activation,
            kernel=encoder.kernel,
        )

    def start(self, n: int) -> State:
        """The state of ``n`` rows before their first step: zeros, each [n, H], of the parameters' type and device."""
        example = next(self.parameters())
        return {key: example.new_zeros(n, size) for key, size in self.state_sizes().items()}

    def state_sizes(self) -> dict[str, int]:
        """Names and widths of the states: "h.0", "c.0", "h.0.reverse"... ."""
        return {
            _key(name, layer, ending): size
            for layer, cell in enumerate(self.cells)
            for ending in self.endings
            for name, size in cell.spec.states.items()
        }

    def forward(self, x: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over a padded batch.

        Args:
            x: [B, T, D]; what stands at padding does not matter.
            lengths: int64 [B] on the CPU, 1 <= length <= T.
            state: start state with the keys of ``state_sizes``, each [B, H]; zeros when None.
        Returns:
            outputs [B, T, directions * H], zero at padding, and the state after each row's last real step (for the
            reverse direction, after the row's first step, where it ends).
        Raises:
            ShapeError: x, lengths or state do not fit.
            BackendError: the kernel chosen by name cannot run this.
        """
        weight = next(self.parameters())
        x = _fit.checked_input(x, weight, self.cells[0].spec.input_size)
        lengths = _fit.checked_lengths(lengths, x)
        if state is None:
            state = self.start(x.shape[0])
        else:
            _fit.check_state(state, self.state_sizes(), weight, x.shape[0])
        steps, longest = x.shape[1], int(lengths.max())
        y, after = x[:, :longest], {}
        for layer in range(self.layers):
            if layer:
                y = functional.dropout(y, self.dropout, self.training)
            outputs = []
            for ending in self.endings:
                output, ended = self._direction(layer, ending, y, lengths, state)
                outputs.append(output)
                after.update(ended)
            y = torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0]
        return (functional.pad(y, (0, 0, 0, steps - longest)) if longest < steps else y), after

    def chosen_kernel(self, x: Tensor) -> str:
        """Name of the kernel that would run an input x [B, T, D].

        Raises:
            BackendError: the kernel chosen by name cannot run it.
        """
        return choose(self.kernel, self.cells[0], x)[0]

    def extra_repr(self) -> str:
        """What ``print(module)`` shows."""
        spec = self.cells[0].spec
        directions = ", bidirectional" if len(self.endings) > 1 else ""
        return f"{spec.name}, {spec.input_size}, {spec.hidden_size}, layers={self.layers}{directions}"

    def _direction(self, layer: int, ending: str, x: Tensor, lengths: Tensor, state: State) -> tuple[Tensor, State]:
        cell = self.cells[layer]
        _, kernel = choose(self.kernel, cell, x)
        if ending:
            x = turn_round(x, lengths)
        own = {name: state[_key(name, layer, ending)] for name in cell.spec.states}
        y, after = kernel.run(cell, self._params(layer, ending), x, lengths, own)
        if ending:
            y = turn_round(y, lengths)
        # Autocast computes in a smaller type; what is carried on keeps its own.
        return y, {_key(name, layer, ending): value.to(own[name].dtype) for name, value in after.items()}

    def _add_parameters(self, layer: int, ending: str) -> None:
        cell = self.cells[layer]
        for name, shape in cell.spec.params.items():
            self.register_parameter(f"{name}_l{layer}{ending}", nn.Parameter(torch.empty(shape)))
        cell.init(self._params(layer, ending))

    def _params(self, layer: int, ending: str) -> Params:
        return {name: getattr(self, f"{name}_l{layer}{ending}") for name in self.cells[layer].spec.params}


def _key(name: str, layer: int, ending: str) -> str:
    return f"{name}.{layer}{ending.replace('_', '.')}"


def _options(cell: str, activation: str) -> dict[str, Any]:
    if "activation" in inspect.signature(CELLS.load(cell).make).parameters:
        return {"activation": activation}
    if activation != "tanh":
        raise ConfigError(f"cell {cell!r} has no choice of activation, got {activation!r}", hint="leave it out")
    return {}
