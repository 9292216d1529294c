"""The same layer twice, ours and torch's: same weights, same input, held against the reference before it is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from weft.benches._agreement import largest_difference
from weft.benches._rounds import Parts, Work
from weft.nn import Recurrent
from weft.types import State

KERNEL = "auto"
"""Who runs ours."""
REFERENCE = "loop"
TWINS: dict[str, Callable[..., nn.RNNBase]] = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}

Answer = Callable[[Tensor, State], tuple[Tensor, State]]
"""x [B, T, D] and the start state to the outputs and the state after each row's last step."""


@dataclass(frozen=True)
class Shape:
    """One layer over one batch; the input is as wide as the layer."""

    cell: str
    rows: int
    units: int
    steps: int
    bidirectional: bool = False

    def __str__(self) -> str:
        return f"{self.cell}, B {self.rows}, H {self.units}{', both directions' if self.bidirectional else ''}"


class Pair:
    """Our layer and torch's with the same weights, an input, and the gradient that arrives at the outputs.

    Args:
        shape: of both.
        seed: of everything that is drawn.
        lengths: int64 [B], the longest of them T; None: every row has T steps.
    """

    def __init__(self, shape: Shape, seed: int, lengths: Tensor | None = None) -> None:
        torch.manual_seed(seed)
        self.shape, self.lengths = shape, lengths
        self.ours = _recurrent(shape, KERNEL)
        self.theirs = TWINS[shape.cell](shape.units, shape.units, batch_first=True, bidirectional=shape.bidirectional)
        self.theirs.load_state_dict(self.ours.state_dict())
        self.x = torch.randn(shape.rows, shape.steps, shape.units, requires_grad=True)
        self.upstream = torch.randn(shape.rows, shape.steps, self.ours.width)

    @property
    def kernel(self) -> str:
        """The name of the kernel that runs ours."""
        return self.ours.chosen_kernel(self.x)

    @property
    def products(self) -> int:
        """Floating-point operations of the matrix products of a forward pass; a backward pass has twice as many."""
        weights = sum(value.numel() for name, value in self.ours.named_parameters() if name.startswith("weight"))
        return 2 * weights * self.shape.rows * self.shape.steps

    def check(self) -> float:
        """Hold both against the reference in float64, from a start state that is not zero; ours is how far off.

        Compared: outputs, the state after each row's last step, and the gradients of input, parameters and start state.

        Raises:
            BackendError: one of the two is wrong.
        """
        reference = _recurrent(self.shape, REFERENCE).double()
        reference.load_state_dict(self.ours.state_dict())
        right = self._everything(reference, lambda x, start: reference(x, self.lengths, start), torch.float64)
        mine = self._everything(self.ours, lambda x, start: self.ours(x, self.lengths, start), torch.float32)
        torchs = self._everything(self.theirs, self._through_torch, torch.float32)
        largest_difference(f"torch.nn, {self.shape}", right, torchs)
        return largest_difference(f"kernel {self.kernel}, {self.shape}", right, mine)

    def our_step(self, part: str, *, dense: bool = False) -> Work:
        """Forward and backward of ours; ``dense``: as if every row had all steps."""
        lengths = None if dense else self.lengths
        return _step(part, lambda: self.ours(self.x, lengths)[0], [self.x, *self.ours.parameters()], self.upstream)

    def torch_step(self, part: str) -> Work:
        """Forward and backward of torch's; ragged rows are packed and padded again, as its users do."""
        return _step(part, self._torch_outputs, [self.x, *self.theirs.parameters()], self.upstream)

    def _torch_outputs(self) -> Tensor:
        return self._run_torch(self.x)[0]

    def _run_torch(self, x: Tensor, start: Any = None) -> tuple[Tensor, Any]:
        if self.lengths is None:
            y, after = self.theirs(x, start)
            return y, after
        packed = pack_padded_sequence(x, self.lengths, batch_first=True, enforce_sorted=False)
        outputs, after = self.theirs(packed, start)
        return pad_packed_sequence(outputs, batch_first=True)[0], after

    def _through_torch(self, x: Tensor, start: State) -> tuple[Tensor, State]:
        """torch's layer with named states; it stacks the directions of each."""
        names = list(self.ours.cells[0].spec.states)
        places = [[key for key in start if key.partition(".")[0] == name] for name in names]
        stacked = tuple(torch.stack([start[key] for key in keys]) for keys in places)
        y, after = self._run_torch(x, stacked if len(stacked) > 1 else stacked[0])
        ended = after if isinstance(after, tuple) else (after,)
        pairs = zip(places, ended, strict=True)
        return y, {key: value[number] for keys, value in pairs for number, key in enumerate(keys)}

    def _everything(self, layer: nn.Module, answer: Answer, dtype: torch.dtype) -> dict[str, Tensor]:
        drawn = torch.Generator().manual_seed(len(self.x))
        sizes = self.ours.state_sizes()
        start = {
            name: torch.randn(len(self.x), size, generator=drawn).to(dtype).requires_grad_()
            for name, size in sizes.items()
        }
        x = self.x.detach().to(dtype).requires_grad_()
        y, after = answer(x, start)
        outputs = {"outputs": y, **{f"final {name}": after[name] for name in sizes}}
        upstream = [torch.randn(value.shape, generator=drawn).to(dtype) for value in outputs.values()]
        inputs = {"x": x, **dict(layer.named_parameters()), **{f"start {name}": start[name] for name in sizes}}
        return {**_detached(outputs), **_gradients(outputs, inputs, upstream)}


def passes(part: str) -> tuple[str, str]:
    """The names of a step's two parts."""
    return f"{part} forward", f"{part} backward"


def whole(parts: Parts, part: str) -> float:
    """Seconds of a step's forward and backward pass."""
    return sum(parts[name] for name in passes(part))


def _recurrent(shape: Shape, kernel: str) -> Recurrent:
    return Recurrent(
        cell=shape.cell,
        input_size=shape.units,
        hidden_size=shape.units,
        bidirectional=shape.bidirectional,
        kernel=kernel,
    )


def _step(part: str, outputs: Callable[[], Tensor], inputs: Sequence[Tensor], upstream: Tensor) -> Work:
    forward, backward = passes(part)

    def work() -> Parts:
        begun = time.perf_counter()
        y = outputs()
        between = time.perf_counter()
        torch.autograd.grad(y, inputs, upstream)
        return {forward: between - begun, backward: time.perf_counter() - between}

    return work


def _gradients(
    outputs: Mapping[str, Tensor], inputs: Mapping[str, Tensor], upstream: Sequence[Tensor]
) -> dict[str, Tensor]:
    found = torch.autograd.grad(list(outputs.values()), list(inputs.values()), upstream)
    return {f"gradient of {name}": value for name, value in zip(inputs, found, strict=True)}


def _detached(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in values.items()}
