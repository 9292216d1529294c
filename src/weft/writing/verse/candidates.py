"""Lines as they are drawn from a model, many side by side, each to its end or to where it is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from weft.data.codec import Codec, Streamer
from weft.search.sampling import Place, sample_on
from weft.search.settings import Sampling
from weft.types import Decoder
from weft.writing.prompt import streamer_behind
from weft.writing.verse.constraints import Constraint
from weft.writing.verse.pronouncing import words_of


@dataclass
class Candidate:
    """A line, perhaps unfinished.

    Attributes:
        head: what stands before it in its line, in the prompt.
        text: what was written.
        ids: its symbols, without the end of the line.
        cut: how much of it stands before its last word: symbols, and characters of the text.
        ended: whether the end of the line has come.
        unmet: what it does not satisfy, once somebody has looked.
    """

    head: str
    text: str = ""
    ids: tuple[int, ...] = ()
    cut: tuple[int, int] = (0, 0)
    ended: bool = False
    unmet: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """The words of the whole line."""
        return words_of(self.head + self.text)

    def without_last_word(self) -> Candidate:
        """Its beginning, from where the last word can be drawn again."""
        symbols, characters = self.cut
        return Candidate(self.head, self.text[:characters], self.ids[:symbols])


class Drafts:
    """Draws candidates with one model.

    Args:
        longest: symbols after which a line that has not ended is given up.
    """

    def __init__(self, decoder: Decoder, codec: Codec, sampling: Sampling, *, longest: int) -> None:
        assert codec.end_id is not None, "a language model's codec has an end-of-line symbol"
        self._decoder, self._codec, self._sampling, self.longest = decoder, codec, sampling, longest
        self._end_id = codec.end_id

    def draw(
        self, place: Place, begun: Candidate, constraints: Sequence[Constraint], *, size: int, seed: Sequence[int]
    ) -> list[Candidate]:
        """So many lines that go on from ``begun``; one that the constraints refuse as it stands is not gone on with.

        Args:
            place: where the text is, behind ``begun``.
        """
        grown = [Candidate(begun.head, begun.text, begun.ids, begun.cut) for _ in range(size)]
        streamers = [streamer_behind(self._codec, begun.head + begun.text) for _ in range(size)]
        done = torch.zeros(size, dtype=torch.bool)

        def finished(_ids: Tensor, running: Tensor) -> Tensor:
            return done[running]

        drawn = sample_on(
            self._decoder, lambda: place, self._sampling, length=max(0, self.longest - len(begun.ids)), seed=seed,
            samples=size, finished=finished, filler=self._end_id,
        )  # fmt: skip
        running = list(range(size))
        for symbols in drawn:
            numbers = symbols.tolist()
            running = [row for row in running if not self._grow(grown[row], numbers[row], streamers[row], constraints)]
            done.fill_(True)
            done[running] = False
        return grown

    def _grow(self, line: Candidate, number: int, streamer: Streamer, constraints: Sequence[Constraint]) -> bool:
        """One more symbol; whether the line has come to its end, or is lost."""
        if number == self._end_id:
            line.text += streamer.finish()
            line.ended = True
            return True
        piece = streamer.feed(number)
        begins_word = piece[:1].isspace()
        if begins_word:
            line.cut = (len(line.ids), len(line.text))
        # What stands before white space cannot grow any more.
        lost = begins_word and any(constraint.refuse(line.words, whole=False) for constraint in constraints)
        line.ids += (number,)
        line.text += piece
        return lost
