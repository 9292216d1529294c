"""Verse line by line: lines are drawn until one satisfies what its place asks for, or the tries are used up.

A candidate is a draw from the model, from the state behind the lines before it. Those that do not fit are thrown away
and counted; the state goes on behind the one that is kept. Two things are not left to chance alone:

- A line that lacks nothing but a rhyme keeps its beginning, and its last word is drawn again and again: a rhyme is far
  more often among sixty ends of a line that fits than among sixty lines.
- A line that a later one must rhyme with is chosen among several that fit, by how many other words that rhyme with its
  last one the model has ended lines in: "orange" would be a dead end.

Where symbols are words, those that the form forbids are never drawn (``allowed.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from weft.data.codec import Codec
from weft.search.sampling import Place, read, read_on
from weft.search.settings import Sampling
from weft.types import Decoder
from weft.writing.prompt import encode_prompt
from weft.writing.verse.allowed import with_allowed_words
from weft.writing.verse.candidates import Candidate, Drafts
from weft.writing.verse.constraints import Constraint, Metre, count_syllables, key_of
from weft.writing.verse.form import Form
from weft.writing.verse.pronouncing import Pronouncer, plain

BATCH = 64
"""Candidates drawn side by side."""
BEGINNINGS = 4
"""Lines of a batch whose last word is drawn again."""
CHOICES = 8
"""Fitting lines among which one that must find rhymes is chosen ..."""
GIVEN_UP = "given up before its end"
PATIENCE = 4
"""... and batches that are drawn for them at most."""


@dataclass(frozen=True)
class Line:
    """A line that was kept.

    Attributes:
        text: what was written; the first line goes on behind the prompt.
        stanza: number of its stanza, from 1.
        letter: its letter in the rhyme scheme.
        syllables: how many it has, its part in the prompt included; None when nobody knows those of a word.
        drawn: how many candidates were drawn for it, whole lines and last words.
        unmet: what it does not satisfy, a sentence each; empty for a line that fits.
    """

    text: str
    stanza: int
    letter: str
    syllables: int | None
    drawn: int
    unmet: tuple[str, ...] = ()


@dataclass
class _Wanted:
    """One line that is looked for: what it must be, and what was drawn for it so far."""

    place: Place
    head: str
    free: Sequence[Constraint]
    rhyme: Sequence[Constraint]
    opens: bool
    seed: tuple[int, ...]
    seen: list[Candidate] = field(default_factory=list)
    batches: int = 0

    @property
    def all(self) -> list[Constraint]:
        return [*self.free, *self.rhyme]


class Poet:
    """Writes verse of one form with one model.

    Args:
        longest: symbols after which a line that has not ended is given up.
        seed: of all draws; each of several texts has a number of its own.
    """

    def __init__(
        self,
        decoder: Decoder,
        codec: Codec,
        form: Form,
        sampling: Sampling,
        *,
        longest: int,
        seed: int,
        device: torch.device | str = "cpu",
    ) -> None:
        decoder = with_allowed_words(decoder, codec, form)
        self._drafts = Drafts(decoder, codec, sampling, longest=longest)
        self._decoder, self._codec, self._form = decoder, codec, form
        self._seed, self._device = seed, device
        self._end = self._ids([codec.end_id or 0])
        self._pronounce = Pronouncer(form.sounds)

    def lines(self, prompt: str, number: int = 0) -> Iterator[Line]:
        """The lines of text ``number``, each when it is found. The first goes on with the prompt's unfinished line."""
        place = read(self._decoder, self._ids(encode_prompt(self._codec, prompt).tolist()), int(self._end[0]))
        head = prompt.rpartition("\n")[2]
        ends: dict[int, str] = {}
        for line in range(self._form.total):
            if line:
                place = read_on(self._decoder, place, self._end)
            if line and line % self._form.stanza == 0:
                place = read_on(self._decoder, place, self._end)
            wanted = self._wanted(line, place, head, ends, number)
            kept = self._found(wanted)
            ends[line] = kept.words[-1] if kept.words else ""
            yield self._line(line, kept, len(wanted.seen))
            place, head = read_on(self._decoder, place, self._ids(kept.ids)), ""

    def _line(self, line: int, kept: Candidate, drawn: int) -> Line:
        syllables = count_syllables(kept.words, self._pronounce)
        return Line(kept.text, line // self._form.stanza + 1, self._form.letter(line), syllables, drawn, kept.unmet)

    def _wanted(self, line: int, place: Place, head: str, ends: Mapping[int, str], number: int) -> _Wanted:
        free, rhyme = self._form.constraints(line, ends, self._pronounce)
        return _Wanted(place, head, free, rhyme, self._form.opens(line), (self._seed, number, line))

    def _found(self, wanted: _Wanted) -> Candidate:
        """The line that is kept: one that fits, or the closest."""
        fitting: list[Candidate] = []
        while len(wanted.seen) < self._form.tries:
            lines = self._drawn(wanted, wanted.place, Candidate(wanted.head), wanted.free)
            fitting += [line for line in lines if not line.unmet]
            if fitting and (not wanted.opens or len(fitting) >= CHOICES or wanted.batches >= PATIENCE):
                break
            fitting += [] if fitting else self._with_other_ends(wanted, lines)
            if fitting and not wanted.opens:
                break
        if fitting:
            return _promising(fitting, wanted.seen, self._pronounce) if wanted.opens else fitting[0]
        if not any(line.ended for line in wanted.seen):
            self._drawn(wanted, wanted.place, Candidate(wanted.head), ())
        return min((self._unbroken(line, wanted) for line in wanted.seen), key=lambda line: _distance(line, wanted))

    def _unbroken(self, line: Candidate, wanted: _Wanted) -> Candidate:
        """A line that was given up, less the word it may have broken off in; another one as it is."""
        if self._endless(line) != GIVEN_UP or not line.cut[0]:
            return line
        return self._judged(line.without_last_word(), wanted)

    def _with_other_ends(self, wanted: _Wanted, lines: Sequence[Candidate]) -> list[Candidate]:
        """Lines that fit, made of some that lack nothing but a rhyme; none when the tries are used up."""
        lacking = [line for line in lines if line.ended and line.words and not _unmet(line, wanted.free)]
        for line in lacking[:BEGINNINGS] if wanted.rhyme else ():
            if len(wanted.seen) >= self._form.tries:
                break
            begun = line.without_last_word()
            place = read_on(self._decoder, wanted.place, self._ids(begun.ids))
            fitting = [each for each in self._drawn(wanted, place, begun, wanted.free) if not each.unmet]
            if fitting:
                return fitting
        return []

    def _drawn(self, wanted: _Wanted, place: Place, begun: Candidate, early: Sequence[Constraint]) -> list[Candidate]:
        """A batch of candidates, looked at; ``early``: what gives them up before they end."""
        size = min(BATCH, max(1, self._form.tries - len(wanted.seen)))
        lines = self._drafts.draw(place, begun, early, size=size, seed=[*wanted.seed, wanted.batches])
        wanted.batches += 1
        wanted.seen += [self._judged(line, wanted) for line in lines]
        return lines

    def _judged(self, line: Candidate, wanted: _Wanted) -> Candidate:
        """The line, with what it does not satisfy noted in it."""
        endless = self._endless(line)
        line.unmet = _unmet(line, wanted.all) + ((endless,) if endless else ())
        return line

    def _endless(self, line: Candidate) -> str:
        """Why a line has no end; "" when it has one."""
        longest = self._drafts.longest
        if line.ended:
            return ""
        return GIVEN_UP if len(line.ids) < longest else f"no end within {longest} symbols"

    def _ids(self, numbers: Sequence[int]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.int64, device=self._device)


def _unmet(line: Candidate, constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """What a whole line does not satisfy."""
    words = line.words
    if not words:
        return ("no words",)
    return tuple(filter(None, (constraint.refuse(words, whole=True) for constraint in constraints)))


def _distance(line: Candidate, wanted: _Wanted) -> tuple[int, ...]:
    """How far a line is from what was asked for: syllables weigh most, then the rhyme, then all else that is unmet."""
    off = sum(each.off(line.words) for each in wanted.free if isinstance(each, Metre))
    rhymeless = len(_unmet(line, wanted.rhyme))
    return (not line.words, off, rhymeless, len(line.unmet), not line.ended)


def _promising(fitting: Sequence[Candidate], seen: Sequence[Candidate], pronounce: Pronouncer) -> Candidate:
    """The fitting line with whose last word most other last words rhyme, the first of equals."""
    others = defaultdict(set)
    for line in seen:
        if line.ended and line.words:
            others[key_of(line.words[-1], pronounce)].add(plain(line.words[-1]))
    return max(fitting, key=lambda line: len(others[key_of(line.words[-1], pronounce)]))
