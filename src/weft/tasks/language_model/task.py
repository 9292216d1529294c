"""Task ``language-model``: a stream of text in, the distribution over the next symbol out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from weft.data.batching import StreamFeed, pad
from weft.data.codec import Codec
from weft.data.corpus import TokenFile, fingerprint
from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.errors import DataError, RunError
from weft.nn.losses import output_loss, symbol_nats
from weft.tasks.language_model.config import Config
from weft.tasks.language_model.model import LanguageModel, LanguageModelDecoder
from weft.types import WAYS_OF_RUNNING, Batch, Data, Feed, Files, LikelihoodEvidence, Loss, State

# Parallel streams of an evaluation: each but the first begins without its context, so few; one would be slow.
EVALUATION_STREAMS = 8
EVALUATION_WINDOW = 200
SCORE_STEPS = 1000


@dataclass(frozen=True)
class LanguageModelVocabulary:
    """Symbols of the text, with an end-of-line symbol."""

    text: Codec

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``vocabulary.json``."""
        return {"text": self.text.to_json()}


@dataclass(frozen=True)
class Extent:
    """How much text a feed holds, ends of line included: it turns nats into bits per character and word perplexity."""

    lines: int = 0
    characters: int = 0
    words: int = 0

    def plus(self, line: str) -> Extent:
        """The extent with one more line."""
        return Extent(self.lines + 1, self.characters + len(line) + 1, self.words + len(line.split()) + 1)


@dataclass(frozen=True)
class TextFeed:
    """A stream of symbols that knows how much text it stands for."""

    stream: StreamFeed
    extent: Extent

    @property
    def tokens(self) -> int:
        """Symbols of an epoch."""
        return self.stream.tokens

    def epoch(self, number: int) -> Sequence[Batch]:
        """Contiguous windows; the state is carried from one to the next."""
        return self.stream.epoch(number)


