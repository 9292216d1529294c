"""``results.jsonl``: the settings on the first line, then one experiment a line; a stopped lab goes on with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from weft.bundle import append_log, cut_log, read_log, writing
from weft.bundle.files import plain
from weft.errors import RunError
from weft.labs.gradients.experiment import Settings
from weft.version import VERSION

FILE = "results.jsonl"

Job = tuple[str, str, int]
"""Task, cell, distance."""


class Results:
    """The results in one folder.

    Args:
        folder: where they are, or are to be; made when absent.
        settings: what the experiments share.
    Attributes:
        path: the file.
        records: what has been measured, by job.
    Raises:
        RunError: the file was measured with other settings or is something else, or cannot be written.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.path = folder / FILE
        self.records: dict[Job, dict[str, Any]] = {}
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        head = {"lab": "gradients", "weft": VERSION, "torch": str(torch.__version__), **settings.to_json()}
        if not self.path.exists():
            append_log(self.path, head)
            return
        lines = read_log(self.path)
        self._check(lines[0] if lines else {}, head)
        cut_log(self.path, lambda _: True)  # what a kill left of a last line would spoil the next one
        self.records = {_job(line): line for line in lines[1:]}

    def add(self, record: dict[str, Any]) -> None:
        """Keep one experiment, in the file too.

        Raises:
            RunError: the file cannot be written.
        """
        append_log(self.path, record)
        self.records[_job(record)] = plain(record)

    def _check(self, found: dict[str, Any], head: dict[str, Any]) -> None:
        if found.get("lab") != head["lab"]:
            raise RunError(f"{self.path} holds no results of this lab", hint="choose another folder with --out")
        for key, wanted in head.items():
            if found.get(key) != wanted:
                raise RunError(
                    f"{self.path} was measured with {key} = {found.get(key)}; this run has {key} = {wanted}",
                    hint="go on with the same options, or choose another folder with --out",
                )


def _job(record: dict[str, Any]) -> Job:
    return record["task"], record["cell"], record["distance"]
