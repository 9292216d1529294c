"""Gate traces: every gate of every unit, layer and direction at every symbol of a text, and how often it is saturated.

Left-saturated is a gate below 0.1, right-saturated one above 0.9: A. Karpathy, J. Johnson and L. Fei-Fei, "Visualizing
and Understanding Recurrent Networks", arXiv:1506.02078 (2015), section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weft.errors import ConfigError
from weft.explain.gates import page, picture, terminal
from weft.explain.gates.reading import gate_traces, refuse
from weft.explain.gates.traces import GateTraces

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from weft.explain._contract import Line
    from weft.model import Model

__all__ = ["GateExplanation", "explain", "refuse"]


@dataclass(frozen=True)
class GateExplanation:
    """Gate traces and how they show themselves; ``units`` are those asked for, none: the kind of output decides."""

    traces: GateTraces
    units: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values of the chosen units, of all when none is chosen."""
        return self.traces.to_json(self.units)

    def lines(self, width: int, shades: str) -> Iterator[Line]:
        """Strips with a row a gate and rows for the chosen units, the most varying ones when none is chosen."""
        return terminal.lines(self.traces, self.units, width=width, shades=shades)

    def picture(self) -> Figure:
        """Heat maps of the chosen units, of all when none is chosen."""
        return picture.draw(self.traces, self.units)

    def page(self) -> str:
        """A page with all units; the first chosen one is shown first."""
        return page.build(self.traces, self.units)


def explain(model: Model, text: str, *, units: Sequence[int] = ()) -> GateExplanation:
    """The gate traces of one text.

    Args:
        model: any run with a recurrent encoder.
        text: what to read.
        units: which units to show, from 0.
    Raises:
        ConfigError: no recurrent encoder, or a unit that no layer has.
        DataError: the text holds no symbol.
        RunError: the network's values are not finite.
    """
    traces = gate_traces(model, text)
    for unit in units:
        if not 0 <= unit < traces.units:
            raise ConfigError(
                f"there is no unit {unit}: the layers of this run have {traces.units} units",
                hint=f"units are 0 to {traces.units - 1}",
            )
    return GateExplanation(traces, tuple(dict.fromkeys(units)))
