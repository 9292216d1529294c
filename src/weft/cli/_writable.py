"""Files that a command will write in the end: seen to be writable before it begins its work."""

from __future__ import annotations

from pathlib import Path

from weft.errors import ConfigError


def make_way(path: Path, what: str) -> None:
    """Make the folders above a file, and see that it can be written; what it holds stays as it is.

    Raises:
        ConfigError: it cannot; the sentence names ``what``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file() and not path.is_dir():
            return  # a pipe or a device: opening it would be noticed at its other end
        absent = not path.exists()
        with path.open("ab"):
            pass
        if absent:
            path.unlink()
    except OSError as error:
        raise ConfigError(f"{path}: {what} cannot be written: {error.strerror or error}") from error
