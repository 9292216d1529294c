"""Texts as they are given to a model: checked, and side by side in batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weft.errors import ConfigError

PADDED = 1 << 18
"""Symbols, padding included, that ``batches`` puts side by side, unless one text alone has more."""


def listed(texts: Sequence[str]) -> Sequence[str]:
    """The texts as they are.

    Raises:
        ConfigError: a single ``str``, or something else than texts.
    """
    if isinstance(texts, str):
        raise ConfigError(f"expected a list of texts, got a single str {texts[:40]!r}", hint="write [text]")
    for place, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise ConfigError(
                f"text {place} of {len(texts)} is no str but {type(text).__name__}: {text!r:.40}",
                hint="give raw texts; they are cut into symbols as in training",
            )
    return texts


def batches(texts: Sequence[str], most: int) -> Iterator[list[int]]:
    """The places of texts of like length, at most ``most`` at once, that side by side take ``PADDED`` symbols with
    their padding, or are one text that takes more by itself.

    No tokenizer cuts a text into more symbols than it has bytes; the end of line is one more.
    """
    sizes = [len(text.encode("utf-8", "surrogatepass")) + 1 for text in texts]
    batch: list[int] = []
    for place in sorted(range(len(texts)), key=sizes.__getitem__):
        if batch and (len(batch) == most or (len(batch) + 1) * sizes[place] > PADDED):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The items in their order, so many at once."""
    return (items[start : start + size] for start in range(0, len(items), size))
