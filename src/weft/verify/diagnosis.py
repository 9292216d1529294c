"""From which ways fail to what is wrong: each fault leaves its own pattern, and a probe of the recurrences tells more.

The patterns are looked at in an order: a fault of the first kinds makes all later ways fail as well, and explains them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from weft.verify import _probe
from weft.verify._contract import Texts
from weft.verify._subject import REFERENCE, Subject

PADDED = ("padded", "ragged", "more-padding", "other-padding", "shuffled", f"kernel {REFERENCE}")
"""Ways with padding and nothing else that is new."""

KEPT = "a state is kept between calls: the same call twice in a row gives two answers"
SOME = 8
"""Texts that are looked at for NaN."""


def keeps_state(subject: Subject) -> bool:
    """Whether the same call twice in a row gives two answers; asked before anything else is run, while it fits."""
    answers = []
    for _ in range(2):
        torch.manual_seed(subject.seed)
        answers.append(subject.reference(subject.sample)[0])
    return not torch.equal(answers[0].nan_to_num(), answers[1].nan_to_num())


def faults(
    subject: Subject, texts: Texts, *, differ: Mapping[str, str], broken: Mapping[str, str], kept: bool
) -> tuple[str, ...]:
    """What is wrong, a clause each, the deepest first.

    Args:
        subject: the network.
        texts: what was run.
        differ: reasons of the ways that gave other answers, by way.
        broken: reasons of the ways that gave none and should have.
        kept: what ``keeps_state`` said at the beginning.
    """
    if kept:
        return (KEPT,)
    reasons = dict.fromkeys(broken.values())
    stopped = [f"{', '.join(way for way in broken if broken[way] == reason)}: {reason}" for reason in reasons]
    try:
        return (*(_pattern(subject, texts, differ) if differ else ()), *stopped)
    except Exception:  # noqa: BLE001 (a network that cannot be probed has been told of already)
        return (*_as_they_are(differ), *stopped)


def _pattern(subject: Subject, texts: Texts, failed: Mapping[str, str]) -> tuple[str, ...]:
    """What the ways that differ have in common."""
    undefined = _undefined(subject, texts)
    if undefined:
        return (undefined,)
    if "repeated" in failed:
        return (KEPT,)
    if "reseeded" in failed:
        return ("randomness is left on (dropout?): another random seed gives another answer",)
    found = tuple(dict.fromkeys(_kernels(subject, texts, failed)))
    if found:
        return found
    if "company" in failed:
        return ("a text's answer depends on the texts beside it (a batch-dependent normalization?)",)
    if any(way in failed for way in PADDED):
        return tuple(_probe.padding(subject, texts)) or ("padding leaks into the result outside the recurrence",)
    if "split" in failed and (leaks := _probe.padding(subject, texts)):
        return tuple(leaks)
    return _as_they_are(failed)


def _as_they_are(failed: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{way}: {reason}" for way, reason in failed.items())


def _undefined(subject: Subject, texts: Texts) -> str:
    """Whether the reference itself gives numbers."""
    few = texts[:SOME]
    bad = sum(bool(answer.isnan().any()) for answer in subject.reference(few))
    return f"the reference itself says NaN for {bad} of {len(few)} texts: look at the weights" if bad else ""


def _kernels(subject: Subject, texts: Texts, failed: Mapping[str, str]) -> Iterator[str]:
    """Kernels that differ from the loop in the same batches."""
    for way in failed:
        name = way.removeprefix("kernel ")
        if name in (way, REFERENCE):
            continue
        others = list(_probe.other_recurrence(subject, texts, name))
        for layer, cell in others:
            yield f"kernel {name!r} and the loop compute two recurrences for {cell!r} in {layer!r} (swapped gates?)"
        if not others:
            yield f"kernel {name!r} lets padding into the recurrence"
