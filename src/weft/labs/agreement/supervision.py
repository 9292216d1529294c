"""Examples for number prediction: what stands before a verb, and the verb's number.

The agreement sentences have one marked verb each. They hold other verbs whose form alone tells the number; what stands
before those is an example of the same kind, of the same sentences, and needs nobody to mark it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from weft.bundle import write_text
from weft.labs.agreement.pairs import Pair
from weft.labs.agreement.verbs import PLURAL, SINGULAR

Example = tuple[str, str]
"""What stands before a verb, and its number."""

TELLING = {"is": SINGULAR, "are": PLURAL, "was": SINGULAR, "were": PLURAL, "has": SINGULAR, "have": PLURAL}
SUBJECT_ELSEWHERE = {
    "there", "here", "how", "what", "where", "when", "why", "if", "so", "as", "than", "nor", "neither",
    ",", "(", "``", "''", ";", ":", "--", "-",
}  # fmt: skip
"""After these the subject often follows its verb."""
NO_FORM = {
    "to", "will", "would", "can", "could", "may", "might", "should", "must", "shall", "not", "n't", "'d", "do", "does",
    "did", "never", "also",
}  # fmt: skip
"""After these "have" is no plural but an infinitive."""


def marked(pairs: Iterable[Pair]) -> list[Example]:
    """The example of each pair: its prefix and the number of its verb."""
    return [(pair.prefix, pair.number) for pair in pairs if pair.prefix and pair.number]


def further(pairs: Iterable[Pair]) -> Iterator[Example]:
    """Examples of the other verbs in the same sentences."""
    for pair in pairs:
        words, marked_place = pair.sentences()[0].split(), len(str(pair.prefix).split())
        for place, word in enumerate(words):
            if place not in (0, marked_place) and _tells(words[place - 1], word):
                yield " ".join(words[:place]), TELLING[word]


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write a table with the columns ``text`` and ``label``.

    Raises:
        RunError: the file cannot be written.
    """
    write_text(path, "text\tlabel\n" + "".join(f"{text}\t{number}\n" for text, number in examples))


def divided(pairs: Sequence[Pair], every: int) -> tuple[list[Pair], list[Pair]]:
    """All but every so many-th, and those."""
    kept = [pair for place, pair in enumerate(pairs) if place % every]
    return kept, list(pairs[::every])


def _tells(before: str, word: str) -> bool:
    return word in TELLING and before not in SUBJECT_ELSEWHERE and not (word == "have" and before in NO_FORM)
