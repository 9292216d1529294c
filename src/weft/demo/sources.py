"""Invented Python: a character language model of the standard library, and a compressor to hold it against."""

from __future__ import annotations

import lzma
from pathlib import Path

SAMPLE = "python-sources"
RUN = "python"
RECIPE = "demo-python"
SECONDS = 50.0
"""Training ends well after this long, on however slow a machine."""

PROMPTS = ("def ", "class ")


def compressed_bits(files: dict[str, Path]) -> float:
    """Bits a character of the test part behind the training part, for the compressor xz at its best."""
    known, new = files["train"].read_bytes(), files["test"].read_bytes()
    grown = len(lzma.compress(known + new, preset=9)) - len(lzma.compress(known, preset=9))
    return 8.0 * grown / len(new)
