"""``RNN``, ``LSTM`` and ``GRU`` as torch.nn has them: same arguments, attributes, parameters, shapes and first numbers.

They differ from torch.nn in three things. A misuse raises one of Weft's errors, with what arrived and what fits, where
torch raises one of its own. NaN or infinity in an input on the CPU is such a misuse (torch returns NaN, or squashes the
infinity unnoticed). torch.jit.script does not compile them; torch.export does.
"""

# ruff: noqa: A002 - torch calls the argument ``input``

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from weft.errors import ConfigError
from weft.nn._torch_form import TorchForm

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.nn.utils.rnn import PackedSequence


class _OneState(TorchForm):
    """A layer whose state is h alone."""

    @overload
    def forward(self, input: PackedSequence, hx: Tensor | None = None) -> tuple[PackedSequence, Tensor]: ...

    @overload
    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]: ...

    def forward(  # torch's names
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        """Run over padded rows, all of them full, over one row without an axis of rows, or over packed ones.

        Args:
            input: [T, B, D], or [B, T, D] when ``batch_first``; one row [T, D]; or a packed sequence.
            hx: start state [layers * directions, B, H], for one row [layers * directions, H]; zeros when None.
        Returns:
            outputs as wide as directions * H in the form of the input, and the last state in the form of ``hx``.
        Raises:
            ShapeError: input or start state do not fit, or hold NaN or infinity.
        """
        y, (h,) = self.run_any(input, None if hx is None else (hx,))
        return y, h


class RNN(_OneState):
    """torch.nn.RNN over the cell ``elman``.

    Args:
        input_size, hidden_size: D and H.
        num_layers: how many recurrences stand on each other.
        nonlinearity: "tanh" or "relu".
        bias: whether there are biases.
        batch_first: padded input and output are [B, T, ...] instead of [T, B, ...]; states are not concerned.
        dropout: share of the values dropped between layers while training, 0 to 1.
        bidirectional: in both directions; the output is twice as wide.
        device, dtype: of the parameters.
    Raises:
        ConfigError, ShapeError: an argument that torch.nn.RNN refuses too.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ConfigError(
                f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}",
                hint="Recurrent(cell='elman', options={'activation': 'sigmoid'}) has the sigmoid too",
            )
        options = {"activation": nonlinearity}
        shape = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__("elman", options, *shape, 0, device, dtype)
        self.nonlinearity = nonlinearity


class LSTM(TorchForm):
    """torch.nn.LSTM over the cell ``lstm``.

    Args:
        input_size, hidden_size: D and H.
        num_layers: how many recurrences stand on each other.
        bias: whether there are biases.
        batch_first: padded input and output are [B, T, ...] instead of [T, B, ...]; states are not concerned.
        dropout: share of the values dropped between layers while training, 0 to 1.
        bidirectional: in both directions; the output is twice as wide.
        proj_size: P, width of a projected output; 0 for none (P = H).
        device, dtype: of the parameters.
    Raises:
        ConfigError, ShapeError: an argument that torch.nn.LSTM refuses too.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        options = {"projection": proj_size}
        shape = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__("lstm", options, *shape, proj_size, device, dtype)

    @overload
    def forward(
        self, input: PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[PackedSequence, tuple[Tensor, Tensor]]: ...

    @overload
    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]: ...

    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]:
        """Run over padded rows, all of them full, over one row without an axis of rows, or over packed ones.

        Args:
            input: [T, B, D], or [B, T, D] when ``batch_first``; one row [T, D]; or a packed sequence.
            hx: start states h [layers * directions, B, P] and c [layers * directions, B, H], for one row without B;
                zeros when None.
        Returns:
            outputs as wide as directions * P in the form of the input, and the last states in the form of ``hx``.
        Raises:
            ShapeError: input or start states do not fit, or hold NaN or infinity.
        """
        y, (h, c) = self.run_any(input, hx)
        return y, (h, c)


class GRU(_OneState):
    """torch.nn.GRU over the cell ``gru``, whose reset gate acts after the product with the state.

    Args:
        input_size, hidden_size: D and H.
        num_layers: how many recurrences stand on each other.
        bias: whether there are biases.
        batch_first: padded input and output are [B, T, ...] instead of [T, B, ...]; states are not concerned.
        dropout: share of the values dropped between layers while training, 0 to 1.
        bidirectional: in both directions; the output is twice as wide.
        device, dtype: of the parameters.
    Raises:
        ConfigError, ShapeError: an argument that torch.nn.GRU refuses too.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        shape = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__("gru", {}, *shape, 0, device, dtype)
