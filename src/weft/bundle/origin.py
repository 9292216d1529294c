"""The data that a run was made of: where it lay as seen from the run folder, and whether it is still the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from weft.bundle.folder import METRICS, read_metrics
from weft.data.aligned import each_part, file_parts
from weft.data.corpus import fingerprint
from weft.errors import RunError
from weft.types import Files


@dataclass(frozen=True)
class Origin:
    """What ``metrics.json`` remembers of the data.

    Attributes:
        files: paths of the parts.
        digests: sha256 of every file that training read.
        what: which of the run's texts are asked for, for messages ("validation texts").
        hint: what a person can do who does not have them.
    """

    files: Files
    digests: frozenset[str]
    what: str
    hint: str

    @classmethod
    def read(cls, run: Path, *, what: str, hint: str) -> Origin:
        """Read it from a run.

        Raises:
            RunError: no run, one that was not trained to an end, or one that does not say where its data was.
        """
        metrics = read_metrics(run)
        home, recorded = run.resolve(), metrics.get("files") or {}
        try:
            parts = {part: tuple(_at_home(home, path) for path in recorded[part]) for part in ("train", "valid")}
            digests = frozenset(digest for _, digest in metrics["sources"])
        except (KeyError, TypeError, ValueError):
            parts, digests = {}, frozenset()
        if not parts or not parts["train"]:
            raise RunError(
                f"{run / METRICS} does not say where the run's {what} are (an older Weft kept no paths, and what was "
                "imported has none)",
                hint=hint,
            )
        return cls(Files(**parts), digests, what, hint)

    def check(self, paths: Sequence[Path]) -> dict[str, str]:
        """The sha256 of files among these by path, when all are as training read them.

        Raises:
            RunError: a file is gone or has changed.
        """
        for path in paths:
            if not all(part.exists() for part in file_parts(path)):
                raise RunError(
                    f"{path}: the run's {self.what} are not there any more, as seen from the run folder", hint=self.hint
                )
        now = fingerprint(paths)
        changed = [path for path, digest in now.items() if digest not in self.digests]
        if changed:
            raise RunError(f"{changed[0]}: the file has changed since the run was trained on it", hint=self.hint)
        return now


def _at_home(home: Path, path: str) -> Path:
    """The files of a name that was written as seen from a folder."""
    return Path(each_part(Path(path), lambda part: (home / part).resolve()))
