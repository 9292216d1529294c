"""Write a back-off model as an ARPA file, which KenLM, SRILM and others read."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np

from weft.data.whole_files import replacing
from weft.errors import DataError
from weft.ngram import arpa_words
from weft.ngram import keys as packed
from weft.ngram.backoff import Backoff

LINES = 1 << 16
"""n-grams made into text at once."""
NEVER = -99.0
"""log10 of a probability of 0 as SRILM writes it; that of ``<s>``, which is never predicted."""
_COMPRESSION = 6


def write_arpa(backoff: Backoff, words: Sequence[str], path: Path | str) -> None:
    r"""Write a model as an ARPA file, gzipped when the name ends in ``.gz``.

    Numbers have nine digits, with which ``read_arpa`` finds the same float32. The end of line is ``<s>`` before others
    and ``</s>`` behind them; words that the format cannot hold are escaped, see ``weft.ngram.arpa_words``.

    Args:
        words: the symbols in id order, [symbols]; those of ``end_id`` and ``unknown_id`` may be spelled in any way.
    Raises:
        DataError: not as many words as symbols, or a word comes twice.
        RunError: the file cannot be written; nothing half-written stays.
    """
    path = Path(path)
    if len(words) != backoff.symbols:
        raise DataError(f"{path}: {len(words):,} words were given for {backoff.symbols:,} symbols")
    spelled, escaped = arpa_words.spelled(words, backoff.end_id, backoff.unknown_id)
    with replacing(path, "the ARPA file") as file:
        if path.suffix.lower() == ".gz":
            with gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=0) as packer:
                _write(backoff, spelled, escaped, cast("IO[bytes]", packer))
        else:
            _write(backoff, spelled, escaped, file)


def _write(backoff: Backoff, words: list[str], escaped: bool, file: IO[bytes]) -> None:
    counts = (size + (number == 0) for number, size in enumerate(backoff.sizes()))
    head = [arpa_words.MARK] if escaped else []
    head += ["\\data\\", *(f"ngram {number}={count}" for number, count in enumerate(counts, 1))]
    file.write("\n".join([*head, "", ""]).encode())
    texts = np.array(words, dtype=object)
    for number in range(1, backoff.order + 1):
        file.write(f"\\{number}-grams:\n".encode())
        for lines in _unigrams(backoff, texts) if number == 1 else _lines(backoff, texts, number):
            file.write("".join(lines).encode())
        file.write(b"\n")
    file.write(b"\\end\\\n")


def _unigrams(backoff: Backoff, texts: np.ndarray) -> Iterator[list[str]]:
    """Every symbol, the end of line as two: its probability is that of ``</s>``, its weight that of ``<s>``."""
    level = backoff.levels[0]
    weights = _log10(level.backoff) if len(level.backoff) else [None] * len(level)
    for number, (word, logp, weight) in enumerate(zip(texts, _log10(level.logp), weights, strict=True)):
        if number != backoff.end_id:
            yield [_line(logp, word, weight)]
        else:
            yield [_line(NEVER, arpa_words.BEGIN, weight), _line(logp, word, None if weight is None else 0.0)]


def _lines(backoff: Backoff, texts: np.ndarray, number: int) -> Iterator[list[str]]:
    """The n-grams of one order as lines, some at a time."""
    level = backoff.levels[number - 1]
    first = texts.copy()
    first[backoff.end_id] = arpa_words.BEGIN
    for start in range(0, len(level), LINES):
        part = slice(start, start + LINES)
        grams = _grams(backoff, texts, first, level.keys[part], number)
        if number < backoff.order:
            columns = zip(_log10(level.logp[part]), grams, _log10(level.backoff[part]), strict=True)
            yield [f"{logp:.9g}\t{gram}\t{weight:.9g}\n" for logp, gram, weight in columns]
        else:
            yield [f"{logp:.9g}\t{gram}\n" for logp, gram in zip(_log10(level.logp[part]), grams, strict=True)]


def _grams(backoff: Backoff, texts: np.ndarray, first: np.ndarray, keys: np.ndarray, number: int) -> list[str]:
    """The words of n-grams, with blanks between."""
    columns = [texts[packed.last(keys, backoff.symbols)]]
    ranks = packed.prefixes(keys, backoff.symbols)
    for shorter in range(number - 1, 1, -1):
        keys = backoff.levels[shorter - 1].keys[ranks]
        columns.append(texts[packed.last(keys, backoff.symbols)])
        ranks = packed.prefixes(keys, backoff.symbols)
    columns.append(first[ranks])
    return list(map(" ".join, zip(*reversed(columns), strict=True)))


def _line(logp: float, word: str, weight: float | None) -> str:
    return f"{logp:.9g}\t{word}\n" if weight is None else f"{logp:.9g}\t{word}\t{weight:.9g}\n"


def _log10(values: np.ndarray) -> list[float]:
    return cast("list[float]", np.maximum(values.astype(np.float64) / math.log(10), NEVER).tolist())
