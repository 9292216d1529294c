"""The process that ``resume`` kills: trains (or goes on with) one run, saying every update on stdout.

``python -m weft.benches._resume_child '{"recipe": FILE.json, "train": FILE, "valid": FILE, "out": FOLDER}'``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from weft.config import resolve
from weft.training import Listener, Stepped, train
from weft.types import Files


class _Telling(Listener):
    """Writes the number of every update on a line of its own."""

    def on_step(self, event: Stepped) -> None:
        sys.stdout.write(f"{event.step}\n")
        sys.stdout.flush()


def main(job: dict[str, str]) -> None:
    """Train the job's recipe from its first update or from its last checkpoint."""
    config = resolve(json.loads(Path(job["recipe"]).read_text(encoding="utf-8")))
    files = Files((Path(job["train"]),), (Path(job["valid"]),))
    train(config, files, Path(job["out"]), resume=True, listener=_Telling())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
