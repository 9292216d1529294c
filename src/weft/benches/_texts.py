"""Made texts for benchmarks of speed: words of random letters, in lines, or in rows of random length with a label."""

from __future__ import annotations

import random
import string
from pathlib import Path

WORDS = 2000
SHORTEST, LONGEST = 4, 40
"""Words of a labelled text."""
WORDS_A_LINE = 10


def write_lines(path: Path, lines: int, seed: int) -> Path:
    """A file of plain text."""
    drawn, words = random.Random(seed), _words()
    text = (" ".join(drawn.choices(words, k=WORDS_A_LINE)) for _ in range(lines))
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def write_labelled(path: Path, rows: int, seed: int) -> Path:
    """A table of texts of very different lengths with the label of their first word."""
    drawn, words = random.Random(seed), _words()
    texts = [drawn.choices(words, k=drawn.randint(SHORTEST, LONGEST)) for _ in range(rows)]
    table = (f"{' '.join(text)}\t{'ab'[text[0] < words[WORDS // 2]]}" for text in texts)
    path.write_text("text\tlabel\n" + "\n".join(table) + "\n", encoding="utf-8")
    return path


def _words() -> list[str]:
    drawn = random.Random(0)
    return sorted("".join(drawn.choices(string.ascii_letters, k=drawn.randint(2, 9))) for _ in range(WORDS))
