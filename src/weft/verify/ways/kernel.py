"""Each kernel against the reference loop in the same ragged batches, in two pieces where the network can be so read."""

from __future__ import annotations

from weft.catalog import KERNELS
from weft.errors import BackendError
from weft.verify._contract import REORDERED, Answers, Texts, Way
from weft.verify._subject import REFERENCE, Subject, kernel
from weft.verify.ways import ragged, split


def _way(name: str) -> Way:
    def answer(subject: Subject, texts: Texts) -> Answers:
        return _by(name, subject, texts)

    def base(subject: Subject, texts: Texts) -> Answers:
        return _by(REFERENCE, subject, texts)

    def refuse(subject: Subject) -> str:
        try:
            answer(subject, subject.sample)
        except BackendError as error:
            return str(error)
        return ""

    if name == REFERENCE:
        return Way(REORDERED, "padding or a batch changes what the loop computes", answer)
    return Way(REORDERED, f"kernel {name!r} computes something else than the loop", answer, base=base, refuse=refuse)


def _by(name: str, subject: Subject, texts: Texts) -> Answers:
    """In pieces, the state after ragged rows and a start that is not zero count too."""
    in_pieces = subject.model.task.ways(subject.model.config).get("split") == ""
    with kernel(subject.module, name):
        return split.answer(subject, texts) if in_pieces else ragged.answer(subject, texts)


ways = {name: _way(name) for name in KERNELS.names()}
