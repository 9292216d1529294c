"""Batches, feeds, vocabularies and files: what is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """A padded batch that carries its lengths.

    Attributes:
        ids: int64 [B, T]; what stands behind a row's length is padding and must not matter.
        lengths: int64 [B] on the CPU, 1 <= length <= T.
        targets: int64 [B] (one label), float [B, C] (several labels), int64 [B, T] (next symbols), or None. -1 marks a
            label unknown to training; it counts in no loss.
        rows: int64 numpy [B], the place of each row in the source data, so that order can be restored.
        tokens: real tokens in the batch (padding is not counted).
        rate: what the learning rate is multiplied by for this batch's update.
    """

    ids: Tensor
    lengths: Tensor
    targets: Tensor | None
    rows: np.ndarray
    tokens: int
    rate: float = 1.0

    def to(self, device: torch.device | str) -> Batch:
        """The same batch with ids and targets on ``device``."""
        targets = None if self.targets is None else self.targets.to(device)
        return replace(self, ids=self.ids.to(device), targets=targets)


class Feed(Protocol):
    """What an epoch is made of: a pure function of the epoch's number, so that a resumed run finds its place."""

    @property
    def tokens(self) -> int:
        """Real tokens an epoch holds."""

    def epoch(self, number: int) -> Sequence[Batch]:
        """The batches of epoch ``number`` (from 0), each made when it is asked for."""


class Vocabulary(Protocol):
    """What ``vocabulary.json`` holds: everything that turns a person's data into numbers and back."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; the task's ``vocabulary_from_json`` reads them back."""


class TextVocabulary(Vocabulary, Protocol):
    """A vocabulary with a codec under the name ``text`` (``weft.data.codec.Codec``, a higher floor than this one)."""

    @property
    def text(self) -> Any:
        """Turns text into symbols and back."""


@dataclass(frozen=True)
class Data:
    """What a task read: feeds, the vocabulary frozen from the training part, and what was odd in the files."""

    train: Feed
    valid: Feed
    vocabulary: Vocabulary
    notes: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """Which files were read: {path: sha256}. A resumed run refuses other data."""


Place = tuple[str, int]
"""Where a record stands: its file's path and the line it begins on."""


@dataclass(frozen=True)
class Files:
    """What a person gave: paths of the training and validation part (files or folders), ``-`` is not allowed here."""

    train: tuple[Path, ...]
    valid: tuple[Path, ...] = ()
