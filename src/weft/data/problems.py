"""What was odd in a person's files: counted, located, told in one sentence a kind; nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LINES_SHOWN = 5
DETAILS_SHOWN = 3


@dataclass(frozen=True)
class Kind:
    """A kind of oddity: what it happens to ("row", "rows"), what is done about it, whether it is left out."""

    one: str
    many: str
    done: str
    skips: bool = True


KINDS = {
    "ragged-row": Kind("row", "rows", "skipped"),
    "ragged-sentence": Kind("sentence", "sentences", "skipped"),
    "bad-quote": Kind("row", "rows", "skipped, text behind a closing quotation mark"),
    "blank-row": Kind("blank line", "blank lines", "skipped"),
    "bad-json": Kind("line", "lines", "skipped, not a JSON object"),
    "missing-value": Kind("row", "rows", "skipped"),
    "bad-value": Kind("row", "rows", "skipped"),
    "empty-text": Kind("text", "texts", "skipped, empty"),
    "empty-pair": Kind("pair", "pairs", "skipped, one side or both empty"),
    "long-pair": Kind("pair", "pairs", "skipped, one side or both longer than allowed"),
    "empty-label": Kind("row", "rows", "skipped, empty label"),
    "bad-image": Kind("picture", "pictures", "skipped, unreadable"),
    "binary-file": Kind("file", "files", "skipped, not UTF-8 text"),
    "empty-file": Kind("file", "files", "skipped, empty"),
    "hidden-file": Kind("hidden file or folder", "hidden files or folders", "skipped"),
    "linked-folder": Kind("linked folder", "linked folders", "not followed"),
    "stray-file": Kind("file", "files", "skipped, in no class folder"),
    "invalid-utf8": Kind("line", "lines", "mended, invalid UTF-8 replaced by U+FFFD", skips=False),
    "nul": Kind("line", "lines", "mended, NUL characters removed", skips=False),
    "carriage-return": Kind("line", "lines", "mended, lone carriage return replaced by a space", skips=False),
    "surrogate": Kind("line", "lines", "mended, half of a surrogate pair replaced by U+FFFD", skips=False),
    "bom": Kind("byte order mark", "byte order marks", "dropped", skips=False),
    "mac-lines": Kind("file", "files", "read with carriage returns as line breaks", skips=False),
    "unknown-ending": Kind("file", "files", "read as plain text, a line a text", skips=False),
    "unknown-label": Kind("row", "rows", "with a label that training did not have", skips=False),
    "cut-text": Kind("text", "texts", "cut at the longest length allowed", skips=False),
}


@dataclass
class _Entry:
    count: int = 0
    lines: list[int] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    more_details: bool = False


class Problems:
    """Counts oddities by kind and file; keeps the first few places, so its size does not grow with the data."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}

    def add(self, kind: str, path: Path | str, line: int | None, detail: str = "", *, count: int = 1) -> None:
        """Note one oddity (or ``count`` of them).

        Args:
            kind: a key of ``KINDS``.
            path: the file, or the folder it is in; "-" is standard input.
            line: from 1; None when the oddity has no line.
            detail: what exactly, without the place ("4 columns instead of 2").
        """
        assert kind in KINDS, f"unknown kind of problem {kind!r}"
        entry = self._entries.setdefault((kind, str(path)), _Entry())
        entry.count += count
        if line is not None and len(entry.lines) < LINES_SHOWN and line not in entry.lines:
            entry.lines.append(line)
        if detail and detail not in entry.details:
            if len(entry.details) < DETAILS_SHOWN:
                entry.details.append(detail)
            else:
                entry.more_details = True

    @property
    def total(self) -> int:
        """All oddities, mended ones included."""
        return sum(entry.count for entry in self._entries.values())

    @property
    def skipped(self) -> int:
        """Rows (texts, files) that were not used."""
        return sum(entry.count for (kind, _), entry in self._entries.items() if KINDS[kind].skips)

    def count(self, kind: str) -> int:
        """How often one kind occurred, over all files."""
        return sum(entry.count for (known, _), entry in self._entries.items() if known == kind)

    def notes(self) -> list[str]:
        """One sentence a kind and file: ``reviews.csv: 3 rows skipped, 4 columns instead of 2 (lines 7, 19, 230)``."""
        return [_sentence(kind, path, entry) for (kind, path), entry in self._entries.items()]

    def to_json(self) -> list[dict[str, Any]]:
        """One plain object a kind and file; ``lines`` are the first few places."""
        return list(self._plain())

    def _plain(self) -> Iterator[dict[str, Any]]:
        for (kind, path), entry in self._entries.items():
            yield {
                "kind": kind,
                "path": path,
                "count": entry.count,
                "skipped": KINDS[kind].skips,
                "lines": list(entry.lines),
                "details": list(entry.details),
            }


def show_path(path: Path | str) -> str:
    """How a message names a file: "-" is standard input."""
    return "standard input" if str(path) == "-" else str(path)


def _sentence(kind: str, path: str, entry: _Entry) -> str:
    known = KINDS[kind]
    what = f"{entry.count:,} {known.one if entry.count == 1 else known.many} {known.done}"
    if entry.details:
        separator = ": " if "," in known.done else ", "
        what += separator + "; ".join(entry.details) + ("; …" if entry.more_details else "")
    if entry.lines:
        noun = "line" if entry.count == 1 else "lines"
        more = ", …" if entry.count > len(entry.lines) else ""
        what += f" ({noun} {', '.join(map(str, entry.lines))}{more})"
    return f"{show_path(path)}: {what}"
