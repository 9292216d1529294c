"""Small made-up files that tests train on."""

from __future__ import annotations

import json
import random
from pathlib import Path

GOOD = ("fine", "moving", "bright", "warm")
BAD = ("dull", "flat", "grim", "cold")


def reviews(path: Path, *, rows: int = 60, seed: int = 1) -> Path:
    """A .csv or .jsonl of texts whose words tell the label."""
    draw = random.Random(seed)
    pairs = []
    for number in range(rows):
        words, label = (GOOD, "good") if number % 2 else (BAD, "bad")
        filler = [f"the film {draw.randrange(1000)}" for _ in range(draw.randrange(1, 4))]
        pairs.append((" ".join([*filler, draw.choice(words)]), label))
    if path.suffix == ".jsonl":
        lines = [json.dumps({"text": text, "label": label}) for text, label in pairs]
    else:
        lines = ["text,label", *(f"{text},{label}" for text, label in pairs)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def verse(path: Path, *, lines: int = 80, seed: int = 1) -> Path:
    """A .txt of short lines with a pattern to learn."""
    draw = random.Random(seed)
    text = [" ".join(draw.choice(("the cat sat", "a dog ran", "so it goes")) for _ in range(3)) for _ in range(lines)]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def pairs(path: Path, *, rows: int = 60, seed: int = 1) -> Path:
    """A .csv of short texts and what a word by word translator would make of them."""
    draw = random.Random(seed)
    words = {"a": "ein", "dog": "Hund", "cat": "Kater", "ran": "lief", "sat": "sass", "so": "so", "here": "hier"}
    lines = ["source,target"]
    for number in range(rows):
        chosen = [draw.choice(list(words)) for _ in range(1 + number % 5)]
        lines.append(f"{' '.join(chosen)} {number},{' '.join(words[word] for word in chosen)} {number}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def data_for(fields: tuple[str, ...], folder: Path) -> Path:
    """A file that gives the fields a task reads."""
    if "source" in fields:
        return pairs(folder / "pairs.csv")
    return reviews(folder / "reviews.csv") if "label" in fields else verse(folder / "verse.txt")
