"""The results of this lab: the settings on the first line, then one experiment a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from weft.labs._results import FILE, ResultsFile
from weft.labs.gradients.experiment import Settings
from weft.version import VERSION

__all__ = ["FILE", "Job", "Results"]

Job = tuple[str, str, int]
"""Task, cell, distance."""


class Results(ResultsFile):
    """The experiments in one folder; ``records`` are found by their job.

    Args:
        folder: where they are, or are to be; made when absent.
        settings: what the experiments share.
    Raises:
        RunError: the file was measured with other settings or is something else, or cannot be written.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        head = {"lab": "gradients", "weft": VERSION, "torch": str(torch.__version__), **settings.to_json()}
        super().__init__(folder, head, _job)


def _job(record: dict[str, Any]) -> Job:
    return record["task"], record["cell"], record["distance"]
