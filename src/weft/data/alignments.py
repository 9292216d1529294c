"""Links between the words of two sentences, in the form of Pharaoh: a line a sentence pair, ``0-0 1-2 2p1``.

``3-1`` links word 3 of the source to word 1 of the target, places from 0; ``3p1`` is a link that may be there but need
not (gold alignments tell the two apart). An empty line is a pair without links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from weft.data.problems import Problems, show_path
from weft.data.readers import read_lines
from weft.errors import DataError
from weft.types import AlignmentEvidence, Link

FORM = 'links are written "0-0 1-2", possible ones "1p2": place in the source, place in the target, both from 0'
_LINK = re.compile(r"([0-9]{1,9})([-p])([0-9]{1,9})")


@dataclass(frozen=True)
class Links:
    """The links of one sentence pair: those that have to be there, and those besides that may be."""

    sure: frozenset[Link] = frozenset()
    possible: frozenset[Link] = frozenset()

    def __str__(self) -> str:
        """As Pharaoh writes them, in the order of the source."""
        marks = dict.fromkeys(self.possible, "p") | dict.fromkeys(self.sure, "-")
        return " ".join(f"{source}{marks[source, target]}{target}" for source, target in sorted(marks))


def parse_links(text: str, *, where: str = "", sizes: tuple[int, int] | None = None) -> Links:
    """Links of one line; one that stands there twice counts once, and is sure if it is sure once.

    Args:
        text: what ``Links`` writes.
        where: the place that a message begins with ("gold.txt, line 3").
        sizes: words of source and target, where they are known.
    Raises:
        DataError: something else than a link, or one to a word that is not there.
    """
    sure: set[Link] = set()
    possible: set[Link] = set()
    for word in text.split():
        found = _LINK.fullmatch(word)
        if not found:
            raise DataError(f"{_prefix(where)}{word[:40]!r} is no link", hint=FORM)
        link = int(found[1]), int(found[3])
        _check(word, link, where, sizes)
        (possible if found[2] == "p" else sure).add(link)
    return Links(frozenset(sure), frozenset(possible - sure))


def read_links(path: Path, problems: Problems) -> list[Links]:
    """The links of a file (or "-"), a line a sentence pair.

    Raises:
        DataError: the file is missing or no text, or a line holds something else than links.
    """
    lines = read_lines(path, problems)
    return [parse_links(text, where=f"{show_path(path)}, line {number:,}") for number, text in lines]


def write_links(path: Path, links: Iterable[Links | Iterable[Link]]) -> None:
    """Write a file that ``read_links`` reads; plain pairs are sure links.

    Raises:
        DataError: the file cannot be written.
    """
    lines = (each if isinstance(each, Links) else Links(frozenset(each)) for each in links)
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: the alignments cannot be written: {error.strerror}") from error


def against(gold: Sequence[Links], predicted: Sequence[Iterable[Link]]) -> AlignmentEvidence:
    """Predicted links beside the gold ones, for ``alignment-error-rate``."""
    return AlignmentEvidence(
        predicted=tuple(map(frozenset, predicted)),
        sure=tuple(each.sure for each in gold),
        possible=tuple(each.sure | each.possible for each in gold),
    )


def _check(word: str, link: Link, where: str, sizes: tuple[int, int] | None) -> None:
    if sizes is None:
        return
    for side, place, size in zip(("source", "target"), link, sizes, strict=True):
        if place >= size:
            raise DataError(
                f"{_prefix(where)}{word!r} links word {place} of the {side}, which has {size:,} words",
                hint="places are counted from 0, in words as the alignment's own files cut them",
            )


def _prefix(where: str) -> str:
    return f"{where}: " if where else ""
