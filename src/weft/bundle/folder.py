"""What makes a folder a run, and reading its plain files with a sentence for everything that can be wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from weft.bundle.files import write_bytes, write_json, write_text, writing
from weft.bundle.tensors import module_tensors, write_tensors
from weft.config import Recipe, dump, resolve
from weft.errors import ConfigError, RunError

if TYPE_CHECKING:
    from torch import nn

FORMAT = 1
RECIPE = "recipe.toml"
VOCABULARY = "vocabulary.json"
WEIGHTS = "model.safetensors"
METRICS = "metrics.json"
LOG = "log.jsonl"
CARD = "README.md"
CURVES = "curves.png"
CERTIFICATE = "certificate.json"
CHECKPOINTS = "checkpoints"
CERTIFICATE_MARK = "**Certificate:**"
"""Begins the card's line on the certificate, which `weft verify` writes anew."""


def is_run(path: Path) -> bool:
    """Whether a run lives in the folder (its recipe is written first, so every run has one)."""
    return (path / RECIPE).is_file()


def check_run(path: Path) -> None:
    """Say what is wrong when ``path`` is no run.

    Raises:
        RunError: nothing there, a file, or a folder without a recipe.
    """
    if is_run(path):
        return
    if not path.exists():
        raise RunError(f"no run at {path}: there is no such folder", hint="`weft train` makes one with --out")
    if not path.is_dir():
        raise RunError(f"{path} is a file; a run is the folder that `weft train` made with --out")
    raise RunError(f"{path} is not a run: it holds no {RECIPE}", hint="give the folder that --out named in training")


def create(out: Path, recipe: str) -> None:
    """Begin a run: make the folder (parents too) and write its recipe.

    Args:
        out: an absent or empty folder.
        recipe: the resolved recipe as TOML.
    Raises:
        RunError: the folder already holds a run or other files, or cannot be written.
    """
    check_free(out)
    with writing(out):
        (out / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    write_text(out / RECIPE, recipe)


def check_free(out: Path, *, resumes: bool = True) -> None:
    """Check that a run can begin in a folder, absent or empty.

    Args:
        out: the folder.
        resumes: whether what makes the run can go on with one, by ``--resume``.
    Raises:
        RunError: the folder already holds a run or other files, or cannot be read.
    """
    if is_run(out):
        raise RunError(
            f"{out} already holds a run; nothing was changed",
            hint=("go on with it by --resume, or " if resumes else "") + "choose another folder with --out",
        )
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file; --out needs a folder")
    with writing(out):
        inside = out.iterdir() if out.exists() else ()
        held = sorted(path.name for path in inside if not _of_a_killed_create(path))
    if held:
        shown = ", ".join(held[:3]) + (f" and {len(held) - 3} more" if len(held) > 3 else "")
        raise RunError(
            f"{out} holds files that are no run's: {shown}; nothing was changed", hint="choose another --out"
        )


def save(
    out: Path, *, config: Recipe, vocabulary: Mapping[str, Any], module: nn.Module, source: Path | None = None
) -> Path:
    """Write a network as a run of its own.

    Args:
        out: an absent or empty folder.
        config, vocabulary, module: what the run consists of.
        source: the run it came from; its measures, log and card are copied.
    Raises:
        RunError: the folder already holds a run or other files, or cannot be written.
    """
    create(out, dump(config))
    write_json(out / VOCABULARY, vocabulary)
    for name in (METRICS, LOG, CURVES, CARD, CERTIFICATE):
        if source is not None and (source / name).is_file():
            write_bytes(out / name, (source / name).read_bytes())
    write_tensors(out / WEIGHTS, module_tensors(module))
    with writing(out):
        (out / CHECKPOINTS).rmdir()
    return out


def read_document(run: Path) -> dict[str, Any]:
    """The run's recipe as plain nested values, its format checked.

    Raises:
        RunError: no run, a damaged recipe, or one written in a newer format.
    """
    check_run(run)
    path = run / RECIPE
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except (TOMLKitError, UnicodeDecodeError, OSError) as error:
        raise RunError(f"{path}: damaged, not a TOML file: {error}") from error
    found = document.get("format")
    if isinstance(found, int) and found > FORMAT:
        raise RunError(
            f"{run} was written by a newer Weft: format {found}, this one reads up to {FORMAT}",
            hint="update weft to read it",
        )
    if found != FORMAT:
        raise RunError(f"{path}: not a run's recipe: format is {found!r}, expected {FORMAT}")
    return document


def read_recipe(run: Path) -> Recipe:
    """The run's recipe, checked against its task.

    Raises:
        RunError: no run, a newer format, or a recipe that does not hold what it must.
    """
    document = read_document(run)
    try:
        return resolve(document, where=str(run / RECIPE))
    except ConfigError as error:
        raise RunError(str(error), hint=error.hint) from error


def read_vocabulary(run: Path) -> dict[str, Any]:
    """The plain values of ``vocabulary.json``.

    Raises:
        RunError: no run, or the file is missing or damaged.
    """
    check_run(run)
    return _read_json(run / VOCABULARY, "the run stopped before its data was read; go on with --resume")


def read_metrics(run: Path) -> dict[str, Any]:
    """The plain values of ``metrics.json``.

    Raises:
        RunError: no run, or the file is missing (training has not stopped properly yet) or damaged.
    """
    check_run(run)
    return _read_json(run / METRICS, "training has not come to its end yet; go on with --resume")


def _of_a_killed_create(path: Path) -> bool:
    """Whether ``create`` itself may have left this; nothing else in a folder may be taken for ours."""
    return path.name == f".{RECIPE}.tmp" or (path.name == CHECKPOINTS and path.is_dir() and not any(path.iterdir()))


def _read_json(path: Path, absent: str) -> dict[str, Any]:
    if not path.is_file():
        raise RunError(f"{path}: no such file", hint=absent)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise RunError(f"{path}: damaged, not a JSON file: {error}") from error
    if not isinstance(values, dict):
        raise RunError(f"{path}: damaged: holds {type(values).__name__}, not named values")
    return values
