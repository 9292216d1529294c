"""torch modules for sequences: embedding, recurrence, pooling, losses. A layer knows no vocabulary and no task."""

from weft.nn.embedding import Embedding
from weft.nn.losses import label_loss, multi_label_loss, next_symbol_loss
from weft.nn.pooling import pool
from weft.nn.recurrent import Recurrent
from weft.nn.state import join_rows, select_rows, split_rows, state_from_bytes, state_to_bytes
from weft.nn.stepper import Stepper
from weft.nn.torch_layers import GRU, LSTM, RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Embedding",
    "Recurrent",
    "Stepper",
    "join_rows",
    "label_loss",
    "multi_label_loss",
    "next_symbol_loss",
    "pool",
    "select_rows",
    "split_rows",
    "state_from_bytes",
    "state_to_bytes",
]
