"""Answers kept in a file as they come, so that a command that was stopped goes on where it was.

Rows go to ``OUT.part``; beside it ``OUT.part.json`` says what they are the answers of. At the end the first becomes
``OUT`` and the second goes away. What was stopped goes on after the last whole piece of rows: texts of a piece are
asked together, so only whole pieces give the same bytes as a command that was never stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from weft.bundle import lock, write_json
from weft.errors import ConfigError


class KeptRows:
    """The file of a command's answers.

    Args:
        out: what it is called when it is whole; it must not be there yet.
        identity: plain values of all that the answers depend on.
    Attributes:
        bad: how many of the rows that were kept before are errors.
        first: the line of the first of those; 0: none.
    Raises:
        ConfigError: ``out`` is there, or its part was begun with something else, or another process writes it, or it
            cannot be written.
    """

    def __init__(self, out: Path, identity: Mapping[str, Any]) -> None:
        self._out, self._part = out, out.with_name(f"{out.name}.part")
        self._about = out.with_name(f"{out.name}.part.json")
        self._identity: dict[str, Any] = json.loads(json.dumps(dict(identity)))
        self.bad = self.first = 0
        if out.exists():
            raise ConfigError(f"--out {out} is there already, whole", hint="take another name, or remove it first")
        try:
            if self._part.exists():
                self._check()
            else:
                write_json(self._about, self._identity)
            self._file: IO[bytes] = self._part.open("a+b")
        except OSError as error:
            raise ConfigError(f"--out {out} cannot be written: {error.strerror}") from error
        if not lock(self._file.fileno()):
            self._file.close()
            raise ConfigError(
                f"--out {out}: another process is writing it",
                hint="wait until it has ended, or stop it; the same command goes on then",
            )

    def go_on(self, piece: int) -> int:
        """Cut the file behind its last whole piece of so many rows; how many pieces are there."""
        ends, lines = 0, 0
        self._file.seek(0)
        bad: list[int] = []
        whole = (0, 0, 0)
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            ends, lines = ends + len(line), lines + 1
            if line.startswith(b'{"error":'):
                bad.append(json.loads(line)["line"])
            if lines % piece == 0:
                whole = (ends, lines, len(bad))
        self._file.truncate(whole[0])
        self.bad, self.first = whole[2], bad[0] if whole[2] else 0
        return whole[1] // piece

    def write(self, rows: Sequence[str]) -> None:
        """Add a piece of rows, on the disk before the next is asked for."""
        self._file.write("".join(f"{row}\n" for row in rows).encode("utf-8"))
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Give the file its name."""
        self._file.close()
        self._part.replace(self._out)
        self._about.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave what is there for the next time."""
        self._file.close()

    def _check(self) -> None:
        try:
            begun = json.loads(self._about.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            begun = {}
        other = [name for name, value in self._identity.items() if begun.get(name) != value]
        if other:
            raise ConfigError(
                f"{self._part} was begun with {'another ' + other[0] if begun else 'no record of what it answers'}",
                hint=f"give what it was begun with, or remove {self._part} to begin anew",
            )
