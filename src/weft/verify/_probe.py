"""The recurrences of a network by themselves, on what they get to read: is one wrong, and in which direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from weft.data.batching import pad
from weft.errors import BackendError
from weft.nn import Recurrent
from weft.types import LookUp, State
from weft.verify._contract import OTHER_PRECISION, Texts
from weft.verify._layouts import unlike_lengths
from weft.verify._subject import REFERENCE, Subject, kernel, recurrences

FORWARD = "padding goes into the state of {!r}"
REVERSE = "the reverse direction of {!r} starts in the padding"
BETWEEN = "padding leaks from layer to layer of {!r}"

Inputs = dict[str, tuple[Recurrent, Tensor, Tensor]]
Outcome = tuple[Tensor, State]


def other_recurrence(subject: Subject, texts: Texts, name: str) -> Iterator[tuple[str, str]]:
    """Layers (with their cells) that the kernel ``name`` runs otherwise than the loop, each text alone."""
    for layer, (recurrent, x, lengths) in _inputs(subject, texts).items():
        try:
            with kernel(recurrent, name):
                got = _alone(recurrent, x, lengths)
        except BackendError:
            continue
        with kernel(recurrent, REFERENCE):
            expected = _alone(recurrent, x, lengths)
        if any(_differ(one[0], other[0]) for one, other in zip(expected, got, strict=True)):
            yield layer, recurrent.cells[0].spec.name


def padding(subject: Subject, texts: Texts) -> list[str]:
    """What padding does to the recurrences, a clause for each that it changes."""
    found = []
    for layer, (recurrent, x, lengths) in _inputs(subject, texts).items():
        with torch.inference_mode():
            y, after = recurrent(x, lengths)
        wrong: set[str] = set()
        for row, alone in enumerate(_alone(recurrent, x, lengths)):
            state = {key: value[row : row + 1] for key, value in after.items()}
            wrong |= _wrong(recurrent, alone, (y[row : row + 1, : int(lengths[row])], state))
        first = [clause for clause in (FORWARD, REVERSE, BETWEEN) if clause in wrong][:1]
        found += [clause.format(layer) for clause in first]
    return found


def _wrong(recurrent: Recurrent, alone: Outcome, batched: Outcome) -> set[str]:
    """Which parts of one text's outcome differ; upper layers read both directions, so only the lowest one tells."""
    (own, ended), (y, state) = alone, batched
    found = {
        REVERSE if key.endswith(".reverse") else FORWARD
        for key in ended
        if key.split(".")[1] == "0" and _differ(ended[key], state[key])
    }
    if recurrent.layers == 1:
        halves = zip(own.chunk(len(recurrent.endings), -1), y.chunk(len(recurrent.endings), -1), strict=True)
        return found | {clause for clause, half in zip((FORWARD, REVERSE), halves, strict=False) if _differ(*half)}
    return found or ({BETWEEN} if _differ(own, y) else set())


def _alone(recurrent: Recurrent, x: Tensor, lengths: Tensor) -> list[Outcome]:
    """Each text by itself, without padding."""
    with torch.inference_mode():
        rows = [(x[row : row + 1, :length], torch.tensor([length])) for row, length in enumerate(lengths.tolist())]
        return [recurrent(*row) for row in rows]


def _inputs(subject: Subject, texts: Texts) -> Inputs:
    """What every recurrence reads when some long and short texts are run as one batch."""
    found: Inputs = {}

    def note(name: str) -> Any:
        def hook(part: nn.Module, arguments: tuple[Any, ...]) -> None:
            assert isinstance(part, Recurrent)
            x, lengths, *_ = arguments
            found[name] = part, x.vectors() if isinstance(x, LookUp) else x, lengths

        return hook

    hooks = [part.register_forward_pre_hook(note(name)) for name, part in recurrences(subject.module).items()]
    try:
        subject.read(*pad([texts[place] for place in unlike_lengths(texts)[0]]))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _differ(expected: Tensor, got: Tensor) -> bool:
    """Far beyond what sums in another order may: a fault is no matter of rounding."""
    return not torch.allclose(expected, got, rtol=OTHER_PRECISION.tolerance, atol=OTHER_PRECISION.tolerance)
