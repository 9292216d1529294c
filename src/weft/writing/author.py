"""Writes text with a model: several texts at once, piece by piece as they are drawn, or verse line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from weft.config import TextData
from weft.data.codec import Codec, Streamer
from weft.search.sampling import PLAIN, sample
from weft.search.settings import Sampling
from weft.types import Decoder
from weft.writing.copied import TrainingText
from weft.writing.prompt import encode_prompt, streamer_behind, unknown_symbols
from weft.writing.stops import StopCut
from weft.writing.verse.allowed import has_allowed_words
from weft.writing.verse.form import Form
from weft.writing.verse.poem import Line, Poet


class Author:
    """A model that writes; made by ``Model.author``. The weights it writes with are packed once, for all its texts.

    Args:
        decoder: what says the next symbols.
        codec: of a language model.
        data: how the model's training files were read.
        device: where the decoder wants its symbols.
    """

    def __init__(self, decoder: Decoder, codec: Codec, data: TextData, device: torch.device) -> None:
        assert codec.end_id is not None, "a language model's codec has an end-of-line symbol"
        self._decoder, self._codec, self._data, self._device = decoder, codec, data, device
        self._end_id = codec.end_id

    def write(
        self,
        prompt: str = "",
        sampling: Sampling = PLAIN,
        *,
        length: int = 200,
        seed: int = 1,
        samples: int = 1,
        stop: Sequence[str] = (),
        show_stop: bool = False,
        **settings: Any,
    ) -> Iterator[list[str]]:
        """Check everything now; then yield what each text goes on with, a piece for every text at a time.

        The same seed gives the same texts, and a text does not depend on how many others are drawn beside it. Joined,
        its pieces are what comes behind the prompt.

        Args:
            prompt: what the texts go on from; its lines end as the model's do.
            sampling: how a symbol is chosen.
            length: symbols of a text, at most.
            seed: of all draws.
            samples: how many texts.
            stop: a text ends where one of these is complete, wherever its symbols begin and end.
            show_stop: whether that stop text belongs to the text.
            settings: fields of ``Sampling``, instead of those in ``sampling``.
        Raises:
            ConfigError: an unknown setting, or one outside its range.
            RunError: the network's log-probabilities are not numbers (raised while yielding).
        """
        streamers = [streamer_behind(self._codec, prompt) for _ in range(samples)]
        cuts = [StopCut(stop, shown=show_stop) for _ in range(samples)]
        ended = torch.zeros(max(0, samples), dtype=torch.bool)

        def finished(_ids: Tensor, running: Tensor) -> Tensor:
            return ended[running]

        drawn = sample(
            self._decoder,
            torch.from_numpy(encode_prompt(self._codec, prompt)).to(self._device),
            sampling.having(**settings),
            length=length,
            start_id=self._end_id,
            seed=seed,
            samples=samples,
            finished=finished if stop else None,
        )
        return _pieces_cut(drawn, streamers, cuts, ended) if stop else _pieces(drawn, streamers)

    def generate(self, prompt: str = "", **wish: Any) -> list[str]:
        """Whole texts, without the prompt; arguments as ``write`` takes them."""
        pieces = list(self.write(prompt, **wish))
        return ["".join(row) for row in zip(*pieces, strict=True)]

    def stream(self, prompt: str = "", **wish: Any) -> Iterator[str]:
        """One text piece by piece; arguments as ``write`` takes them, but for ``samples``."""
        return map(itemgetter(0), self.write(prompt, **{**wish, "samples": 1}))

    def verse(
        self,
        form: Form,
        prompt: str = "",
        sampling: Sampling = PLAIN,
        *,
        length: int = 400,
        seed: int = 1,
        number: int = 0,
        **settings: Any,
    ) -> Iterator[Line]:
        """Lines of a form, each when one is found; see ``weft.writing.verse.poem``.

        Args:
            form: what each line must satisfy. A line that no try satisfied says so in ``Line.unmet``.
            prompt: what is read before; the first line goes on with its unfinished line.
            length: symbols of a line, at most.
            number: of the text among those with this seed, 0 or more: it does not depend on the others.
            sampling, seed, settings: as in ``write``.
        Raises:
            ConfigError: as in ``write``, or the form allows no word that the model knows.
        """
        sampling = sampling.having(**settings)
        poet = Poet(self._decoder, self._codec, form, sampling, longest=length, seed=seed, device=self._device)
        return poet.lines(prompt, number)

    def has_words_for(self, form: Form) -> bool:
        """Whether a form leaves the model any word to write; ``verse`` refuses one that leaves none."""
        return has_allowed_words(self._codec, form)

    def unknown_in(self, prompt: str) -> list[str]:
        """Symbols of a prompt that the model has never seen, in their order: it reads them as the unknown one."""
        return unknown_symbols(self._codec, prompt)

    def training_text(self, paths: Sequence[str | Path]) -> TrainingText:
        """Files the model was trained on, as it would write them: what ``find_copied`` looks into.

        Raises:
            DataError: a path is missing.
        """
        return TrainingText([Path(path) for path in paths], self._data, self._codec)


def _pieces(drawn: Iterator[Tensor], streamers: Sequence[Streamer]) -> Iterator[list[str]]:
    feeds = [streamer.feed for streamer in streamers]
    for symbols in drawn:
        # no zip(strict=True) here: with small networks it is felt
        yield [feed(number) for feed, number in zip(feeds, symbols.tolist())]  # noqa: B905
    yield [streamer.finish() for streamer in streamers]


def _pieces_cut(
    drawn: Iterator[Tensor], streamers: Sequence[Streamer], cuts: Sequence[StopCut], ended: Tensor
) -> Iterator[list[str]]:
    """The same up to the stop texts; which rows have ended is noted in ``ended``."""
    rows = list(zip(streamers, cuts, strict=True))
    for symbols in drawn:
        numbers = symbols.tolist()
        # A row that has ended repeats a symbol that must not be shown.
        yield [
            "" if cut.ended else cut.feed(streamer.feed(number))
            for (streamer, cut), number in zip(rows, numbers, strict=True)
        ]
        ended[:] = torch.tensor([cut.ended for cut in cuts])
    yield ["" if cut.ended else cut.feed(streamer.finish()) + cut.finish() for streamer, cut in rows]
