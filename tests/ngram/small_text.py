"""A small text in numbers, with all that can be odd in one."""

import numpy as np

from weft.ngram import Backoff, estimate

UNKNOWN, END, SYMBOLS = 0, 1, 8


def small_lines(seed=3, count=120):
    """Lines of symbols 2 to 6 and the unknown one; empty ones; symbol 7 never comes."""
    drawn = np.random.default_rng(seed)
    lines = [tuple((drawn.zipf(1.7, drawn.integers(0, 7)) % 5 + 2).tolist()) for _ in range(count)]
    lines[5] = (2, UNKNOWN, 3, UNKNOWN)
    return lines


def stream(lines):
    """The lines one after the other, each closed by an end of line."""
    return np.array([symbol for line in lines for symbol in (*line, END)], np.uint8)


def model_of(lines, order, **options) -> Backoff:
    """A model of the lines."""
    return estimate(stream(lines), order=order, symbols=SYMBOLS, end_id=END, unknown_id=UNKNOWN, **options)


def contexts(lines, order):
    """int64 [N, order - 1]: what stands before each symbol of the stream, filled from the left with ends of line."""
    rows = [((END,) * order + line[:at])[at + 1 :] for line in lines for at in range(len(line) + 1)]
    return np.array(rows, np.int64).reshape(len(rows), order - 1)


def equal(one, other) -> bool:
    """Whether two models hold the same numbers."""
    left, right = one.arrays(), other.arrays()
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)
