"""What a way of running is: how it answers, what it is held against, how close it must come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weft.verify._subject import Subject
from weft.verify._texts import Answers, Texts

__all__ = ["EIGHT_BITS", "OTHER_PRECISION", "REORDERED", "SAME", "Answers", "Arithmetic", "Texts", "Way"]


@dataclass(frozen=True)
class Arithmetic:
    """How close two ways must come: |Δ log p| <= tolerance * max(1, |log p|); 0 is bit for bit."""

    name: str
    tolerance: float


SAME = Arithmetic("same arithmetic", 0.0)
REORDERED = Arithmetic("reordered", 1e-5)
OTHER_PRECISION = Arithmetic("other precision", 1e-4)
"""Ten times the bound of reordered sums: what float32 may lose against more, or another processor's, precision."""


EIGHT_BITS = Arithmetic("8-bit weights", 0.25)
"""Trained networks came up to 0.14; it is there to tell a broken one. What the bits cost is said beside it."""


def _here() -> str:
    return ""


def _fits(subject: Subject) -> str:
    del subject
    return ""


@dataclass(frozen=True)
class Way:
    """One way of running. A file of ``ways/`` has ``ways``, these by the ending of their name ("" for the only one).

    Attributes:
        arithmetic: how close it must come.
        means: what is wrong when it does not, one clause.
        answer: the texts' answers, in their order; called with some dozens of texts at a time.
        against: the way (a file of ``ways/``) whose answers it is held against; "" for the reference.
        base: gives the answers it is held against, instead of ``against``.
        refuse: why it does not apply to this network; "" when it does.
        absent: why this machine cannot go it; "" when it can.
    """

    arithmetic: Arithmetic
    means: str
    answer: Callable[[Subject, Texts], Answers]
    against: str = ""
    base: Callable[[Subject, Texts], Answers] | None = None
    refuse: Callable[[Subject], str] = _fits
    absent: Callable[[], str] = _here
