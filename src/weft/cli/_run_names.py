"""What commands that take several runs call them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from weft.errors import ConfigError


def names_of(runs: Sequence[Path]) -> list[str]:
    """The runs' names: their folders', or their paths where two folders have the same name.

    Raises:
        ConfigError: a run is given twice.
    """
    names = [run.resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [str(run) for run in runs]
    if len(set(names)) < len(names):
        raise ConfigError(f"a run is given twice: {', '.join(names)}", hint="give each run once")
    return names
