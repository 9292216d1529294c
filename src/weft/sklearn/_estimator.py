"""What every estimator is: arguments that choose a recipe, and a trained run that is kept as bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from weft import api, bundle
from weft.config import Recipe, read, resolve
from weft.model import Model, load
from weft.sklearn._texts import ArgumentError, write_parts


class RunEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator that trains a run of one task and answers with it.

    A class that inherits this one names its ``_task`` and ``_columns`` and has an ``__init__`` of its own that sets the
    five arguments.
    """

    recipe: str | Path | Mapping[str, Any]
    settings: Sequence[str]
    seed: int
    valid_fraction: float
    out: str | Path | None
    run_files_: dict[str, bytes]
    _model: Model | None
    _task: str
    _columns: tuple[str, ...]
    """Of the files that it trains from, by the names of the recipe's keys ``data.NAME``."""

    @property
    def model_(self) -> Model:
        """The trained model, for what Weft offers beyond scikit-learn."""
        check_is_fitted(self)
        model = self._model or _load(self.run_files_)
        self._model = model
        return model

    def _config(self) -> Recipe:
        """The recipe as it is trained, the estimator's arguments checked."""
        if not 0 <= self.valid_fraction < 1:
            raise ArgumentError(f"valid_fraction must be at least 0 and below 1, got {self.valid_fraction!r}")
        if isinstance(self.settings, str):
            raise ArgumentError(f"settings must be a list, got a single str {self.settings!r}", hint="write [setting]")
        document = dict(self.recipe) if isinstance(self.recipe, Mapping) else read(str(self.recipe))
        seed = f"training.seed={self.seed}"
        config = resolve(document, [*self.settings, seed])
        if config.task != self._task:
            raise ArgumentError(
                f"{type(self).__name__} needs a recipe of task {self._task!r}, {self.recipe!r} is one of task"
                f" {config.task!r}",
                hint="`weft recipes` lists the built-in ones",
            )
        return resolve(document, [*self.settings, seed, *(f"data.{name}={name}" for name in self._columns)])

    def _trained(
        self, config: Recipe, columns: dict[str, list[str]], held: np.ndarray
    ) -> tuple[Model, dict[str, bytes]]:
        """A model of these columns' texts, and the files of its run."""
        with tempfile.TemporaryDirectory(prefix="weft-") as folder:
            run = Path(self.out) if self.out is not None else Path(folder) / "run"
            write_parts(Path(folder), columns, held)
            model = _train(config, Path(folder), run)
            files = _read_run(run)
        if self.out is None:
            model.run = None
        return model, files

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        return {**state, "_model": None} if "_model" in state else state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags


def _train(config: Recipe, folder: Path, run: Path) -> Model:
    train, valid = folder / "train.jsonl", folder / "valid.jsonl"
    model = api.train(config, train=train, valid=valid if valid.exists() else train, out=run)
    if bundle.read_metrics(run)["stopped"] == "interrupt":
        # Training ends well on the first Ctrl-C; here that must also end the search around it.
        raise KeyboardInterrupt
    return model


def _read_run(run: Path) -> dict[str, bytes]:
    """The files of a run by their name in it; checkpoints are of no use to a finished one."""
    paths = [path for path in sorted(run.rglob("*")) if path.is_file()]
    names = {path.relative_to(run).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(bundle.CHECKPOINTS)}


def _load(files: Mapping[str, bytes]) -> Model:
    """A model from the bytes of its run; its folder is gone afterwards, so it names none."""
    with tempfile.TemporaryDirectory(prefix="weft-") as folder:
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        model = load(Path(folder))
    model.run = None
    return model
