"""Long short-term memory with a forget gate: a cell that is kept, added to and read through gates.

    i_t = σ(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi + p_i * c_{t-1})        input gate
    f_t = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf + p_f * c_{t-1})        forget gate
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)                     candidate
    c_t = f_t * c_{t-1} + i_t * g_t                                       kept within ±cell_clip
    o_t = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho + p_o * c_t)            output gate
    h_t = W_hr (o_t * tanh(c_t))                                          kept within ±projection_clip

Peepholes p, the projection W_hr and both clips are options; without them the terms are absent.

Sources: S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997) 1735-1780; the forget gate: F. Gers,
J. Schmidhuber and F. Cummins, Neural Computation 12 (2000) 2451-2471; diagonal peepholes: A. Graves,
arXiv:1308.0850 (2013), equations 7 to 11; the projection: H. Sak, A. Senior and F. Beaufays, Interspeech 2014; the
clips: as ELMo needs them (M. Peters et al., NAACL 2018, released options). States: h [P], c [H]. Gate order i, f, g, o.
Twin in torch: LSTM, without peepholes and clips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from weft.cells._layout import (
    GatedCell,
    check_sizes,
    open_forget_gate,
    state_product,
    torch_params,
)
from weft.errors import ConfigError, ShapeError
from weft.types import Params, Spec, State

if TYPE_CHECKING:
    from torch import Tensor

PEEPHOLES = ("weight_ci", "weight_cf", "weight_co")


@dataclass(frozen=True)
class LSTM(GatedCell):
    """One layer and direction of an LSTM; a clip of 0 is none."""

    cell_clip: float
    projection_clip: float

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Uniform on ±1/sqrt(H) as torch, then an open forget gate."""
        super().init(params, generator)
        open_forget_gate(params, self.spec)

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """wx [B, 4 * H], h [B, P], c [B, H] -> the four gates, c_t and h_t."""
        i, f, g, o = (wx + state_product(state, params)).chunk(4, dim=-1)
        peeps = PEEPHOLES[0] in params
        if peeps:
            i, f = i + params["weight_ci"] * state["c"], f + params["weight_cf"] * state["c"]
        i, f, g = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g)
        c = _within(f * state["c"] + i * g, self.cell_clip)
        o = torch.sigmoid(o + params["weight_co"] * c if peeps else o)
        h = o * torch.tanh(c)
        if "weight_hr" in params:
            h = _within(functional.linear(h, params["weight_hr"]), self.projection_clip)
        return {"i": i, "f": f, "g": g, "o": o, "h": h, "c": c}


def make(
    input_size: int,
    hidden_size: int,
    *,
    bias: bool = True,
    peepholes: bool = False,
    projection: int = 0,
    cell_clip: float = 0.0,
    projection_clip: float = 0.0,
) -> LSTM:
    """An LSTM cell of H = ``hidden_size`` units over inputs of width D = ``input_size``.

    Args:
        input_size, hidden_size: D and H.
        bias: whether there are biases.
        peepholes: whether the gates see the cell.
        projection: P, width of the output; 0 for none (P = H).
        cell_clip, projection_clip: largest absolute value of c and of the projected output; 0 for no limit.
    Raises:
        ShapeError: a size below 1, or a projection that is not narrower than H.
        ConfigError: a clip below 0, or one of a projection that is not there.
    """
    check_sizes("lstm", input_size=input_size, hidden_size=hidden_size)
    if not 0 <= projection < hidden_size:
        raise ShapeError(
            f"cell 'lstm': projection must be 0 (none) or from 1 to {hidden_size - 1}, narrower than hidden_size, got"
            f" {projection}"
        )
    for what, clip in (("cell_clip", cell_clip), ("projection_clip", projection_clip)):
        if not 0 <= clip < math.inf:
            raise ConfigError(f"cell 'lstm': {what} must be a number from 0 (no limit), got {clip}")
    if projection_clip and not projection:
        raise ConfigError(f"cell 'lstm': projection_clip = {projection_clip} needs a projection", hint="set projection")
    output_size = projection or hidden_size
    params = torch_params(4, input_size, hidden_size, output_size, bias)
    if projection:
        params["weight_hr"] = (projection, hidden_size)
    if peepholes:
        params |= dict.fromkeys(PEEPHOLES, (hidden_size,))
    spec = Spec(
        name="lstm",
        gates=("i", "f", "g", "o"),
        states={"h": output_size, "c": hidden_size},
        params=params,
        input_size=input_size,
        hidden_size=hidden_size,
        twin="" if peepholes or cell_clip or projection_clip else "LSTM",
    )
    return LSTM(spec, cell_clip, projection_clip)


def _within(value: Tensor, clip: float) -> Tensor:
    return value.clamp(-clip, clip) if clip else value
