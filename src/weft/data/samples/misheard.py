"""What was said and what was heard: n-best lists of sentences that sound alike, and a text to learn from.

"Recognize speech" sounds much like "wreck a nice beach"; which of them was said, the words around it tell. The text
``train.txt`` is in ordinary writing; ``valid.jsonl`` and ``test.jsonl`` are lists for ``weft rescore``, in upper case
and without punctuation, as recognisers write. No recogniser took part: the scores are drawn, and about as often as not
the wrong reading has the better one.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from weft.data.samples._misheard_text import TEXT, UTTERANCES
from weft.data.samples._parts import write_text

TEST = 0.5
"""Share of the utterances that is not for tuning."""

SPREAD = 1.5
"""Standard deviation of what a reading's sound is worth, in nats."""

_CHOICE = re.compile(r"\{([^}]*)\}")


def make(folder: Path, *, seed: int = 1) -> list[Path]:
    """Write ``train.txt``, ``valid.jsonl`` and ``test.jsonl`` into ``folder``; the same seed gives the same files.

    Raises:
        DataError: the folder cannot be written.
    """
    draw = random.Random(seed)
    lines, utterances = TEXT.strip().split("\n"), UTTERANCES.strip().split("\n")
    draw.shuffle(lines)
    draw.shuffle(utterances)
    lists = [_nbest(f"misheard-{number:02}", text, draw) for number, text in enumerate(utterances, 1)]
    cut = round(len(lists) * TEST)
    return [
        write_text(folder / "train.txt", lines),
        write_text(folder / "valid.jsonl", lists[cut:]),
        write_text(folder / "test.jsonl", lists[:cut]),
    ]


def _nbest(name: str, utterance: str, draw: random.Random) -> str:
    """An utterance's list as a line of JSON: every combination of its readings, each sound with a drawn score."""
    parts = [part.split("|") for part in _CHOICE.split(utterance)]
    heard = [{reading: draw.gauss(0.0, SPREAD) for reading in part} for part in parts]
    nbest = [_hypothesis(readings, heard) for readings in product(*parts)]
    nbest.sort(key=lambda entry: -float(entry["score"]))
    reference = "".join(part[0] for part in parts).upper()
    return json.dumps({"id": name, "reference": reference, "nbest": nbest})


def _hypothesis(readings: Sequence[str], heard: Sequence[dict[str, float]]) -> dict[str, str | float]:
    score = sum(sounds[reading] for reading, sounds in zip(readings, heard, strict=True))
    return {"text": "".join(readings).upper(), "score": round(score, 3)}
