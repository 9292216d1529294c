"""Two sets of answers held against each other, decision by decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from weft.verify._contract import Answers, Arithmetic


@dataclass
class Tally:
    """What was seen of one way so far; sums are float64.

    Attributes:
        decisions: how many were compared.
        changed: those with another best choice although the base's margin (best minus second log p) is above the
            tolerance.
        largest: of |Δ log p| / max(1, |log p|), over all choices of all decisions.
        total: sum over the decisions of each one's largest difference.
        worst: place of the text with the largest difference, or -1.
        undefined: log p that are NaN, or infinite on one side only.
        misfit: what does not even fit, as a clause.
    """

    decisions: int = 0
    changed: int = 0
    largest: float = 0.0
    total: float = 0.0
    worst: int = -1
    undefined: int = 0
    misfit: str = ""

    def passes(self, arithmetic: Arithmetic) -> bool:
        """Whether every decision was within the bounds."""
        return not (self.misfit or self.undefined or self.changed) and self.largest <= arithmetic.tolerance

    def add(self, base: Answers, got: Answers, arithmetic: Arithmetic, *, places: Sequence[int]) -> None:
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
        self.changed += int(_changed(expected, found, arithmetic.tolerance).sum())
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


def _changed(expected: Tensor, found: Tensor, tolerance: float) -> Tensor:
    """bool [N]: where the best choice is another and was not nearly a tie."""
    other = found.argmax(dim=1) != expected.argmax(dim=1)
    best = expected[other].topk(2, dim=1).values
    margin = (best[:, 0] - best[:, 1]) / best[:, 0].abs().clamp(min=1.0)
    return other.masked_scatter(other, margin > tolerance)
