"""Pairs of texts, one to be turned into the other: two vocabularies, numbered rows of both sides, batches of both.

Every row ends in the end symbol, on both sides, so that an empty text is a row of one symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from weft.config import PairData
from weft.data.batching import Batches, BucketedFeed, pad
from weft.data.codec import Codec
from weft.data.corpus import Ragged, row_writer
from weft.data.problems import Problems
from weft.data.readers import Record, read_records
from weft.data.splitting import held_out
from weft.errors import RunError
from weft.types import Batch, Files, Place

NOTHING = -1
"""Target at padding: it counts in no loss."""


@dataclass(frozen=True)
class PairVocabulary:
    """Symbols of both sides; where they are shared, the two are one object."""

    source: Codec
    target: Codec

    @property
    def text(self) -> Codec:
        """The source's: what the network reads."""
        return self.source

    @property
    def shared(self) -> bool:
        """Whether both sides have the same symbols."""
        return self.source is self.target

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``vocabulary.json``; without a target where it is shared."""
        sides = {"source": self.source.to_json()}
        return sides if self.shared else {**sides, "target": self.target.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PairVocabulary:
        """Read ``vocabulary.json`` back.

        Raises:
            RunError: it is not that of pairs.
        """
        if "source" not in values:
            raise RunError(f"vocabulary.json of pairs of texts needs 'source', got {sorted(values)}")
        source = Codec.from_json(values["source"])
        target = Codec.from_json(values["target"]) if "target" in values else source
        if source.end_id is None or target.end_id is None:
            raise RunError("this vocabulary of pairs has no end symbol: it was not made by a translator")
        return cls(source, target)

    @classmethod
    def learn(cls, records: Callable[[], Iterable[Record]], config: PairData) -> PairVocabulary:
        """Freeze the symbols of the training pairs, which are read once, or twice where each side has its own."""
        if config.shared:
            codec = Codec.learn(_both(records()), config, end=True)
            return cls(codec, codec)
        source = Codec.learn((record.values["source"] for record in records()), config, end=True)
        return cls(source, Codec.learn((record.values["target"] for record in records()), config.of_target, end=True))


@dataclass(frozen=True)
class Pairs:
    """Numbered rows of both sides, as many each, and the texts of both as they stood in the file (UTF-8)."""

    sources: Ragged
    targets: Ragged
    given: Ragged
    written: Ragged

    def __len__(self) -> int:
        return len(self.sources)

    def text(self, row: int) -> str:
        """A source as it was given."""
        return self.given[row].tobytes().decode("utf-8")

    def reference(self, row: int) -> str:
        """A target as it was written."""
        return self.written[row].tobytes().decode("utf-8")


class PairFeed:
    """Pairs in batches of like length, every pair exactly once an epoch.

    ``Batch.ids`` and ``lengths`` are the sources, ``Batch.targets`` int64 [B, U] the targets, ``NOTHING`` at padding;
    ``Batch.tokens`` counts both sides.

    Args:
        pairs: the rows, none of them empty.
        batch_size, seed, shuffle: as in ``BucketedFeed``, which orders them by the lengths of the targets.
        read: gives the numbers of a source, int64 [N], by epoch and row; absent: as they are.
    """

    def __init__(
        self,
        pairs: Pairs,
        *,
        batch_size: int,
        seed: int,
        shuffle: bool,
        read: Callable[[int, int], np.ndarray] | None = None,
    ) -> None:
        self.pairs = pairs
        self._read = read or (lambda _, row: pairs.sources[row])
        self._targets = BucketedFeed(pairs.targets, None, batch_size=batch_size, seed=seed, shuffle=shuffle)

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def tokens(self) -> int:
        """Symbols an epoch holds, of both sides."""
        return self.pairs.sources.tokens + self.pairs.targets.tokens

    def epoch(self, number: int) -> Sequence[Batch]:
        """The batches of epoch ``number`` (from 0)."""
        batches = self._targets.epoch(number)
        return Batches(len(batches), lambda place: self._with_sources(batches[place], number))

    def _with_sources(self, written: Batch, epoch: int) -> Batch:
        ids, lengths = pad([self._read(epoch, int(row)) for row in written.rows])
        behind = torch.arange(written.ids.shape[1]) >= written.lengths.unsqueeze(1)
        targets = written.ids.masked_fill(behind, NOTHING)
        return replace(written, ids=ids, lengths=lengths, targets=targets, tokens=written.tokens + int(lengths.sum()))


def pair_records(
    paths: Sequence[Path], config: PairData, problems: Problems, *, without: Collection[Place] = ()
) -> Iterator[Record]:
    """Records with the texts ``source`` and ``target``."""
    columns = {"source": config.source, "target": config.target}
    return read_records(paths, columns, quoting=config.quoting, problems=problems, without=without)


def part_of(files: Files, config: PairData, problems: Problems, *, seed: int, train: bool) -> Iterator[Record]:
    """Records of the training or the validation part, whichever way they are divided; equal sources stay together."""
    if files.valid:
        yield from pair_records(files.train if train else files.valid, config, problems)
        return
    for record in pair_records(files.train, config, problems):
        if held_out(record.values["source"], config.valid_fraction, seed=seed) != train:
            yield record


def number_pairs(
    records: Iterable[Record],
    config: PairData,
    vocabulary: PairVocabulary,
    path: Path,
    problems: Problems,
    *,
    learning: bool,
) -> Pairs:
    """The numbered rows of both sides, in memory-mapped files.

    To learn from, pairs with an empty or an overlong side are left out and counted. To be measured on, every pair
    stays: an overlong source is cut, as it is when it is to be translated.
    """
    paths = [path.with_name(f"{path.name}-{side}") for side in ("source", "target", "given", "written")]
    with (
        row_writer(paths[0], vocabulary.source.dtype) as take_source,
        row_writer(paths[1], vocabulary.target.dtype) as take_target,
        row_writer(paths[2], np.uint8) as take_given,
        row_writer(paths[3], np.uint8) as take_written,
    ):
        for source, target, given, written in _fitting(records, config, vocabulary, problems, learning=learning):
            take_source(source)
            take_target(target)
            take_given(_bytes(given))
            take_written(_bytes(written))
    return Pairs(*map(Ragged.open, paths))


def source_symbols(text: str, codec: Codec, config: PairData) -> list[str]:
    """The symbols behind the numbers of ``source_row``, known or not, without the end symbol."""
    symbols = codec.tokenizer.split(codec.clean(text))[: config.max_length]
    return symbols[::-1] if config.reverse_source else symbols


def source_row(text: str, codec: Codec, config: PairData) -> np.ndarray:
    """The numbers of a source as the network reads it, int64 [N]: cut at the longest length, perhaps turned round."""
    ids = codec.encode(text)[: config.max_length]
    if config.reverse_source:
        ids = ids[::-1]
    return _ended(ids, codec)


def target_row(text: str, codec: Codec) -> np.ndarray:
    """The numbers of a target and its end symbol, int64 [N]."""
    return _ended(codec.encode(text), codec)


def _fitting(
    records: Iterable[Record], config: PairData, vocabulary: PairVocabulary, problems: Problems, *, learning: bool
) -> Iterator[tuple[np.ndarray, np.ndarray, str, str]]:
    longest = config.max_length
    for record in records:
        source = vocabulary.source.encode(record.values["source"])
        target = target_row(record.values["target"], vocabulary.target)
        if learning and not (len(source) and len(target) > 1):
            problems.add("empty-pair", record.path, record.line)
            continue
        if learning and max(len(source), len(target) - 1) > longest:
            problems.add("long-pair", record.path, record.line, f"data.max_length = {longest} symbols")
            continue
        if len(source) > longest:
            problems.add("cut-text", record.path, record.line, f"data.max_length = {longest} symbols")
        yield (
            source_row(record.values["source"], vocabulary.source, config),
            target,
            record.values["source"],
            record.values["target"],
        )


def _ended(ids: np.ndarray, codec: Codec) -> np.ndarray:
    """The numbers with the end symbol behind them, int64."""
    assert codec.end_id is not None
    return np.append(ids, codec.end_id).astype(np.int64)


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-8", "replace"), np.uint8)


def _both(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        yield record.values["source"]
        yield record.values["target"]
