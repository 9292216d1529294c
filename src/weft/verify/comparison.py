"""Two sets of answers held against each other, decision by decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from weft.verify._texts import Answers


@dataclass
class Tally:
    """What was seen of one way so far; sums are float64.

    Attributes:
        decisions: how many were compared.
        margins: of the base (best minus second log p, over max(1, |best|)), for each decision with another best choice.
        largest: of |Δ log p| / max(1, |log p|), over all choices of all decisions.
        total: sum over the decisions of each one's largest difference.
        worst: place of the text with the largest difference, or -1.
        undefined: log p that are NaN, or infinite on one side only.
        misfit: what does not even fit, as a clause.
    """

    decisions: int = 0
    margins: list[float] = field(default_factory=list)
    largest: float = 0.0
    total: float = 0.0
    worst: int = -1
    undefined: int = 0
    misfit: str = ""

    def changed(self, tolerance: float) -> int:
        """Decisions with another best choice that were no tie: the base's margin is above the tolerance."""
        return sum(margin > tolerance for margin in self.margins)

    def passes(self, tolerance: float) -> bool:
        """Whether every decision was within the bound."""
        return not (self.misfit or self.undefined or self.changed(tolerance)) and self.largest <= tolerance

    def add(self, base: Answers, got: Answers, *, places: Sequence[int]) -> None:
        """Compare the answers of the texts at ``places``."""
        shapes = [list(answer.shape) for answer in base], [list(answer.shape) for answer in got]
        if shapes[0] != shapes[1]:
            wrong = next((pair for pair in zip(*shapes, strict=False) if pair[0] != pair[1]), shapes)
            self.misfit = f"answers of shape {wrong[1]} instead of {wrong[0]} (decisions, choices)"
            return
        expected, found = torch.cat(base), torch.cat(got)
        off = _scaled(expected, found)
        self.undefined += int(off.isnan().sum())
        each = off.nan_to_num(nan=0.0).amax(dim=1)
        self.decisions += len(each)
        self.margins += _margins_of_changed(expected, found)
        self.total += float(each.sum())
        if float(each.max()) > self.largest:
            self.largest = float(each.max())
            ends = torch.tensor([len(answer) for answer in base]).cumsum(0)
            self.worst = places[int(torch.searchsorted(ends, int(each.argmax()), right=True))]


def _scaled(expected: Tensor, found: Tensor) -> Tensor:
    """|Δ log p| / max(1, |log p|), float64; 0 where both are the same infinity, NaN where one is undefined."""
    if torch.equal(expected, found):
        return torch.zeros_like(expected)
    off = (found - expected).abs_().div_(expected.abs().clamp_(min=1.0))
    if bool(torch.isfinite(off.sum())):
        return off
    off = torch.where(found == expected, 0.0, off)
    return off.masked_fill(off.isinf() | expected.isnan() | found.isnan(), torch.nan)


def _margins_of_changed(expected: Tensor, found: Tensor) -> list[float]:
    """How clear the decisions were that have another best choice now."""
    other = found.argmax(dim=1) != expected.argmax(dim=1)
    best = expected[other].topk(2, dim=1).values
    margins: list[float] = ((best[:, 0] - best[:, 1]) / best[:, 0].abs().clamp(min=1.0)).tolist()
    return margins
