"""Symbol by symbol by the C++ core's decoder, as generate runs: with float32 weights, and with weights in 8 bits."""

from __future__ import annotations

from typing import cast

from weft.errors import WeftError
from weft.kernels import PRECISIONS
from weft.types import Network, Reader
from weft.verify._contract import EIGHT_BITS, REORDERED, Answers, Texts, Way
from weft.verify._subject import Subject
from weft.verify.ways.streamed import read_on


def _way(precision: str) -> Way:
    def reader(subject: Subject) -> Reader:
        return cast(Network, subject.module).reader(precision)

    def answer(subject: Subject, texts: Texts) -> Answers:
        return read_on(subject, reader(subject), texts)

    def refuse(subject: Subject) -> str:
        try:
            reader(subject)
        except WeftError as error:
            return str(error)
        return ""

    if precision == "float32":
        return Way(REORDERED, "the core's decoder computes something else than the loop", answer, refuse=refuse)
    return Way(EIGHT_BITS, "8 bits are too coarse for this network's weights", answer, refuse=refuse)


ways = {precision: _way(precision) for precision in PRECISIONS}
