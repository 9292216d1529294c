"""``results.jsonl``: what a lab's results depend on, on the first line, then one result a line; a stopped lab goes on.

A lab started again in the same folder reads what is there and measures what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

from weft.bundle import append_log, cut_log, read_log, writing
from weft.bundle.files import plain
from weft.errors import RunError

FILE = "results.jsonl"

Record = dict[str, Any]


class ResultsFile:
    """The results in one folder.

    Args:
        folder: where they are, or are to be; made when absent.
        head: the lab's name as ``lab``, and every setting and version that all results depend on.
        key: by what a result is found.

    Attributes:
        path: the file.
        records: what has been measured, by key.
    Raises:
        RunError: the file was measured with other settings or is something else, or cannot be written.
    """

    def __init__(self, folder: Path, head: Mapping[str, Any], key: Callable[[Record], Hashable]) -> None:
        self.path = folder / FILE
        self._key = key
        self.records: dict[Any, Record] = {}
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            append_log(self.path, head)
            return
        lines = read_log(self.path)
        self._check(lines[0] if lines else {}, head)
        cut_log(self.path, lambda _: True)  # what a kill left of a last line would spoil the next one
        self.records = {key(line): line for line in lines[1:]}

    def add(self, record: Record) -> None:
        """Keep one result, in the file too.

        Raises:
            RunError: the file cannot be written.
        """
        append_log(self.path, record)
        self.records[self._key(record)] = plain(record)

    def _check(self, found: Record, head: Mapping[str, Any]) -> None:
        if found.get("lab") != head["lab"]:
            raise RunError(f"{self.path} holds no results of this lab", hint="choose another folder with --out")
        for name, wanted in head.items():
            if found.get(name) != wanted:
                raise RunError(
                    f"{self.path} was measured with {name} = {found.get(name)}; this run has {name} = {wanted}",
                    hint="go on with the same options, or choose another folder with --out",
                )