class LanguageModelTask:
    """Many to many in step; see ``weft.types.Task`` for what each member promises."""

    name = "language-model"
    fields = ("text",)
    decision = "next symbol"
    in_step = True

    def measures(self, config: Config) -> tuple[str, ...]:
        """Nats a symbol first; bits a character and word perplexity compare models of different symbols."""
        return ("nats-per-symbol", "perplexity", "bits-per-character", "word-perplexity")

    def prepare(
        self, files: Files, config: Config, work: Path, vocabulary: LanguageModelVocabulary | None = None
    ) -> Data:
        """Number the text into memory-mapped files; without a validation file its last share is held out."""
        problems = Problems()
        cut = None if files.valid else _cut(files.train, config)
        if vocabulary is None:
            texts = _lines(files.train, config, Problems(), before=cut)
            vocabulary = LanguageModelVocabulary(Codec.learn(texts, config.data, end=True))
        codec = vocabulary.text
        # A held-out tail is read with the training part, so its oddities are counted there; once is enough.
        train = _number(_lines(files.train, config, problems, before=cut), codec, work / "train")
        held_out = _lines(files.train, config, Problems(), after=cut) if cut else _lines(files.valid, config, problems)
        valid = _number(held_out, codec, work / "valid")
        training = config.training
        return Data(
            train=_feed(train, codec, streams=training.batch_size, window=config.data.window),
            valid=_feed(valid, codec, streams=EVALUATION_STREAMS, window=EVALUATION_WINDOW),
            vocabulary=vocabulary,
            notes=tuple(problems.notes()),
            sources=fingerprint([*files.train, *files.valid]),
        )

    def read(
        self, files: Sequence[Path], config: Config, vocabulary: LanguageModelVocabulary, work: Path
    ) -> tuple[Feed, tuple[str, ...]]:
        """Number text with the run's vocabulary."""
        problems = Problems()
        numbered = _number(_lines(files, config, problems), vocabulary.text, work / "read")
        feed = _feed(numbered, vocabulary.text, streams=EVALUATION_STREAMS, window=EVALUATION_WINDOW)
        return feed, tuple(problems.notes())

    def vocabulary_from_json(self, values: Mapping[str, Any]) -> LanguageModelVocabulary:
        """Read ``vocabulary.json`` back."""
        if "text" not in values:
            raise RunError(f"vocabulary.json of a language model needs 'text', got {sorted(values)}")
        codec = Codec.from_json(values["text"])
        if codec.end_id is None:
            raise RunError("this vocabulary has no end-of-line symbol: it was not made by a language model")
        return LanguageModelVocabulary(codec)

    def adopt(self, values: Mapping[str, Any]) -> LanguageModelVocabulary:
        """Keep the symbols of another language model."""
        return self.vocabulary_from_json(values)

    def build(self, config: Config, vocabulary: LanguageModelVocabulary, parts: Mapping[str, Any]) -> LanguageModel:
        """The network with fresh parameters."""
        return LanguageModel(config, symbols=vocabulary.text.size)

    def loss(self, module: LanguageModel, batch: Batch, state: State | None) -> Loss:
        """Cross-entropy in nats a symbol, summed; the state after the window is carried on."""
        assert batch.targets is not None
        outputs, after = module.outputs(batch.ids, batch.lengths, state)
        total, count = output_loss(outputs, module.output, batch.targets, batch.lengths)
        return Loss(total, count, after)

    def evidence(self, module: LanguageModel, feed: Feed, vocabulary: LanguageModelVocabulary) -> LikelihoodEvidence:
        """Nats of every window of every stream, the state carried along; characters and words shared out by symbols."""
        assert isinstance(feed, TextFeed)
        device = next(module.parameters()).device
        nats, symbols, unknown = [], [], 0
        state: State | None = None
        with torch.inference_mode():
            for batch in feed.epoch(0):
                moved = batch.to(device)
                assert moved.targets is not None
                logits, state = module(moved.ids, moved.lengths, state)
                nats.append(symbol_nats(logits, moved.targets, moved.lengths).double().sum(dim=1).cpu())
                symbols.append(batch.lengths)
                unknown += _unknown(batch, vocabulary.text.unknown_id)
        counts = torch.cat(symbols).numpy()
        share = counts / counts.sum()
        return LikelihoodEvidence(
            nats=torch.cat(nats).numpy(),
            symbols=counts,
            characters=share * feed.extent.characters,
            words=share * feed.extent.words,
            unknown=unknown,
        )

    def finish(self, module: LanguageModel, feed: Feed, vocabulary: LanguageModelVocabulary) -> dict[str, Any]:
        """Nothing to add: maximum likelihood training leaves no temperature to fit."""
        return {}

    def decoder(
        self, module: LanguageModel, vocabulary: LanguageModelVocabulary, *, precision: str = "float32"
    ) -> LanguageModelDecoder:
        """What search runs on, with a copy of the weights; the unknown symbol is never proposed."""
        return LanguageModelDecoder(module, forbidden=vocabulary.text.unknown_id, precision=precision)

    def score(
        self, module: LanguageModel, vocabulary: LanguageModelVocabulary, texts: Sequence[str]
    ) -> list[dict[str, Any]]:
        """log p of each line from a fresh state, its end included, in nats."""
        codec = vocabulary.text
        end = _end(codec)
        encoded = [codec.encode(text) for text in texts]
        ids, lengths = pad([np.concatenate([end, row]) for row in encoded])
        targets, _ = pad([np.concatenate([row, end]) for row in encoded])
        nats = _line_nats(module, ids, targets, lengths).tolist()
        unknown = [int((row == codec.unknown_id).sum()) for row in encoded]
        return [_line_score(*row) for row in zip(texts, nats, lengths.tolist(), unknown, strict=True)]

    def encode(self, config: Config, vocabulary: LanguageModelVocabulary, text: str) -> np.ndarray:
        """The line's numbers behind an end-of-line symbol, which stands before every line."""
        codec = vocabulary.text
        return np.concatenate([_end(codec), codec.encode(text)]).astype(np.int64)

    def valid_texts(self, files: Files, config: Config) -> Iterator[str]:
        """Lines of the validation files, or of the held-out tail."""
        if files.valid:
            return _lines(files.valid, config, Problems())
        return _lines(files.train, config, Problems(), after=_cut(files.train, config))

    def decide(self, module: LanguageModel, y: Tensor, lengths: Tensor) -> list[Tensor]:
        """log p of the next symbol after each one read."""
        return [torch.log_softmax(row[:length].double(), -1) for row, length in zip(y, lengths.tolist(), strict=True)]

    def ways(self, config: Config) -> Mapping[str, str]:
        """Every way: it reads forward only."""
        return dict.fromkeys(WAYS_OF_RUNNING, "")

    def tiny(self) -> dict[str, Any]:
        """Two updates of a network of four units."""
        return {
            "data": {"window": 5},
            "embedding": {"size": 4},
            "encoder": {"hidden": 4, "layers": 1},
            "training": {"max_steps": 2, "batch_size": 2, "epochs": 1, "threads": 1},
        }


