"""The errors a person can meet, each one clear sentence: what arrived, where, what is allowed, what to do.

    WeftError
    ├── ConfigError      a recipe, an option or a name is wrong
    ├── DataError        a file cannot be read or does not hold what is needed
    ├── ShapeError       a tensor does not fit
    ├── RunError         a run folder is missing, foreign, damaged or in the way
    └── BackendError     an explicitly chosen device or kernel cannot run

The command line prints them without a traceback and exits with 2; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class WeftError(Exception):
    """Parent of every error that is a person's to mend; ``hint`` says how, in one line."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(WeftError):
    """A recipe, an option or a name is wrong."""


class DataError(WeftError):
    """A file cannot be read, or does not hold what is needed."""


class ShapeError(WeftError):
    """A tensor does not fit what the layer or the state expects."""


class RunError(WeftError):
    """A run folder is missing, foreign, damaged or in the way."""


class BackendError(WeftError):
    """An explicitly chosen device or kernel cannot run here."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``", did you mean 'x'?"`` for the closest allowed name, or an empty string when none is close."""
    close = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}?" if close else ""
