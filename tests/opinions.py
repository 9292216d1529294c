"""A few made-up opinions, good and bad, as files that a network learns in a moment."""

from pathlib import Path

GOOD = ["a fine film", "good and warm", "i liked it", "a warm and lovely play", "fine acting", "good fun"]
BAD = ["a dull film", "bad and cold", "i hated it", "a cold and empty play", "dull acting", "bad fun"]


def write_labelled(path: Path, *, copies: int = 4) -> Path:
    """A CSV of the texts above with labels ``good`` and ``bad``."""
    rows = [f"{text},{label}" for texts, label in ((GOOD, "good"), (BAD, "bad")) for text in texts]
    path.write_text("text,label\n" + "\n".join(rows * copies) + "\n", encoding="utf-8")
    return path


def write_lines(path: Path, *, copies: int = 4) -> Path:
    """A text file of the texts above."""
    path.write_text("\n".join((GOOD + BAD) * copies) + "\n", encoding="utf-8")
    return path
