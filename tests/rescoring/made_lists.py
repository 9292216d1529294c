"""Lists as files, and language models that know a few words by heart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class ByHeart:
    """Gives every word its log-probability; other words are unknown."""

    def __init__(self, words: Mapping[str, float], unknown: float = -9.0) -> None:
        self.words, self.unknown = words, unknown
        self.asked: list[str] = []

    def score(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        self.asked += texts
        split = [text.split() for text in texts]
        return [
            {
                "logp": sum(self.words.get(word, self.unknown) for word in words),
                "unknown": sum(word not in self.words for word in words),
            }
            for words in split
        ]


def listed(path: Path, *rows: Any) -> Path:
    """A file of n-best lists: (reference or None, [(text, score), ...]) each, or an object as it is."""
    lines = []
    for number, row in enumerate(rows, 1):
        if isinstance(row, tuple):
            reference, nbest = row
            entries = [{"text": text, "score": score} for text, score in nbest]
            row = {"id": f"u{number}", "nbest": entries} | ({} if reference is None else {"reference": reference})
        lines.append(row if isinstance(row, str) else json.dumps(row))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
