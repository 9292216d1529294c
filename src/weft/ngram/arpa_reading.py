"""Read an ARPA file, plain or gzipped: in blocks of lines, so that only the model itself takes memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import numpy as np

from weft.data.problems import Problems
from weft.ngram import arpa_words
from weft.ngram import keys as packed
from weft.ngram.arpa_source import Rows, Source
from weft.ngram.backoff import Backoff, Level

UNKNOWN_ID, END_ID = 0, 1
MISSING_UNKNOWN = -100.0
"""log10 p of the unknown word where the file has none, as KenLM assumes."""
_BEGIN = -2
"""Stands for ``<s>`` until it is known where in an n-gram it stands."""


def read_arpa(path: Path | str) -> tuple[list[str], Backoff]:
    r"""The words in id order and the model of an ARPA file; ``.gz`` too.

    Numbers: ``<unk>`` is 0, ``</s>`` (with ``<s>``) is 1, the others follow in the order of the file. Tolerated, and
    said in the model's ``notes`` where it changes something: comments before ``\data\``, n-grams in any order, absent
    back-off weights (1), no ``<unk>`` (log10 p = -100, as KenLM), ``<UNK>`` for it, n-grams with ``<s>`` or ``</s>``
    inside, which no line holds (left out), text behind ``\end\`` (not read), n-grams without their first word not
    being there.

    Raises:
        DataError: the file cannot be read, is cut short, has other counts than its head says, a number that is none, a
            probability above 1, a word or an n-gram twice, a word that is not among the 1-grams, or an n-gram that
            goes on from one that is not there; with the line.
    """
    problems = Problems()
    source = Source(Path(path), problems)
    counts = source.head()
    vocabulary = _Vocabulary(source.escaped)
    levels: list[Level] = []
    left_out = 0
    for order, count in enumerate(counts, 1):
        last = order == len(counts)
        if order == 1:
            levels.append(_read_words(source, vocabulary, count, last))
        else:
            grams = _Grams(source, order, vocabulary, levels)
            levels.append(grams.read(count, last))
            left_out += grams.left_out
    behind, first = source.end()
    notes = [*problems.notes(), *vocabulary.notes]
    if left_out:
        notes.append(f"{path}: {left_out:,} n-grams with <s> or </s> inside were left out, no line holds them")
    if behind:
        lines = "1 line" if behind == 1 else f"{behind:,} lines"
        notes.append(f"{path}: {lines} behind \\end\\ not read, the first is line {first:,}")
    return vocabulary.words, Backoff(
        len(counts), len(vocabulary.words), END_ID, UNKNOWN_ID, tuple(levels), tuple(notes)
    )


@dataclass
class _Vocabulary:
    """Words and their numbers, as the 1-grams tell them."""

    escaped: bool
    words: list[str] = field(default_factory=lambda: [arpa_words.UNKNOWN, arpa_words.END])
    ids: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, spelled: str) -> int | None:
        """Number a new word; None when it is there already."""
        spelled = arpa_words.UNKNOWN if spelled == arpa_words.UNKNOWN_TOO else spelled
        if spelled in self.ids:
            return None
        special = {arpa_words.UNKNOWN: UNKNOWN_ID, arpa_words.END: END_ID, arpa_words.BEGIN: _BEGIN}
        number = special.get(spelled, len(self.words))
        if spelled not in special:
            self.words.append(arpa_words.unescape(spelled) if self.escaped else spelled)
        self.ids[spelled] = number
        return number


def _read_words(source: Source, vocabulary: _Vocabulary, count: int, last: bool) -> Level:
    """The 1-grams: every word with its probability and its weight."""
    logps, weights = [MISSING_UNKNOWN, math.nan], [0.0, 0.0]
    for rows in source.section(1, count, last):
        for place, word in enumerate(rows.columns[0]):
            number = vocabulary.add(word)
            if number is None:
                raise source.wrong(rows.first + place, f"the word {word!r} is there twice")
            if number == _BEGIN:
                weights[END_ID] = rows.weights[place]
            elif number in (UNKNOWN_ID, END_ID):
                logps[number] = rows.logps[place]
                weights[number] = weights[number] if number == END_ID else rows.weights[place]
            else:
                logps.append(rows.logps[place])
                weights.append(rows.weights[place])
    _check_specials(source, vocabulary)
    return _level(np.arange(len(logps)), np.array(logps), np.array(weights), last)


def _check_specials(source: Source, vocabulary: _Vocabulary) -> None:
    missing = [word for word in (arpa_words.BEGIN, arpa_words.END) if word not in vocabulary.ids]
    if missing:
        raise source.wrong(source.line, f"the 1-grams end without {' and '.join(missing)}, the ends of a line")
    if arpa_words.UNKNOWN not in vocabulary.ids:
        vocabulary.ids[arpa_words.UNKNOWN] = UNKNOWN_ID
        vocabulary.notes.append(f"{source.path}: there is no <unk>; it gets log10 p = {MISSING_UNKNOWN:g}, as in KenLM")
    vocabulary.ids[arpa_words.UNKNOWN_TOO] = UNKNOWN_ID


class _Grams:
    """The n-grams of one order above 1, packed as they are read.

    Attributes:
        left_out: n-grams with an end of line inside.
    """

    def __init__(self, source: Source, order: int, vocabulary: _Vocabulary, levels: Sequence[Level]) -> None:
        self.left_out = 0
        self._source = source
        self._order = order
        self._vocabulary = vocabulary
        self._levels = levels

    def read(self, count: int, last: bool) -> Level:
        """The level, sorted."""
        parts = [self._packed(rows) for rows in self._source.section(self._order, count, last)]
        keys, logps, weights, lines = (
            (np.concatenate([part[place] for part in parts]) if parts else np.empty(0, np.int64)) for place in range(4)
        )
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        twice = np.flatnonzero(keys[1:] == keys[:-1])
        if len(twice):
            again = order[twice + 1]
            line = int(lines[again].min())
            raise self._source.wrong(line, f"this {self._order}-gram is there twice")
        return _level(keys, logps[order], weights[order], last)

    def _packed(self, rows: Rows) -> tuple[np.ndarray, ...]:
        """Keys, log10 p, log10 weights and lines of the n-grams that a line can hold."""
        ids = np.stack([self._numbers(rows, column) for column in rows.columns])
        inside = (ids[1:] == _BEGIN).any(axis=0) | (ids[:-1] == END_ID).any(axis=0)
        ids[ids == _BEGIN] = END_ID
        here = np.flatnonzero(~inside)
        self.left_out += len(inside) - len(here)
        # What closes a line is no context, whatever weight is written beside it.
        weights = np.where(ids[-1] == END_ID, 0.0, rows.weights)[here]
        return self._keys(rows, ids[:, here], here), rows.logps[here], weights, rows.first + here

    def _numbers(self, rows: Rows, column: Sequence[str]) -> np.ndarray:
        ids = np.fromiter(map(self._vocabulary.ids.get, column, repeat(packed.ABSENT)), np.int64, len(column))
        unknown = np.flatnonzero(ids == packed.ABSENT)
        if len(unknown):
            place = int(unknown[0])
            what = f"the word {column[place]!r} is not among the 1-grams"
            raise self._source.wrong(rows.first + place, what, hint="an ARPA file lists every word there, or use <unk>")
        return ids

    def _keys(self, rows: Rows, ids: np.ndarray, here: np.ndarray) -> np.ndarray:
        symbols = len(self._vocabulary.words)
        ranks = ids[0]
        for place in range(1, self._order - 1):
            ranks = self._levels[place].finder.find(packed.join(ranks, ids[place], symbols))
            missing = np.flatnonzero(ranks == packed.ABSENT)
            if len(missing):
                at = int(here[missing[0]])
                gram = [column[at] for column in rows.columns]
                start = " ".join(gram[: place + 1])
                what = f"the n-gram {' '.join(gram)!r} goes on from {start!r}, which is not among the {place + 1}-grams"
                raise self._source.wrong(rows.first + at, what, hint="the file is incomplete; write it again")
        return packed.join(ranks, ids[-1], symbols)


def _level(keys: np.ndarray, logps: np.ndarray, weights: np.ndarray, last: bool) -> Level:
    logp, weight = ((values * math.log(10)).astype(np.float32) for values in (logps, weights))
    return Level(keys, logp, np.empty(0, np.float32) if last else weight)
