"""An n-gram model as a network: the arrays of counts, looked up, behind ``read``, ``begin`` and ``step``.

There is nothing to compute on a card and nothing to train: the arrays stay on the CPU and in the precision that the run
holds, and probabilities are summed in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from weft.errors import BackendError, ShapeError
from weft.ngram import Backoff
from weft.nn.stepper import check_precision
from weft.types import Reader, State, Step

NO_WEIGHTS = "an n-gram model is looked up and not computed, so there are no weights to pack"
CONTEXT = "context"


class NGramModel(nn.Module):
    """Symbols to log p of the next symbol.

    Numbers that are looked up (log p, back-off) are parameters that take no gradient, the keys to them buffers.

    Args:
        ngrams: the model.
        arrays: those that it was made of; they are saved under their own names, a point in a name as in torch's.
    """

    def __init__(self, ngrams: Backoff, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self.ngrams = ngrams
        for name, array in arrays.items():
            _hold(self, name, torch.from_numpy(np.ascontiguousarray(array)))

    def forward(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """As ``read``."""
        return self.read(ids, lengths, state)

    def read(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids int64 [B, T], lengths int64 [B], state of the symbols before -> log p float64 [B, T, V], zero at padding,
        and the next state."""
        before = self._checked(state, len(ids)) if state is not None else self.begin(len(ids))[CONTEXT]
        line = torch.cat([before, ids], dim=1)
        contexts = line.unfold(1, before.shape[1], 1) if before.shape[1] else line.new_zeros(*line.shape, 0)
        steps = torch.arange(ids.shape[1])
        real = steps < lengths[:, None]
        logp = torch.zeros(*ids.shape, self.ngrams.symbols, dtype=torch.float64)
        logp[real] = self._next(contexts[:, -ids.shape[1] :][real])
        return logp, {CONTEXT: contexts[torch.arange(len(ids)), lengths - 1 + contexts.shape[1] - ids.shape[1]]}

    def begin(self, n: int) -> State:
        """The state of ``n`` rows before their first symbol: the last order - 1 symbols, int64, ends of line."""
        if n < 1:
            raise ShapeError(f"begin: expected at least 1 row, got {n}")
        return {CONTEXT: torch.full((n, self.ngrams.order - 1), self.ngrams.end_id)}

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol a row, ids int64 [B] -> log p float64 [B, V] of the symbol after it, and the next state.

        The state may hold fewer symbols than ``begin`` gives: nothing else is known to stand before them.
        """
        before = self._checked(state, len(ids), fewer=True)
        context = torch.cat([before, ids[:, None]], dim=1)
        context = context[:, max(0, context.shape[1] - self.ngrams.order + 1) :]
        return self._next(context), {CONTEXT: context}

    def answer(self, y: Tensor) -> Tensor:
        """log p of the next symbols in nats: y itself."""
        return y

    def reader(self, precision: str = "float32") -> Reader:
        """There is none.

        Raises:
            BackendError: always, with the reason.
            ConfigError: no such precision.
        """
        check_precision(precision)
        raise BackendError(NO_WEIGHTS, hint="`begin` and `step` of the model itself read symbol by symbol")

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> NGramModel:
        """What moves or converts a network leaves this one as it is."""
        del fn, recurse
        return self

    def _next(self, context: Tensor) -> Tensor:
        return torch.from_numpy(self.ngrams.logp_next(context.numpy()))

    def _checked(self, state: State, rows: int, *, fewer: bool = False) -> Tensor:
        """The context in a state; ``fewer``: it may hold fewer symbols than the model looks back at.

        Raises:
            ShapeError: it is missing, or does not fit the model.
        """
        wanted, context = [rows, self.ngrams.order - 1], state.get(CONTEXT)
        if fewer and context is not None and context.dim() == 2:
            wanted[1] = min(wanted[1], context.shape[1])
        if context is None or list(context.shape) != wanted or context.dtype != torch.int64:
            got = "none" if context is None else f"{str(context.dtype).removeprefix('torch.')} {list(context.shape)}"
            raise ShapeError(f"state {CONTEXT!r}: expected int64 {wanted} (rows, order - 1), got {got}")
        if context.numel() and not 0 <= int(context.min()) <= int(context.max()) < self.ngrams.symbols:
            raise ShapeError(f"state {CONTEXT!r}: expected symbols from 0 to {self.ngrams.symbols - 1}")
        return context


class NGramDecoder:
    """An n-gram model as search sees it.

    Args:
        module: the model.
        forbidden: a symbol that is never proposed (the unknown one); its probability goes to the others.
        precision: "float32".
    Raises:
        BackendError: another precision, which only weights can have.
        ConfigError: no such precision.
    """

    def __init__(self, module: NGramModel, *, forbidden: int, precision: str = "float32") -> None:
        check_precision(precision)
        if precision != "float32":
            raise BackendError(f"precision {precision!r} cannot run here: {NO_WEIGHTS}", hint="leave --precision out")
        self._module = module
        self._forbidden = forbidden

    def start(self, n: int) -> State:
        """The start state of ``n`` rows."""
        return self._module.begin(n)

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [B]; logp float64 [B, V]."""
        logp, state = self._module.step(ids, state)
        logp[:, self._forbidden] = -torch.inf
        return Step(logp=torch.log_softmax(logp, dim=-1), state=state)

    def read_on(self, state: State, ids: Tensor) -> Step:
        """Feed the symbols of one row, ids int64 [N]: the last order - 1 of them say it all."""
        line = torch.cat([state[CONTEXT], ids[None, -self._module.ngrams.order :]], dim=1)
        before = line[:, max(0, line.shape[1] - self._module.ngrams.order) : -1]
        return self.step({CONTEXT: before}, ids[-1:])

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given rows, int64 [N]."""
        return {name: value[rows] for name, value in state.items()}


def _hold(module: nn.Module, name: str, tensor: Tensor) -> None:
    """Register a tensor under a name with points in it."""
    *parents, last = name.split(".")
    place: Any = module
    for parent in parents:
        if parent not in dict(place.named_children()):
            place.add_module(parent, nn.Module())
        place = place.get_submodule(parent)
    if tensor.is_floating_point():
        place.register_parameter(last, nn.Parameter(tensor, requires_grad=False))
    else:
        place.register_buffer(last, tensor)
