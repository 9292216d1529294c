"""Tells a person how much of what was written is copied from the training text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from weft.cli._console import say, table
from weft.writing import Author, Copied, TrainingText, find_copied
from weft.writing.copied import CHARACTERS, WORDS, beginning

SHOWN = 100
"""Characters of a span that are shown."""


class CopyCheck:
    """Files that texts are looked up in; they are opened now, so that a wrong name is told before anything is written.

    Args:
        paths: the training text.
        beside: held-out text that is looked up as well, for scale.
    """

    def __init__(self, author: Author, paths: Sequence[Path], beside: Path | None) -> None:
        self._training = author.training_text(paths)
        self._beside = beside
        self._held_out: TrainingText | None = author.training_text([beside]) if beside else None

    def report(self, texts: Sequence[str]) -> list[Copied]:
        """Look the texts up, tell on standard error, and give what was found of each."""
        names = [f"sample {number}" for number in range(1, len(texts) + 1)]
        looked_up = list(texts)
        if self._held_out is not None:
            names.append(str(self._beside))
            looked_up.append(beginning(self._held_out.lines(), max(map(len, texts), default=0)))
        found = find_copied(looked_up, self._training.lines())
        for note in self._training.problems.notes():
            say(f"note: {note}")
        rows = [_row(name, each) for name, each in zip(names, found, strict=True)]
        grams = (f"{WORDS} words copied", f"{CHARACTERS} characters copied")
        table(("text", "longest copied span", "words", "where", *grams), rows, talk=True)
        for name, each in zip(names, found, strict=True):
            if each.characters.length:
                say(f"{name}: {_shown(each.characters.text)}")
        return found[: len(texts)]


def _row(name: str, copied: Copied) -> tuple[str, ...]:
    span = copied.characters
    where = f"{span.path}:{span.line}" if span.length else "-"
    shares = [
        "-" if share.value is None else f"{share.value:.1%} of {share.all:,}"
        for share in (copied.word_grams, copied.character_grams)
    ]
    return (name, f"{span.length:,} characters", f"{copied.words.length:,}", where, *shares)


def _shown(text: str) -> str:
    """A span on one line, the end of a long one left out."""
    return repr(text[:SHOWN]) + ("…" if len(text) > SHOWN else "")
