"""From an encoder's last state to the state that a decoder starts from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from weft.errors import ConfigError
from weft.types import State


class Bridge(nn.Module):
    """Where the recurrence starts, from what the encoder came to.

    Args:
        kind: "zero"; "copy": the encoder's states by their names (I. Sutskever, O. Vinyals and Q. V. Le, NIPS 2014);
            "learned": tanh(W z + b) of the fixed vector z, for each state (Bahdanau et al. 2015, where z is its reverse
            half alone).
        states: names and widths of the states to start from.
        summary_size: of z.
        encoder_states: names and widths of the encoder's states.
    Raises:
        ConfigError: copy, and the encoder has other states.
    """

    def __init__(self, kind: str, states: dict[str, int], summary_size: int, encoder_states: dict[str, int]) -> None:
        super().__init__()
        self.kind, self.states = kind, states
        if kind == "copy" and states != encoder_states:
            raise ConfigError(
                "decoder.start = 'copy' needs an encoder with the decoder's states: the same cell, hidden and layers,"
                f" one direction; the encoder has {_listed(encoder_states)}, the decoder {_listed(states)}",
                hint="make them alike, or set decoder.start to learned",
            )
        learned = states.items() if kind == "learned" else ()
        self.linear = nn.ModuleDict({_key(name): nn.Linear(summary_size, size) for name, size in learned})

    def forward(self, summary: Tensor, encoded: State) -> State:
        """summary [B, Z] and the encoder's state -> the state before the first step."""
        if self.kind == "copy":
            return {name: encoded[name] for name in self.states}
        if self.kind == "learned":
            return {name: torch.tanh(self.linear[_key(name)](summary)) for name in self.states}
        return {name: summary.new_zeros(len(summary), size) for name, size in self.states.items()}


def _key(name: str) -> str:
    return name.replace(".", "_")


def _listed(states: dict[str, int]) -> str:
    return ", ".join(f"{name} ({size})" for name, size in states.items())
