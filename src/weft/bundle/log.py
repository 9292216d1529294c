"""``log.jsonl``: one JSON object a line, in the order things happened; only ever grows while training runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from weft.bundle.files import plain, write_text, writing


def append_log(path: Path, line: Mapping[str, Any]) -> None:
    """Add one line; it is with the system when this returns, so a killed process loses none.

    Raises:
        RunError: the disk is full or the file cannot be written.
    """
    text = json.dumps(plain(line), ensure_ascii=False, allow_nan=False) + "\n"
    with writing(path), path.open("a", encoding="utf-8") as file:
        file.write(text)


def sync_log(path: Path) -> None:
    """Bring the lines so far onto the disk, so that a checkpoint written next never outlives them in a power loss.

    Raises:
        RunError: the disk is full.
    """
    with writing(path), path.open("a", encoding="utf-8") as file:
        os.fsync(file.fileno())


def read_log(path: Path) -> list[dict[str, Any]]:
    """Every whole line; a half line left by a crash is left out, a missing file is an empty log."""
    if not path.is_file():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            values = json.loads(text)
        except ValueError:
            continue
        if isinstance(values, dict):
            lines.append(values)
    return lines


def cut_log(path: Path, keep: Callable[[Mapping[str, Any]], bool]) -> None:
    """Keep only the lines that ``keep`` wants (resuming: what lies behind the checkpoint goes)."""
    kept = [line for line in read_log(path) if keep(line)]
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept))