task = LanguageModelTask()


def _end(codec: Codec) -> np.ndarray:
    """The end-of-line symbol as a text of its own."""
    return np.array([codec.end_id], dtype=codec.dtype)


def _lines(
    paths: Sequence[Path], config: Config, problems: Problems, *, before: int | None = None, after: int | None = None
) -> Iterator[str]:
    """Lines of the text; ``before`` and ``after`` count lines and divide off a held-out tail."""
    records = read_records(paths, {"text": config.data.text}, quoting=config.data.quoting, problems=problems)
    for number, record in enumerate(records):
        if before is not None and number >= before:
            return
        if after is None or number >= after:
            yield record.values["text"]


def _cut(paths: Sequence[Path], config: Config) -> int:
    """The number of lines in the training share when the last ``valid_fraction`` of the characters is held out."""
    ends = np.cumsum(np.fromiter((len(line) + 1 for line in _lines(paths, config, Problems())), dtype=np.int64))
    cut = int(np.searchsorted(ends, ends[-1] * (1.0 - config.data.valid_fraction)))
    if not 0 < cut < len(ends):
        raise DataError(
            f"{len(ends)} line(s) of text cannot be divided into a training and a validation part",
            hint="give a validation file with --valid, or set data.valid_fraction",
        )
    return cut


def _number(lines: Iterable[str], codec: Codec, path: Path) -> tuple[np.ndarray, Extent]:
    """Number lines, each closed by the end symbol, into a memory-mapped file."""
    extent = Extent()

    def measured() -> Iterator[str]:
        nonlocal extent
        for line in lines:
            extent = extent.plus(line)
            yield line

    written = TokenFile.write(codec.encode_lines(measured(), end=True), path, codec.dtype)
    return written.ids, extent


def _feed(numbered: tuple[np.ndarray, Extent], codec: Codec, *, streams: int, window: int) -> TextFeed:
    ids, extent = numbered
    assert codec.end_id is not None
    # A text shorter than the number of streams is read in fewer: the end of training is no place to stop for that.
    stream = StreamFeed(ids, streams=max(1, min(streams, len(ids))), window=window, start_id=codec.end_id)
    return TextFeed(stream, extent)


def _unknown(batch: Batch, unknown_id: int) -> int:
    assert batch.targets is not None
    real = torch.arange(batch.targets.shape[1]) < batch.lengths[:, None]
    return int(((batch.targets == unknown_id) & real).sum())


def _line_nats(module: LanguageModel, ids: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """Nats of each row, float64 [B], its steps taken in pieces, so that memory does not grow with the longest line."""
    device = next(module.parameters()).device
    nats = torch.zeros(len(lengths), dtype=torch.float64)
    rows, state = torch.arange(len(lengths)), module.encoder.start(len(lengths))
    with torch.inference_mode():
        for first in range(0, ids.shape[1], SCORE_STEPS):
            goes_on = lengths[rows] > first
            rows, state = rows[goes_on], {name: value[goes_on.to(device)] for name, value in state.items()}
            piece, left = slice(first, first + SCORE_STEPS), (lengths[rows] - first).clamp(max=SCORE_STEPS)
            logits, state = module(ids[rows, piece].to(device), left, state)
            nats[rows] += symbol_nats(logits, targets[rows, piece].to(device), left).sum(dim=1).cpu()
    return nats


def _line_score(text: str, nats: float, symbols: int, unknown: int) -> dict[str, Any]:
    bits = nats / math.log(2) / (len(text) + 1)
    return {"logp": -nats, "symbols": symbols, "unknown": unknown, "bits_per_character": bits}
