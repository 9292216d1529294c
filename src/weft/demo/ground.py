"""The demo's folder: known again by its mark, samples made in it, old runs kept until new ones stand in their place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import weft
from weft import bundle
from weft.catalog import SAMPLES
from weft.errors import RunError

if TYPE_CHECKING:
    from weft.model import Model
    from weft.training import Listener

MARK = "demo.json"


def prepare(out: Path) -> None:
    """Make the folder, or know it as one that the demo made.

    Raises:
        RunError: it holds something else, or cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file, the demo needs a folder", hint="choose another with --out DIR")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise RunError(
            f"{out} is not empty and was not made by weft demo; nothing in it was touched",
            hint="choose another folder with --out DIR",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{out} cannot be made: {error.strerror}", hint="choose another folder with --out DIR"
        ) from error
    bundle.write_json(out / MARK, {"format": 1, "made by": "weft demo"})


@contextmanager
def replaced(run: Path) -> Iterator[Path]:
    """Room for a new run at ``run``; an old one waits beside it and comes back when the new one is not finished.

    A demo killed half-way leaves the old run as ``NAME.old``; the next demo finds it there.
    """
    old = run.with_name(f"{run.name}.old")
    if run.exists() and old.exists():
        shutil.rmtree(run)
    elif run.exists():
        run.rename(old)
    try:
        yield run
    except BaseException:
        if old.exists():
            shutil.rmtree(run, ignore_errors=True)
            old.rename(run)
        raise
    shutil.rmtree(old, ignore_errors=True)


def make_sample(name: str, out: Path, seed: int) -> dict[str, Path]:
    """Make a built-in sample in ``out/data``; its files by part ("train", "valid", "test")."""
    paths: list[Path] = SAMPLES.load(name).make(out / "data" / name, seed=seed)
    return {path.stem: path for path in paths}


def train(
    recipe: str,
    files: dict[str, Path],
    run: Path,
    *,
    seed: int,
    time_limit: float,
    settings: Sequence[str] = (),
    listener: Listener | None = None,
) -> Model:
    """Train a recipe on a sample into ``run``, in the place of the run that stood there.

    Raises:
        KeyboardInterrupt: Ctrl-C, which training by itself takes for a wish to stop well.
    """
    with replaced(run):
        model = weft.train(
            recipe,
            train=files["train"],
            valid=files["valid"],
            out=run,
            seed=seed,
            settings=settings,
            time_limit=time_limit,
            listener=listener,
        )
        if bundle.read_metrics(run)["stopped"] == "interrupt":
            raise KeyboardInterrupt
    return model
