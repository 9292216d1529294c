"""The doors from Python: ``train``, and ``load`` (it stands in ``weft.model``: one prediction needs no training)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weft.bundle import read_metrics
from weft.config import Recipe, read, resolve
from weft.errors import ConfigError
from weft.model import Model, load
from weft.training import Listener, random_search
from weft.training import train as train_run
from weft.types import Files

Paths = str | Path | Sequence[str | Path]


def train(
    recipe: str | Path | Mapping[str, Any] | Recipe,
    *,
    train: Paths,
    valid: Paths | None = None,
    out: str | Path,
    settings: Sequence[str] = (),
    seed: int | None = None,
    resume: bool = False,
    init: str | Path | None = None,
    time_limit: float | None = None,
    trials: int = 0,
    listener: Listener | None = None,
) -> Model:
    """Train a recipe on files and return the best model; the run folder ``out`` holds it too.

    Args:
        recipe: a built-in name, a TOML file, or the same as nested plain values.
        train, valid: a file, a folder, or several. Without ``valid`` a share of ``train`` is held out.
        out: the run folder; it must not hold a run yet, unless ``resume``.
        settings: ``"section.key=value"`` laid over the recipe.
        seed: shorthand for ``training.seed``.
        resume: go on where the run in ``out`` stopped, bit for bit as if it never had.
        init: a run whose weights are taken where name and shape agree.
        time_limit: seconds after which training ends well.
        trials: when above 0, so many draws from the recipe's search ranges; the best is returned.
        listener: hears of every step, validation and checkpoint.
    Raises:
        ConfigError, DataError, RunError: see ``weft.errors``.
    """
    config = _resolved(recipe, settings, seed)
    files = Files(train=_paths(train), valid=_paths(valid) if valid is not None else ())
    options: dict[str, Any] = {
        "resume": resume,
        "init": Path(init) if init is not None else None,
        "time_limit": time_limit,
        "listener": listener,
    }
    if trials:
        run = random_search(config, files, Path(out), trials=trials, **options).run
    else:
        run = train_run(config, files, Path(out), **options).run
    return load(run, device=config.training.device)


def train_or_stop(recipe: str | Mapping[str, Any] | Recipe, **options: Any) -> Model:
    """``train`` as a part of something longer, which a Ctrl-C that ends the training well must end too.

    Raises:
        KeyboardInterrupt: the training was interrupted; a number measured on it would be no result.
    """
    model = train(recipe, **options)
    assert model.run is not None
    if read_metrics(model.run)["stopped"] == "interrupt":
        raise KeyboardInterrupt
    return model


def _resolved(recipe: str | Path | Mapping[str, Any] | Recipe, settings: Sequence[str], seed: int | None) -> Recipe:
    if isinstance(settings, str | Mapping):
        raise ConfigError(f"settings must be a list of texts, got {settings!r}", hint='write ["training.epochs=2"]')
    if isinstance(recipe, Recipe):
        document, where = recipe.model_dump(mode="json", exclude_none=True), "the recipe"
    elif isinstance(recipe, Mapping):
        document, where = dict(recipe), "the recipe"
    else:
        document, where = read(str(recipe)), f"recipe {recipe}"
    return resolve(document, [*settings, *([] if seed is None else [f"training.seed={seed}"])], where=where)


def _paths(given: Paths) -> tuple[Path, ...]:
    return (Path(given),) if isinstance(given, str | Path) else tuple(Path(path) for path in given)
