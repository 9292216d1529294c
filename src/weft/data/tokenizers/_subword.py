"""What ``bpe`` and ``unigram`` share: pieces of bytes learned by the ``tokenizers`` package, kept as JSON.

Text is cut as GPT-2 cuts it (a word with the space before it; a run of digits; a run of other characters), and its
UTF-8 bytes are the alphabet, each written as one printable character ("Ġ" is the space). All 256 are always pieces, so
nothing is unknown and any text comes back exactly (a lone surrogate as U+FFFD).
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import regex
from tokenizers import Tokenizer as Core
from tokenizers.models import Model
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import Trainer

from weft.config import SymbolData
from weft.data.tokenizers._contract import Numberer, Tokenizer, grouped, well_formed
from weft.data.tokenizers._joining import ByteJoiner
from weft.errors import ConfigError, RunError

DEFAULT_SIZE = 8000
RESERVED = 2
ALPHABET = sorted(ByteLevel.alphabet())
LONGEST = 50_000
"""Characters given to the package at once; its own bookkeeping takes about a hundred bytes for each."""
BEFORE_SPACE = regex.compile(r"(?<=\S)(?= \S)")


class Subword(Tokenizer):
    """Pieces of bytes. A child says which model and trainer.

    Args:
        size: pieces to learn, the 256 bytes included.
        min_count: how often a pair or piece must be seen to become a piece.
        values: what ``to_json`` gave, or None.
    Raises:
        RunError: the values do not read back.
    """

    learns = True

    def __init__(
        self, *, size: int = DEFAULT_SIZE, min_count: int = 1, values: Mapping[str, Any] | None = None
    ) -> None:
        self.size = size
        self.min_count = min_count
        self._values = dict(values) if values is not None else self._written(_fresh(self.model()))
        self._core = _read(self._values)

    @abstractmethod
    def model(self) -> Model:
        """An untrained model."""

    @abstractmethod
    def trainer(self) -> Trainer:
        """What learns ``size`` pieces."""

    def learn(self, texts: Iterable[str]) -> None:
        """Learn the pieces.

        They are used as they read back from JSON, because the package rounds scores when it reads them.
        """
        core = _fresh(self.model())
        core.train_from_iterator((part for text in texts for part in _parts(text)), self.trainer())
        self._values = self._written(core)
        self._core = _read(self._values)

    def pieces(self) -> tuple[str, ...]:
        """What was learned, in the order of the package's numbers."""
        vocabulary: dict[str, int] = self._core.get_vocab(with_added_tokens=False)
        return tuple(sorted(vocabulary, key=vocabulary.__getitem__))

    def split(self, text: str) -> list[str]:
        """Pieces; bytes written as printable characters."""
        name = self._core.id_to_token
        return [name(number) or "" for encoding in self._encode(_parts(text)) for number in encoding.ids]

    def joiner(self) -> ByteJoiner:
        """Shows a character when its last byte has come."""
        return ByteJoiner(_to_bytes)

    def numberer(self, ids: Mapping[str, int], dtype: np.dtype) -> Numberer:
        """Numbers through the package's own, many texts at once."""
        pieces = self.pieces()
        table = np.array([ids.get(piece, 0) for piece in pieces] + [0], dtype)

        def number(texts: Sequence[str], end: int | None) -> np.ndarray:
            table[-1] = end or 0
            cut = [_parts(text) for text in texts]
            last = (place == len(parts) for parts in cut for place in range(1, len(parts) + 1))
            arrays = [np.zeros(0, dtype)]
            for group in grouped(chain.from_iterable(cut)):
                flat: list[int] = []
                for encoding in self._encode(group):
                    flat += encoding.ids
                    if next(last) and end is not None:
                        flat.append(len(pieces))
                arrays.append(table[np.array(flat, np.int64)])
            return np.concatenate(arrays)

        return number

    def to_json(self) -> dict[str, Any]:
        """Plain values, what was learned included."""
        return self._values

    def _written(self, core: Core) -> dict[str, Any]:
        return {"name": self.name, "core": json.loads(core.to_str())}

    def _encode(self, parts: Sequence[str]) -> Sequence[Any]:
        return self._core.encode_batch_fast(parts, add_special_tokens=False)


def pieces_wanted(config: SymbolData) -> int:
    """How many pieces to learn, so that with the unknown and the end-of-line symbol there are ``max_symbols``.

    Raises:
        ConfigError: fewer than the 256 bytes need.
    """
    least = len(ALPHABET) + RESERVED
    if not config.max_symbols:
        return DEFAULT_SIZE - RESERVED
    if config.max_symbols <= least:
        raise ConfigError(
            f"data.max_symbols = {config.max_symbols} is too few for tokenizer {config.tokenizer!r}: "
            f"{least} are taken by the 256 bytes, unknown and end of line",
            hint=f"give more than {least}, or 0 for {DEFAULT_SIZE}",
        )
    return config.max_symbols - RESERVED


def _read(values: Mapping[str, Any]) -> Core:
    try:
        core = Core.from_str(json.dumps(values["core"]))
        strange = [piece for piece in sorted(core.get_vocab(with_added_tokens=False)) if not set(piece) <= set(BYTE_OF)]
        if strange:
            raise ValueError(f"piece {strange[0]!r} is not written in bytes")
        return core
    except Exception as error:  # the package raises nothing narrower
        raise RunError(f"the {values['name']} pieces in vocabulary.json are damaged: {error}") from error


def _fresh(model: Model) -> Core:
    core = Core(model)
    core.pre_tokenizer = ByteLevel(add_prefix_space=False)
    return core


def _parts(text: str) -> list[str]:
    """The text in handy parts. Cut before a space between two words, where no piece can reach over, if there is one."""
    text = well_formed(text)
    parts = []
    start = 0
    while len(text) - start > LONGEST:
        space = BEFORE_SPACE.search(text, start + LONGEST, start + 2 * LONGEST)
        stop = space.start() if space else start + LONGEST
        parts.append(text[start:stop])
        start = stop
    return [*parts, text[start:]]


def _byte_of_character() -> dict[str, int]:
    """GPT-2's table: printable Latin-1 bytes stand for themselves, the others for U+0100 and up in their order."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


BYTE_OF = _byte_of_character()


def _to_bytes(piece: str) -> bytes:
    return bytes(BYTE_OF[character] for character in piece)
