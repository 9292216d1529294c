"""Any cell, in any number of layers and in one or both directions, over ragged batches, with a state to carry on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from weft.catalog import KERNELS
from weft.config import Encoder
from weft.errors import ConfigError, ShapeError
from weft.nn._cells import stacked_cells
from weft.nn._stack import Stack
from weft.types import LookUp, State


class Recurrent(Stack):
    """Stacked recurrence of one cell.

    Parameters have torch's names (``weight_ih_l0``, ``bias_hh_l1_reverse``), so that the ``state_dict`` of a
    torch.nn.LSTM, GRU or RNN of the same sizes loads.

    Args:
        cell: a name of ``cells/``.
        input_size: D, width of the input.
        hidden_size: H, units of one direction.
        layers: how many recurrences stand on each other.
        last_hidden_size: units of one direction in the last of several layers; 0: as many as in the others.
        bidirectional: a second recurrence in every layer runs from each row's own end to its start; outputs are joined.
        options: the cell's own options by name: {"peepholes": True}.
        dropout: share of the values dropped between layers while training.
        locked: the dropout between layers draws one mask for all steps of a row.
        zoneout: share of the states' values that stay as they were the step before.
        weight_dropout: share of the entries dropped from the matrices that multiply the state, while training.
        learned_start: the state before the first step is learned, zeros at first.
        kernel: who runs it: auto, or a name of ``kernels/``.
    Attributes:
        width: of the output, directions * P (P = H unless the cell projects).
    Raises:
        ConfigError: no such cell, kernel or option, a value an option does not take, a share outside [0, 1), or a
            weight dropout for a cell without matrices of the state.
        ShapeError: a size or number of layers below 1.
    """

    def __init__(
        self,
        *,
        cell: str,
        input_size: int,
        hidden_size: int,
        layers: int = 1,
        last_hidden_size: int = 0,
        bidirectional: bool = False,
        options: Mapping[str, Any] | None = None,
        dropout: float = 0.0,
        locked: bool = False,
        zoneout: float = 0.0,
        weight_dropout: float = 0.0,
        learned_start: bool = False,
        kernel: str = "auto",
    ) -> None:
        if layers < 1:
            raise ShapeError(f"recurrent: layers must be at least 1, got {layers}")
        for what, share in (("dropout", dropout), ("zoneout", zoneout), ("weight_dropout", weight_dropout)):
            if not 0.0 <= share < 1.0:
                raise ConfigError(f"recurrent: {what} must be at least 0 and less than 1, got {share}")
        if kernel != "auto":
            KERNELS.path(kernel)
        sizes = [hidden_size] * (layers - 1) + [last_hidden_size or hidden_size]
        cells = stacked_cells(cell, input_size, sizes, 2 if bidirectional else 1, options or {})
        if weight_dropout and not cells[0].spec.state_weights:
            raise ConfigError(
                f"recurrent: weight_dropout {weight_dropout} has nothing to drop, cell {cell!r} multiplies no matrix"
                " with its state",
                hint="leave weight_dropout at 0, or use dropout between layers",
            )
        super().__init__(
            cells,
            bidirectional=bidirectional,
            dropout=dropout,
            locked=locked,
            zoneout=zoneout,
            weight_dropout=weight_dropout,
            learned_start=learned_start,
            kernel=kernel,
        )
        self.layers, self.hidden_size = layers, hidden_size

    @classmethod
    def of(cls, encoder: Encoder, input_size: int) -> Recurrent:
        """What the section ``[encoder]`` of a recipe describes, over inputs of width ``input_size``."""
        return cls(
            cell=encoder.cell,
            input_size=input_size,
            hidden_size=encoder.hidden,
            layers=encoder.layers,
            last_hidden_size=encoder.last_hidden,
            bidirectional=encoder.bidirectional,
            options=encoder.options,
            dropout=encoder.dropout,
            locked=encoder.locked,
            zoneout=encoder.zoneout,
            weight_dropout=encoder.weight_dropout,
            learned_start=encoder.learned_start,
            kernel=encoder.kernel,
        )

    def forward(
        self, x: Tensor | LookUp, lengths: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Run over a padded batch.

        Args:
            x: [B, T, D], what stands at padding does not matter; or symbols as ``Embedding.look_up`` gives them.
            lengths: int64 [B] on the CPU, 1 <= length <= T; None when every row has T steps.
            state: start state with the keys of ``state_sizes``, each [B, H]; that of ``start`` when None.
        Returns:
            outputs [B, T, width], zero at padding, and the state after each row's last real step (for the reverse
            direction, after the row's first step, where it ends).
        Raises:
            ShapeError: x, lengths or state do not fit, or hold NaN or infinity.
            BackendError: the kernel chosen by name cannot run this.
        """
        return self.run(x, lengths, state)

    def begin(self, n: int) -> State:
        """The state of ``n`` streams before their first ``step``.

        Raises:
            ConfigError: the layer is bidirectional.
            ShapeError: fewer than one stream.
        """
        self._check_streams()
        if n < 1:
            raise ShapeError(f"begin: expected at least 1 row, got {n}")
        return self.start(n)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One time step of every stream: x [B, D] and the state before it -> output [B, width] and the state after it.

        Raises:
            ConfigError: the layer is bidirectional.
            ShapeError: x or state do not fit.
        """
        self._check_streams()
        size = self.cells[0].spec.input_size
        if x.dim() != 2 or x.shape[1] != size:
            raise ShapeError(f"step: expected x [B, {size}] (rows, input width), got {list(x.shape)}")
        y, state = self.run(x.unsqueeze(1), None, state)
        return y.squeeze(1), state

    def extra_repr(self) -> str:
        """What ``print(module)`` shows."""
        spec, last = self.cells[0].spec, self.cells[-1].spec.hidden_size
        narrow = f", last {last}" if last != spec.hidden_size else ""
        directions = ", bidirectional" if len(self.endings) > 1 else ""
        return f"{spec.name}, {spec.input_size}, {spec.hidden_size}, layers={self.layers}{narrow}{directions}"

    def _check_streams(self) -> None:
        if len(self.endings) > 1:
            raise ConfigError(
                "this layer reads each row from both ends and cannot stream: its reverse direction starts at the end",
                hint="use bidirectional=False",
            )
