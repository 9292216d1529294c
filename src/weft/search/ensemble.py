"""Several decoders as one: their probabilities are averaged at every symbol, so that one's errors are outvoted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from weft.errors import ConfigError, ShapeError
from weft.types import Decoder, State, Step


class Ensemble:
    """A decoder made of decoders: log of the mean of their probabilities, at every symbol.

    Their states lie side by side, under names with the member's number before them, "0.h" and "1.h". Attention is the
    mean of theirs; None unless all give attention over equally many positions.

    Args:
        members: one or more; all write the same symbols and read the same sources.
    Raises:
        ConfigError: no members.
    """

    def __init__(self, members: Sequence[Decoder]) -> None:
        if not members:
            raise ConfigError("an ensemble needs one decoder or more, got none")
        self._members = tuple(members)

    def start(self, n: int) -> State:
        """The states of ``n`` rows before the first symbol."""
        return _side_by_side([member.start(n) for member in self._members])

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [B], to every member.

        Raises:
            ShapeError: the members have vocabularies of different sizes.
        """
        said = [member.step(part, ids) for member, part in zip(self._members, self._parts(state), strict=True)]
        sizes = [each.logp.shape[1] for each in said]
        if len(set(sizes)) > 1:
            raise ShapeError(
                f"the members of an ensemble write vocabularies of different sizes, {', '.join(map(str, sizes))}",
                hint="take models that were trained with the same vocabulary",
            )
        logp = torch.logsumexp(torch.stack([each.logp for each in said]), dim=0) - math.log(len(said))
        return Step(logp, _side_by_side([each.state for each in said]), _mean([each.attention for each in said]))

    def select(self, state: State, rows: Tensor) -> State:
        """The states of the given rows (int64 [N]), in their order."""
        parts = zip(self._members, self._parts(state), strict=True)
        return _side_by_side([member.select(part, rows) for member, part in parts])

    def _parts(self, state: State) -> list[State]:
        parts: list[State] = [{} for _ in self._members]
        for name, value in state.items():
            number, _, inner = name.partition(".")
            parts[int(number)][inner] = value
        return parts


def _side_by_side(states: Sequence[State]) -> State:
    return {f"{number}.{name}": value for number, state in enumerate(states) for name, value in state.items()}


def _mean(attention: Sequence[Tensor | None]) -> Tensor | None:
    given = [each for each in attention if each is not None]
    if len(given) < len(attention) or len({each.shape for each in given}) > 1:
        return None
    return torch.stack(given).mean(dim=0)
