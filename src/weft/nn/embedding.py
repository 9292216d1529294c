"""Symbols to vectors: rows of a learned matrix, or one-hot rows as in the classics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from weft.errors import ShapeError
from weft.nn.dropout import blanked, dropped, without_words
from weft.types import LookUp

if TYPE_CHECKING:
    from torch import Tensor

    from weft import config


class Embedding(nn.Module):
    """The vectors of symbol numbers, with dropouts on them while training.

    Args:
        config: the recipe's section: kind ("learned", "one-hot"), size (of a learned vector), dropout, locked,
            word_dropout, blanks.
        vocabulary_size: V, how many symbols there are.
    Attributes:
        width: of a vector: ``config.size``, or V when one-hot.
        weight: the learned matrix [V, width], drawn from the standard normal distribution as in torch (a task that ties
            it to its output layer may draw it anew, smaller); None when one-hot.
    Raises:
        ShapeError: a vocabulary without symbols.
    """

    def __init__(self, config: config.Embedding, vocabulary_size: int) -> None:
        super().__init__()
        if vocabulary_size < 1:
            raise ShapeError(f"embedding: the vocabulary must hold at least 1 symbol, got {vocabulary_size}")
        self.vocabulary_size = vocabulary_size
        self.dropout, self.locked, self.word_dropout = config.dropout, config.locked, config.word_dropout
        self.blanks = config.blanks
        learned = config.kind == "learned"
        self.width = config.size if learned else vocabulary_size
        self.weight = nn.Parameter(torch.randn(vocabulary_size, self.width)) if learned else None
        # Not saved: it only carries the type and device that one-hot rows take.
        self.register_buffer("_zero", torch.zeros(()), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """ids int64 [...], each 0 <= id < V, the last axis time -> vectors [..., width].

        Raises:
            ShapeError: ids are no whole numbers, or one is outside the vocabulary (on CUDA torch itself reports that).
        """
        if ids.dtype not in (torch.int64, torch.int32):
            raise ShapeError(f"embedding: ids must be int64, got {str(ids.dtype).removeprefix('torch.')}")
        try:
            vectors = self._one_hot(ids) if self.weight is None else functional.embedding(ids, self.weight)
        except (IndexError, RuntimeError):
            self._check_range(ids)
            raise
        vectors = without_words(vectors, ids, self.vocabulary_size, self.word_dropout, self.training)
        vectors = blanked(vectors, self.blanks, self.training)
        return dropped(vectors, self.dropout, self.training, locked=self.locked)

    def look_up(self, ids: Tensor) -> Tensor | LookUp:
        """As ``forward``; where nothing happens to the vectors on their way, symbols and vectors are handed on apart.

        ids int64 [B, T]. A recurrent layer then multiplies each symbol's vector once, however often it occurs.
        """
        drops = self.training and (self.dropout or self.word_dropout or self.blanks)
        if self.weight is None or drops or ids.dtype != torch.int64 or ids.is_cuda or torch.compiler.is_compiling():
            vectors: Tensor = self(ids)
            return vectors
        if ids.numel():
            self._check_range(ids)
        return LookUp(self.weight, ids)

    def extra_repr(self) -> str:
        """What ``print(module)`` shows."""
        return f"{self.vocabulary_size}, {self.width}, {'one-hot' if self.weight is None else 'learned'}"

    def _one_hot(self, ids: Tensor) -> Tensor:
        zero: Tensor = self.get_buffer("_zero")
        rows = zero.new_zeros(*ids.shape, self.width)
        return rows.scatter_(-1, ids.long().unsqueeze(-1), 1.0)

    def _check_range(self, ids: Tensor) -> None:
        for id_ in (int(ids.min()), int(ids.max())):
            if not 0 <= id_ < self.vocabulary_size:
                raise ShapeError(
                    f"embedding: id {id_} is outside the vocabulary of {self.vocabulary_size} symbols"
                    f" (0 to {self.vocabulary_size - 1})"
                )
