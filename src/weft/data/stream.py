"""A text as one long stream of symbols, an end-of-line symbol behind every line: what every language model reads.

The lines come from files of any format; the numbers lie in memory-mapped files. ``Extent`` remembers how much text the
symbols stand for, so that models of different symbols compare.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from weft.config import TextData
from weft.data.batching import Batches, BucketedFeed, StreamFeed
from weft.data.codec import Codec
from weft.data.corpus import Ragged, TokenFile, fingerprint
from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.data.windows import Windows
from weft.errors import DataError, RunError
from weft.types import Batch, Data, Feed, Files, LikelihoodEvidence, Place

LONGEST_LINE = 1000
"""Symbols of a line that are read in one go; a row of a batch is never longer."""


@dataclass(frozen=True)
class StreamVocabulary:
    """Symbols of the text, with an end-of-line symbol."""

    text: Codec

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``vocabulary.json``."""
        return {"text": self.text.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> StreamVocabulary:
        """Read ``vocabulary.json`` back.

        Raises:
            RunError: it is not that of a language model.
        """
        if "text" not in values:
            raise RunError(f"vocabulary.json of a language model needs 'text', got {sorted(values)}")
        codec = Codec.from_json(values["text"])
        if codec.end_id is None:
            raise RunError("this vocabulary has no end-of-line symbol: it was not made by a language model")
        return cls(codec)

    @property
    def end(self) -> np.ndarray:
        """The end-of-line symbol as a text of its own, [1]."""
        return np.array([self.text.end_id], dtype=self.text.dtype)


@dataclass(frozen=True)
class Extent:
    """How much text a feed holds, ends of line included: it turns nats into bits per character and word perplexity.

    Attributes:
        lines, characters, words: of the text.
        spelling: nats that its unknown symbols take to be spelled out; counted where text is to be measured.
    """

    lines: int = 0
    characters: int = 0
    words: int = 0
    spelling: float = 0.0

    def plus(self, line: str, spelling: float = 0.0) -> Extent:
        """The extent with one more line."""
        words = self.words + len(line.split()) + 1
        return Extent(self.lines + 1, self.characters + len(line) + 1, words, self.spelling + spelling)

    def evidence(self, nats: np.ndarray, symbols: np.ndarray, unknown: int) -> LikelihoodEvidence:
        """What was said of the text in blocks: nats float64 [N] and symbols int64 [N]; the rest is shared out by
        symbols."""
        share = symbols / max(1, int(symbols.sum()))
        characters, words = share * self.characters, share * self.words
        return LikelihoodEvidence(nats, symbols, characters, words, unknown, self.spelling)


class LineFeed:
    """Lines, each from its start, in batches of like length; the inputs are the targets one place later.

    Args:
        ids: unsigned integers [N], lines that end in ``end_id``.
        end_id: the symbol behind every line, and the input before its first.
        batch_size, seed, shuffle: as in ``BucketedFeed``.
    """

    def __init__(self, ids: np.ndarray, *, end_id: int, batch_size: int, seed: int, shuffle: bool) -> None:
        self._end_id = end_id
        rows = Ragged(ids, _line_offsets(ids, end_id))
        self._rows = BucketedFeed(rows, None, batch_size=batch_size, seed=seed, shuffle=shuffle)

    @property
    def tokens(self) -> int:
        """Symbols an epoch holds."""
        return self._rows.tokens

    def epoch(self, number: int) -> Sequence[Batch]:
        """Every line exactly once."""
        batches = self._rows.epoch(number)
        return Batches(len(batches), lambda place: self._with_inputs(batches[place]))

    def _with_inputs(self, batch: Batch) -> Batch:
        ids = batch.ids.roll(1, dims=1)
        ids[:, 0] = self._end_id
        return replace(batch, ids=ids, targets=batch.ids)


@dataclass(frozen=True)
class TextFeed:
    """Batches of a text, which know how much text they stand for."""

    stream: StreamFeed | LineFeed
    extent: Extent

    @property
    def tokens(self) -> int:
        """Symbols of an epoch."""
        return self.stream.tokens

    def epoch(self, number: int) -> Sequence[Batch]:
        """Contiguous windows, each going on from the one before; or lines, each from its start."""
        return self.stream.epoch(number)


@dataclass(frozen=True)
class Numbered:
    """The numbers of a text, each line closed by the end symbol: ids unsigned [N], perhaps memory-mapped."""

    ids: np.ndarray
    extent: Extent

    def feed(self, vocabulary: StreamVocabulary, *, streams: int, window: int | Windows) -> TextFeed:
        """The text in ``streams`` columns; a text shorter than that in fewer: no reason to stop at training's end."""
        end = vocabulary.text.end_id
        assert end is not None
        columns = max(1, min(streams, len(self.ids)))
        return TextFeed(StreamFeed(self.ids, streams=columns, window=window, start_id=end), self.extent)

    def line_feed(self, vocabulary: StreamVocabulary, *, batch_size: int, seed: int = 0, shuffle: bool) -> TextFeed:
        """The text line by line, none knowing of the others."""
        end = vocabulary.text.end_id
        assert end is not None
        feed = LineFeed(self.ids, end_id=end, batch_size=batch_size, seed=seed, shuffle=shuffle)
        return TextFeed(feed, self.extent)


def _line_offsets(ids: np.ndarray, end_id: int) -> np.ndarray:
    """Where lines begin, and the end, int64 [L + 1]; one longer than ``LONGEST_LINE`` begins anew after as many."""
    ends = np.flatnonzero(np.append(ids[:-1] == end_id, True)) + 1
    starts = np.append(0, ends[:-1])
    pieces = -(-(ends - starts) // LONGEST_LINE)
    nth = np.arange(int(pieces.sum())) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.append(np.repeat(starts, pieces) + nth * LONGEST_LINE, ends[-1]).astype(np.int64)


def read_lines(
    paths: Sequence[Path],
    data: TextData,
    problems: Problems,
    *,
    before: int | None = None,
    after: int | None = None,
    without: Collection[Place] = (),
) -> Iterator[str]:
    """Lines of the text; ``before`` and ``after`` count lines and divide off a held-out tail."""
    records = read_records(paths, {"text": data.text}, quoting=data.quoting, problems=problems, without=without)
    for number, record in enumerate(records):
        if before is not None and number >= before:
            return
        if after is None or number >= after:
            yield record.values["text"]


def training_lines(paths: Sequence[Path], data: TextData) -> int:
    """The number of lines in the training share when the last ``valid_fraction`` of the characters is held out.

    Raises:
        DataError: the text is too short to be divided.
    """
    ends = np.cumsum(np.fromiter((len(line) + 1 for line in read_lines(paths, data, Problems())), dtype=np.int64))
    cut = int(np.searchsorted(ends, ends[-1] * (1.0 - data.valid_fraction)))
    if not 0 < cut < len(ends):
        raise DataError(
            f"{len(ends)} line(s) of text cannot be divided into a training and a validation part",
            hint="give a validation file with --valid, or set data.valid_fraction",
        )
    return cut


def number_lines(lines: Iterable[str], codec: Codec, path: Path, *, spell: bool = False) -> Numbered:
    """Number lines, each closed by the end symbol, into a memory-mapped file.

    ``spell``: text that is to be measured; what its unknown symbols take to be spelled out is counted.
    """
    extent = Extent()

    def measured() -> Iterator[str]:
        nonlocal extent
        for line in map(codec.clean, lines):
            extent = extent.plus(line, codec.spelling(line) if spell else 0.0)
            yield line

    written = TokenFile.write(codec.encode_lines(measured(), end=True), path, codec.dtype)
    return Numbered(written.ids, extent)


@dataclass(frozen=True)
class Parts:
    """The two parts of a training's text, numbered, with the vocabulary that did it and what was odd in the files."""

    train: Numbered
    valid: Numbered
    vocabulary: StreamVocabulary
    notes: tuple[str, ...]


def prepare_parts(
    train: Sequence[Path], valid: Sequence[Path], data: TextData, work: Path, vocabulary: StreamVocabulary | None
) -> Parts:
    """Learn the symbols from the training part unless a vocabulary is given, and number both parts.

    Without a validation file the last ``valid_fraction`` of the training text is held out.
    """
    problems = Problems()
    cut = None if valid else training_lines(train, data)
    if vocabulary is None:
        texts = read_lines(train, data, Problems(), before=cut)
        vocabulary = StreamVocabulary(Codec.learn(texts, data, end=True))
    codec = vocabulary.text
    # A held-out tail is read with the training part, so its oddities are counted there; once is enough.
    first = number_lines(read_lines(train, data, problems, before=cut), codec, work / "train")
    second = read_lines(train, data, Problems(), after=cut) if cut else read_lines(valid, data, problems)
    return Parts(first, number_lines(second, codec, work / "valid", spell=True), vocabulary, tuple(problems.notes()))


def train_lines(train: Sequence[Path], valid: Sequence[Path], data: TextData) -> Iterator[str]:
    """Lines of the training files, less the held-out tail where there is one."""
    return read_lines(train, data, Problems(), before=None if valid else training_lines(train, data))


def valid_lines(train: Sequence[Path], valid: Sequence[Path], data: TextData) -> Iterator[str]:
    """Lines of the validation files, or of the held-out tail."""
    if valid:
        return read_lines(valid, data, Problems())
    return read_lines(train, data, Problems(), after=training_lines(train, data))


def line_score(
    text: str, nats: float, symbols: int, unknown: int, *, spelling: float = 0.0, end: bool = True
) -> dict[str, Any]:
    """What ``weft score`` says of a line as the codec cleaned it.

    Args:
        text: the line.
        nats: of its symbols.
        symbols, unknown: how many, and how many of them unknown.
        spelling: nats that those take to be spelled out; they count in the bits of characters alone.
        end: whether its end of line counts.
    """
    bits = (nats + spelling) / math.log(2) / max(1, len(text) + end)
    return {"logp": -nats, "symbols": symbols, "unknown": unknown, "bits_per_character": bits}


class StreamTask:
    """What every task over streams of text has in common; see ``weft.types.Task`` for what each member promises."""

    fields = ("text",)
    decision = "next symbol"
    in_step = True

    def measures(self, config: Any) -> tuple[str, ...]:
        """Nats a symbol first; bits a character and word perplexity compare models of different symbols."""
        return ("nats-per-symbol", "perplexity", "bits-per-character", "word-perplexity")

    def learning_feed(self, numbered: Numbered, config: Any, vocabulary: StreamVocabulary) -> Feed:
        """The training part as it is learned from."""
        raise NotImplementedError

    def measured_feed(self, numbered: Numbered, config: Any, vocabulary: StreamVocabulary) -> Feed:
        """A text as it is measured."""
        raise NotImplementedError

    def prepare(self, files: Files, config: Any, work: Path, vocabulary: StreamVocabulary | None = None) -> Data:
        """Number the text into memory-mapped files; without a validation file its last share is held out."""
        parts = prepare_parts(files.train, files.valid, config.data, work, vocabulary)
        return Data(
            train=self.learning_feed(parts.train, config, parts.vocabulary),
            valid=self.measured_feed(parts.valid, config, parts.vocabulary),
            vocabulary=parts.vocabulary,
            notes=parts.notes,
            sources=fingerprint([*files.train, *files.valid]),
        )

    def read(
        self,
        files: Sequence[Path],
        config: Any,
        vocabulary: StreamVocabulary,
        work: Path,
        *,
        without: Collection[Place] = (),
    ) -> tuple[Feed, tuple[str, ...]]:
        """Number text with the run's vocabulary; lines that are left out are not in the stream."""
        problems = Problems()
        lines = read_lines(files, config.data, problems, without=without)
        numbered = number_lines(lines, vocabulary.text, work / "read", spell=True)
        return self.measured_feed(numbered, config, vocabulary), tuple(problems.notes())

    def vocabulary_from_json(self, values: Mapping[str, Any]) -> StreamVocabulary:
        """Read ``vocabulary.json`` back."""
        return StreamVocabulary.from_json(values)

    def adopt(self, values: Mapping[str, Any]) -> StreamVocabulary:
        """Keep the symbols of another language model."""
        return StreamVocabulary.from_json(values)

    def encode(self, config: Any, vocabulary: StreamVocabulary, text: str) -> np.ndarray:
        """The line's numbers behind an end-of-line symbol, which stands before every line."""
        return np.concatenate([vocabulary.end, vocabulary.text.encode(text)]).astype(np.int64)

    def train_texts(self, files: Files, config: Any) -> Iterator[str]:
        """Lines of the training part."""
        return train_lines(files.train, files.valid, config.data)

    def valid_texts(self, files: Files, config: Any) -> Iterator[str]:
        """Lines of the validation files, or of the held-out tail."""
        return valid_lines(files.train, files.valid, config.data)
