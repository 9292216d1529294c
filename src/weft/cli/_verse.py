"""Verse for the command line: lines as they are found, and the plain truth about those that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from weft.cli._console import counted, say, write
from weft.cli._exit_codes import UNANSWERED
from weft.errors import ConfigError
from weft.search.settings import Sampling
from weft.writing import Author, Form, Line
from weft.writing.verse.word_list import read_sounds, read_words


def form_of(
    wanted: dict[str, Any],
    *,
    sounds: Path | None,
    only: Path | None,
    without: Path | None,
    tries: int,
    strict: bool,
) -> Form | None:
    """The form that options ask for; None when they ask for no verse.

    Raises:
        ConfigError: it means nothing, or ``strict`` asks for the lines of no verse.
    """
    if not any([*wanted.values(), sounds, only, without]):
        if strict:
            raise ConfigError(
                "--strict is about the lines of verse, and no verse was asked for",
                hint="add --rhyme, --syllables, --lines or another option of verse, or leave --strict out",
            )
        return None
    return Form(
        **wanted,
        sounds=read_sounds(sounds) if sounds else {},
        only=read_words(only) if only else frozenset(),
        without=read_words(without) if without else frozenset(),
        tries=tries,
    )


def check_words(author: Author, form: Form, run: Path, *, only: Path | None, without: Path | None) -> None:
    """See that the model knows a word that may be used.

    Raises:
        ConfigError: it knows none.
    """
    if author.has_words_for(form):
        return
    if only is None:
        raise ConfigError(f"{without} forbids every word in the vocabulary of {run}")
    allowed = f" that {without} allows" if without else ""
    raise ConfigError(
        f"none of the {counted(len(form.only), 'word')} of {only}{allowed} is in the vocabulary of {run}",
        hint="ask for words that it was trained on, or take a run of characters",
    )


class Verses:
    """Writes several texts of a form, shown as they grow unless ``quiet``."""

    def __init__(self, author: Author, form: Form, sampling: Sampling, *, length: int, seed: int, quiet: bool) -> None:
        self._author, self._form, self._sampling = author, form, sampling
        self._length, self._seed, self._quiet = length, seed, quiet
        self._kept = self._drawn = self._unmet = 0
        self._ended = False  # the line that is shown, before its time, for a line of talk

    def write(self, prompt: str, samples: int) -> list[dict[str, Any]]:
        """So many texts, {"text", "lines"} each."""
        rows = []
        for number in range(samples):
            self._show("\n" * bool(number) + prompt)
            rows.append(self._text(prompt, number))
            self._show("\n")
        return rows

    def _text(self, prompt: str, number: int) -> dict[str, Any]:
        text, lines = "", list[dict[str, Any]]()
        for line in self._author.verse(
            self._form, prompt, self._sampling, length=self._length, seed=self._seed, number=number
        ):
            before = "\n" * (1 + (line.stanza > lines[-1]["stanza"])) if lines else ""
            self._show(before + line.text)
            text += before + line.text
            lines.append({**vars(line), "unmet": list(line.unmet)})
            self._count(line, number + 1, len(lines))
        return {"text": text, "lines": lines}

    def finish(self, *, strict: bool) -> None:
        """Tell how many lines were drawn; end with exit code 1 when ``strict`` and a line does not fit."""
        unmet = f", {self._unmet:,} {'does' if self._unmet == 1 else 'do'} not fit" if self._unmet else ""
        say(f"{counted(self._kept, 'line')} kept of {self._drawn:,} drawn{unmet}")
        if strict and self._unmet:
            raise typer.Exit(UNANSWERED)

    def _count(self, line: Line, number: int, place: int) -> None:
        self._kept += 1
        self._drawn += line.drawn
        if line.unmet:
            self._unmet += 1
            reasons = "; ".join(line.unmet)
            self._end_line()
            say(f"sample {number}, line {place} does not fit ({line.drawn:,} drawn): {reasons}")

    def _end_line(self) -> None:
        if not self._quiet:
            write("")
            self._ended = True

    def _show(self, text: str) -> None:
        if self._ended:
            text, self._ended = text.removeprefix("\n"), False
        if not self._quiet:
            write(text, end="")
