"""What a hypothesis may hold: constraints that beam search asks before every choice.

A constraint is a callable: of the prefixes int64 [R, t] and the numbers of the rows' sources int64 [R] it returns which
symbols may come next, bool [R, V], the stop symbol's column included; None when all may. Constraints of others are
functions of the same form. They are joined by ``Every``.

What is not allowed loses its probability and what is allowed keeps the model's own: log-probabilities are not
normalised again, so hypotheses of the same source compare as without the constraint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from weft.errors import ConfigError, ShapeError

Allowed = Callable[[Tensor, Tensor], Tensor | None]
"""Prefixes int64 [R, t], the rows' sources int64 [R] -> bool [R, V], which symbols may come next; None: all."""


class Only:
    """Only these symbols, at every place.

    Args:
        symbols: bool [V]. The stop symbol counts too: without it every hypothesis runs to its longest length.
    Raises:
        ShapeError: not bool [V].
    """

    def __init__(self, symbols: Tensor) -> None:
        if symbols.dtype != torch.bool or symbols.ndim != 1:
            raise ShapeError(
                f"symbols: expected bool [V], got {str(symbols.dtype).removeprefix('torch.')} {list(symbols.shape)}"
            )
        self._symbols = symbols

    def __call__(self, prefixes: Tensor, sources: Tensor) -> Tensor:
        """bool [R, V]."""
        return self._symbols.to(prefixes.device).expand(len(prefixes), -1)


class OneOf:
    """One of a given set of outputs: a prefix tree of their symbols, in which every row walks down.

    The tree is two arrays: its edges sorted by (node, symbol), and for each node where its edges begin. A row's node is
    found from its prefix anew at every step, t binary searches for all rows at once, so the constraint has no state.

    Args:
        outputs: at least one; their symbols without the stop symbol. One may be empty, and one may begin another.
        stop_id: what ends an output.
        size: V, the number of symbols.
    Raises:
        ConfigError: no outputs, or one holds the stop symbol or a number outside the vocabulary.
    """

    def __init__(self, outputs: Sequence[Sequence[int]], *, stop_id: int, size: int) -> None:
        if not outputs:
            raise ConfigError("outputs must hold at least one sequence of symbols, got none")
        children: dict[tuple[int, int], int] = {}
        for number, output in enumerate(outputs):
            node = 0
            for symbol in output:
                _check_symbol(symbol, number, stop_id, size)
                node = children.setdefault((node, symbol), len(children) + 1)
            children.setdefault((node, stop_id), len(children) + 1)
        edges = sorted(children)
        self._size = size
        self._keys = torch.tensor([node * size + symbol for node, symbol in edges])
        self._children = torch.tensor([children[edge] for edge in edges])
        nodes = torch.tensor([node for node, _ in edges])
        self._begins = torch.searchsorted(nodes, torch.arange(len(children) + 2))

    def __call__(self, prefixes: Tensor, sources: Tensor) -> Tensor:
        """bool [R, V]; nothing is allowed behind what begins none of the outputs."""
        node = self._nodes(prefixes.cpu())
        begin = self._begins[node]
        count = self._begins[node + 1] - begin
        rows = torch.arange(len(node)).repeat_interleave(count)
        nth = torch.arange(len(rows)) - (count.cumsum(0) - count)[rows]
        allowed = torch.zeros(len(node), self._size, dtype=torch.bool)
        allowed[rows, self._keys[begin[rows] + nth] % self._size] = True
        return allowed.to(prefixes.device)

    def _nodes(self, prefixes: Tensor) -> Tensor:
        """The node of each prefix, int64 [R]; one without children for what is not in the tree."""
        nowhere = len(self._keys)
        node = torch.zeros(len(prefixes), dtype=torch.int64)
        for symbols in prefixes.T:
            key = node * self._size + symbols
            at = torch.searchsorted(self._keys, key).clamp(max=nowhere - 1)
            node = torch.where(self._keys[at] == key, self._children[at], nowhere)
        return node


class Every:
    """All of several constraints at once; none allows everything.

    Args:
        constraints: asked in this order.
    """

    def __init__(self, *constraints: Allowed) -> None:
        self._constraints = constraints

    def __call__(self, prefixes: Tensor, sources: Tensor) -> Tensor | None:
        """bool [R, V], or None when none of them forbids anything."""
        joined: Tensor | None = None
        for constraint in self._constraints:
            allowed = constraint(prefixes, sources)
            if allowed is not None:
                joined = allowed if joined is None else joined & allowed
        return joined


def _check_symbol(symbol: int, number: int, stop_id: int, size: int) -> None:
    if not 0 <= symbol < size:
        raise ConfigError(f"output {number} holds symbol {symbol}, allowed are 0 to {size - 1}")
    if symbol == stop_id:
        raise ConfigError(
            f"output {number} holds the stop symbol {stop_id}", hint="leave it out: every output ends with it anyway"
        )
