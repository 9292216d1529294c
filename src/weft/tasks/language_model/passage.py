"""A text read once from beginning to end, piece by piece: what a model that learns on its way is measured on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from weft.data.problems import Problems
from weft.data.stream import Numbered, StreamVocabulary, number_lines, read_lines
from weft.tasks.language_model.config import Config
from weft.types import LikelihoodEvidence

BLOCK = 200
"""Symbols of a block of the evidence."""


@dataclass(frozen=True)
class Piece:
    """Some symbols of a passage.

    Attributes:
        ids, targets: int64 [1, T], each target the symbol that follows.
        lengths: int64 [1], T.
        fresh: whether the state before it is that of a text's beginning.
    """

    ids: Tensor
    targets: Tensor
    lengths: Tensor
    fresh: bool


@dataclass(frozen=True)
class Passage:
    """A numbered text in its order.

    Attributes:
        text: the numbers.
        end_id, unknown_id: the end of line, which also stands before the first symbol, and the unknown symbol.
        by_line: whether every line begins with a fresh state.
    """

    text: Numbered
    end_id: int
    unknown_id: int
    by_line: bool

    def beginning(self, symbols: int) -> Passage:
        """At most the first ``symbols`` symbols; how much text they stand for stays unknown."""
        return replace(self, text=replace(self.text, ids=self.text.ids[:symbols]))

    def pieces(self, size: int, device: torch.device) -> Iterator[Piece]:
        """All symbols in pieces of at most ``size``; a piece ends with its line where lines begin afresh."""
        ids = self.text.ids
        for start, end in zip(*self._rows(), strict=True):
            for first in range(start, end, size):
                last = min(end, first + size)
                targets = torch.from_numpy(ids[first:last].astype(np.int64))
                before = torch.tensor([int(ids[first - 1]) if first else self.end_id])
                read = torch.cat([before, targets[:-1]])
                lengths = torch.tensor([last - first])
                yield Piece(read[None].to(device), targets[None].to(device), lengths, first == start)

    def evidence(self, nats: np.ndarray) -> LikelihoodEvidence:
        """Nats of every symbol, float64 [N], in blocks; characters and words shared out by symbols."""
        ids = self.text.ids
        starts = np.arange(0, len(ids), BLOCK)
        symbols = np.diff(starts, append=len(ids))
        unknown = int((ids == self.unknown_id).sum())
        return self.text.extent.evidence(np.add.reduceat(nats, starts), symbols, unknown)

    def _rows(self) -> tuple[list[int], list[int]]:
        """Where the text, or every line of it, begins and ends."""
        ids = self.text.ids
        if not self.by_line:
            return [0], [len(ids)]
        ends = np.flatnonzero(np.append(ids[:-1] == self.end_id, True)) + 1
        return [0, *ends[:-1].tolist()], ends.tolist()


def read_passage(files: Sequence[Path], config: Config, vocabulary: StreamVocabulary, path: Path) -> Passage:
    """Files as one passage, its numbers in a memory-mapped file at ``path``.

    Raises:
        DataError: a file cannot be read, or is empty.
    """
    codec = vocabulary.text
    assert codec.end_id is not None  # the vocabulary was checked
    text = number_lines(read_lines(files, config.data, Problems()), codec, path, spell=True)
    return Passage(text, codec.end_id, codec.unknown_id, by_line=config.data.context == "line")
