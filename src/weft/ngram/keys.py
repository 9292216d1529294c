"""An n-gram as one number: the rank of its prefix among the sorted shorter n-grams, beside its last symbol.

Sorted numbers of one order are then sorted n-grams, whatever the order, and the n-grams that go on from a prefix stand
side by side. The key of a single symbol is the symbol.
"""

from __future__ import annotations

import numpy as np

ABSENT = -1
"""The rank of what is not there."""


def bits(symbols: int) -> int:
    """How many low bits of a key hold the last symbol of ``symbols`` many."""
    return max(1, (symbols - 1).bit_length())


def join(prefixes: np.ndarray, last: np.ndarray, symbols: int) -> np.ndarray:
    """int64 keys of the n-grams that go on from ``prefixes`` (ranks, none absent) with the symbols ``last``."""
    keys = prefixes.astype(np.int64)
    keys <<= bits(symbols)
    keys |= last
    return keys


def prefixes(keys: np.ndarray, symbols: int) -> np.ndarray:
    """int64 ranks of the prefixes."""
    return keys >> bits(symbols)


def last(keys: np.ndarray, symbols: int) -> np.ndarray:
    """int64, the last symbols."""
    return keys & ((1 << bits(symbols)) - 1)
