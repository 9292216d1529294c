"""torch modules for sequences: embedding, recurrence, pooling, losses. A layer knows no vocabulary and no task."""

from weft.nn.embedding import Embedding
from weft.nn.losses import label_loss, multi_label_loss, next_symbol_loss
from weft.nn.pooling import pool
from weft.nn.recurrent import Recurrent

__all__ = ["Embedding", "Recurrent", "label_loss", "multi_label_loss", "next_symbol_loss", "pool"]
