"""What every recurrent layer shares: cells over each other and in both directions, dropouts, lengths and states, once.

``Recurrent`` and the drop-ins for torch.nn say what cells there are and how they are called; everything else is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from weft import kernels
from weft.nn import _fit
from weft.nn._zoneout import Zoneout
from weft.nn.dropout import dropped
from weft.types import Cell, LookUp, Params, State

ENDINGS = ("", "_reverse")
START = "start_"
"""Begins the name of a learned start: ``start_h_l0``."""


class Stack(nn.Module):
    """Layers of cells; the parameters have torch's names: ``weight_ih_l0``, ``bias_hh_l1_reverse``.

    Args:
        cells: one a layer, each as wide in its input as all directions of the one below are in their output.
        bidirectional: a second recurrence in every layer runs from each row's own end to its start; outputs are joined.
        dropout: share of the values dropped between layers while training.
        locked: one dropout mask for all steps of a row (Y. Gal and Z. Ghahramani, NIPS 2016; S. Merity et al., ICLR
            2018) instead of one a step.
        zoneout: share of the states' values that stay as they were the step before (``Zoneout``).
        weight_dropout: share of the entries dropped from the matrices that multiply the state, one mask a call while
            training (DropConnect; S. Merity et al., ICLR 2018).
        learned_start: the state before the first step is learned: ``start_h_l0``..., zeros at first.
        kernel: who runs it: auto, or a name of ``kernels/``.
        device, dtype: of the parameters.
    Attributes:
        width: of the output.
        fewest_rows: that ``run`` takes.
    """

    fewest_rows = 1

    def __init__(
        self,
        cells: Sequence[Cell],
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        locked: bool = False,
        zoneout: float = 0.0,
        weight_dropout: float = 0.0,
        learned_start: bool = False,
        kernel: str = "auto",
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.cells = tuple(cells)
        self.endings = ENDINGS if bidirectional else ENDINGS[:1]
        self.dropout, self.locked, self.zoneout, self.weight_dropout = dropout, locked, zoneout, weight_dropout
        self.learned_start, self.kernel = learned_start, kernel
        self.width = self.cells[-1].spec.output_size * len(self.endings)
        for layer, ending in self.places():
            for name, shape in self._shapes(layer).items():
                empty = torch.empty(shape, device=device, dtype=dtype)
                self.register_parameter(f"{name}_l{layer}{ending}", nn.Parameter(empty))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew, as each cell wants them; a learned start is zeros."""
        for layer, ending in self.places():
            self.cells[layer].init(self.parameters_of(layer, ending))
            if self.learned_start:
                for name in self.cells[layer].spec.states:
                    nn.init.zeros_(getattr(self, f"{START}{name}_l{layer}{ending}"))

    def start(self, n: int) -> State:
        """The state of ``n`` rows before their first step, of the parameters' type and device: zeros or as learned."""
        example, state = self.example(), {}
        for layer, ending in self.places():
            for name, size in self.cells[layer].spec.states.items():
                state[state_key(name, layer, ending)] = (
                    getattr(self, f"{START}{name}_l{layer}{ending}").repeat(n, 1)
                    if self.learned_start
                    else example.new_zeros(n, size)
                )
        return state

    def state_sizes(self) -> dict[str, int]:
        """Names and widths of the states: "h.0", "c.0", "h.0.reverse"... ."""
        return {
            state_key(name, layer, ending): size
            for layer, ending in self.places()
            for name, size in self.cells[layer].spec.states.items()
        }

    def places(self) -> Iterable[tuple[int, str]]:
        """Every layer with every ending of its parameters' names ("", "_reverse"), in their order."""
        return ((layer, ending) for layer in range(len(self.cells)) for ending in self.endings)

    def parameters_of(self, layer: int, ending: str) -> dict[str, nn.Parameter]:
        """The cell's parameters of one layer and direction."""
        return {name: getattr(self, f"{name}_l{layer}{ending}") for name in self.cells[layer].spec.params}

    def example(self) -> Tensor:
        """A parameter, for its type and device."""
        weight: Tensor = getattr(self, f"{next(iter(self.cells[0].spec.params))}_l0")
        return weight

    def run(self, x: Tensor | LookUp, lengths: Tensor | None, state: State | None = None) -> tuple[Tensor, State]:
        """Run over a padded batch.

        Args:
            x: [B, T, D], what stands at padding does not matter; or symbols with their vectors.
            lengths: int64 [B] on the CPU, 1 <= length <= T; None when every row has T steps.
            state: start state with the keys of ``state_sizes``, each [B, H]; that of ``start`` when None.
        Returns:
            outputs [B, T, width], zero at padding, and the state after each row's last real step (for the reverse
            direction, after the row's first step, where it ends).
        Raises:
            ShapeError: x, lengths or state do not fit, or hold NaN or infinity.
            BackendError: the kernel chosen by name cannot run this.
        """
        example = self.example()
        x = _fit.checked_input(x, example, self.cells[0].spec.input_size, self.fewest_rows)
        places = x.ids if isinstance(x, LookUp) else x
        lengths = None if lengths is None else _fit.checked_lengths(lengths, places)
        _fit.check_finite(x, lengths)
        if state is None:
            state = self.start(len(places))
        else:
            _fit.check_state(state, self.state_sizes(), example, len(places))
        if lengths is None:
            return self._layers(x, None, state)
        steps, longest = places.shape[1], int(lengths.max())
        x = LookUp(x.table, x.ids[:, :longest]) if isinstance(x, LookUp) else x[:, :longest]
        y, after = self._layers(x, lengths, state)
        return (functional.pad(y, (0, 0, 0, steps - longest)) if longest < steps else y), after

    def chosen_kernel(self, x: Tensor) -> str:
        """Name of the kernel that would run an input x [B, T, D].

        Raises:
            BackendError: the kernel chosen by name cannot run it.
        """
        return kernels.choose(self.kernel, self._cell(0), x)[0]

    def _layers(self, x: Tensor | LookUp, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
        after: State = {}
        for layer in range(len(self.cells)):
            outputs = []
            for ending in self.endings:
                output, ended = self._direction(layer, ending, x, lengths, state)
                outputs.append(output)
                after.update(ended)
            y = torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0]
            x = dropped(y, self.dropout, self.training, locked=self.locked) if layer + 1 < len(self.cells) else y
        return y, after

    def _direction(
        self, layer: int, ending: str, x: Tensor | LookUp, lengths: Tensor | None, state: State
    ) -> tuple[Tensor, State]:
        cell = self._cell(layer)
        own = {name: state[state_key(name, layer, ending)] for name in cell.spec.states}
        params = self._thinned(layer, ending)
        y, after = kernels.run(self.kernel, cell, params, x, lengths, own, reverse=bool(ending))
        # Autocast computes in a smaller type; what is carried on keeps its own.
        return y, {state_key(name, layer, ending): value.to(own[name].dtype) for name, value in after.items()}

    def _cell(self, layer: int) -> Cell:
        cell = self.cells[layer]
        return Zoneout(cell, self.zoneout, self.training) if self.zoneout else cell

    def _thinned(self, layer: int, ending: str) -> Params:
        params = self.parameters_of(layer, ending)
        if not self.weight_dropout or not self.training:
            return params
        thinned = {
            name: functional.dropout(params[name], self.weight_dropout) for name in self.cells[layer].spec.state_weights
        }
        return {**params, **thinned}

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        spec = self.cells[layer].spec
        starts = {f"{START}{name}": (size,) for name, size in spec.states.items()} if self.learned_start else {}
        return {**spec.params, **starts}


def state_key(name: str, layer: int, ending: str) -> str:
    """The name of a state in a layer and direction: "c.0.reverse"."""
    return f"{name}.{layer}{ending.replace('_', '.')}"
