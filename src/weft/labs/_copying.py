"""Strings to be copied or turned round, in files to train on, and others of chosen lengths to be measured on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from weft.data.samples import copies
from weft.data.samples._parts import write_rows
from weft.labs._translators import CHARACTERS, Pair, Part, Texts

COPY, REVERSE = "copy", "reverse"
HEADER = ("source", "target")


@dataclass(frozen=True)
class Copying:
    """Which strings.

    Attributes:
        trained: the shortest and the longest string of the training part, every length as likely as another.
        tested: lengths to be measured on.
        alphabet: the symbols.
        count: strings of the training part; ``held_out`` of the validation part; ``texts`` of each tested length.
    """

    trained: tuple[int, int]
    tested: tuple[int, ...]
    alphabet: str = "abcdefghij"
    count: int = 20_000
    held_out: int = 100
    texts: int = 200


def write_parts(folder: Path, task: str, wish: Copying, seed: int) -> tuple[Path, Path]:
    """Write ``train.csv`` and ``valid.csv`` of a task, ``COPY`` or ``REVERSE``.

    Raises:
        DataError: the folder cannot be written.
    """
    pairs = _pairs(task, wish, seed)
    cuts = {"train": pairs[wish.held_out :], "valid": pairs[: wish.held_out]}
    train, valid = (write_rows(folder / f"{part}.csv", HEADER, own) for part, own in cuts.items())
    return train, valid


def texts_to_measure(task: str, wish: Copying, seed: int) -> Texts:
    """Strings of each tested length, none of which stands in the training part."""
    known = {source for source, _ in _pairs(task, wish, seed)}
    chosen: list[Pair] = []
    parts = []
    for length in wish.tested:
        drawn = copies.pairs(
            wish.texts + len(known),
            seed=seed + 1_000_000,
            alphabet=wish.alphabet,
            lengths=(length, length),
            reverse=task == REVERSE,
        )
        own = [(pair.source, pair.target) for pair in drawn if pair.source not in known][: wish.texts]
        seen = wish.trained[0] <= length <= wish.trained[1]
        parts.append(Part(length, length, tuple(range(len(chosen), len(chosen) + len(own))), seen))
        chosen += own
    return Texts(task, tuple(chosen), CHARACTERS, "exact-match", tuple(parts))


def _pairs(task: str, wish: Copying, seed: int) -> list[Pair]:
    drawn = copies.pairs(
        wish.count + wish.held_out,
        seed=seed,
        alphabet=wish.alphabet,
        lengths=wish.trained,
        reverse=task == REVERSE,
    )
    return [(pair.source, pair.target) for pair in drawn]
