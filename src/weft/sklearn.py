"""``TextClassifier``: a Weft classifier as a scikit-learn estimator.

It takes raw texts, so it stands alone or last in a ``Pipeline`` whose earlier steps give texts::

    TextClassifier("tiny-classify", settings=["encoder.hidden=64"]).fit(texts, labels).predict(["..."])

A pickled estimator holds the files of its run as bytes, not objects of torch.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from weft import api, bundle
from weft.config import Recipe, read, resolve
from weft.errors import ConfigError, DataError
from weft.model import Model, load

LEAST_HELD_OUT = 10
"""With fewer texts than this to hold out, a share of right answers says too little to choose by."""


class TextError(DataError, ValueError):
    """Texts or labels are not what the estimator takes; a ``ValueError``, as scikit-learn's callers expect."""


class ArgumentError(ConfigError, ValueError):
    """An argument of the estimator is out of its range; a ``ValueError``, as scikit-learn's callers expect."""


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to labels by a recipe of task ``classify``.

    Args:
        recipe: a built-in name, a TOML file, or the same as nested plain values.
        settings: ``"section.key=value"`` laid over the recipe; a list of such lists can be searched by
            ``GridSearchCV(..., {"settings": [...]})``.
        seed: of everything random; the same seed, data and machine give the same network.
        valid_fraction: share of the texts held out to choose the best epoch and to calibrate probabilities; equal texts
            stay on one side and every class stays in training. Where that gives fewer than 10 texts, the training texts
            themselves serve.
        out: a folder that keeps the run of ``fit`` (it must not hold one yet); None keeps it in the estimator only.

    Attributes:
        classes_: the labels, sorted, in the type they came in.
        run_files_: the files of the trained run by name, as bytes.
    """

    classes_: np.ndarray
    run_files_: dict[str, bytes]
    _names: list[str]
    _model: Model | None

    def __init__(
        self,
        recipe: str | Path | Mapping[str, Any] = "tiny-classify",
        *,
        settings: Sequence[str] = (),
        seed: int = 1,
        valid_fraction: float = 0.1,
        out: str | Path | None = None,
    ) -> None:
        self.recipe = recipe
        self.settings = settings
        self.seed = seed
        self.valid_fraction = valid_fraction
        self.out = out

    def fit(self, X: Iterable[str], y: Any) -> TextClassifier:  # noqa: N803 - scikit-learn's name
        """Train a new network; nothing of an earlier ``fit`` stays.

        Args:
            X: N texts, none of them empty.
            y: N labels of at least two kinds: strings, whole numbers or booleans.
        Raises:
            TextError: a single ``str``, an empty text, something that is no text, or labels that do not fit.
            ArgumentError: an argument of the estimator is out of its range, or the recipe is not one for it.
            ConfigError, DataError, RunError: as ``weft.train``.
        """
        config = self._config()
        texts, labels = _texts(X), _labels(y)
        check_consistent_length(texts, labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise TextError(f"the labels hold 1 class, {classes.tolist()[0]!r}; a classifier needs at least two")
        names = _names(classes)
        with tempfile.TemporaryDirectory(prefix="weft-") as folder:
            run = Path(self.out) if self.out is not None else Path(folder) / "run"
            held = _held_out(texts, numbers, self.valid_fraction, self.seed)
            _write(Path(folder), texts, [names[number] for number in numbers], held)
            model = _train(config, Path(folder), run)
            files = _read_run(run)
        if self.out is None:
            model.run = None
        self.classes_, self.run_files_, self._names, self._model = classes, files, names, model
        return self

    def predict(self, X: Iterable[str]) -> np.ndarray:  # noqa: N803
        """The most probable label of each text, in the type of the training labels: [N].

        Raises:
            TextError: as ``fit``.
            sklearn.exceptions.NotFittedError: before ``fit``.
        """
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:  # noqa: N803
        """Calibrated probabilities, columns as ``classes_``: float64 [N, C].

        Raises:
            TextError: as ``fit``.
            sklearn.exceptions.NotFittedError: before ``fit``.
        """
        check_is_fitted(self)
        texts = _texts(X)
        columns = {name: column for column, name in enumerate(self._names)}
        table = np.zeros((len(texts), len(columns)))
        for row, answer in enumerate(self.model_.predict(texts, alternatives=len(columns))):
            for other in answer["alternatives"]:
                table[row, columns[other["label"]]] = other["probability"]
        return np.asarray(table / table.sum(axis=1, keepdims=True))

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
        if config.task != "classify":
            raise ArgumentError(
                f"TextClassifier needs a recipe of task 'classify', {self.recipe!r} is one of task {config.task!r}",
                hint="`weft recipes` lists the built-in ones",
            )
        if config.model_dump()["head"]["multi_label"]:
            raise ArgumentError("head.multi_label is true, but TextClassifier gives one label a text")
        return resolve(document, [*self.settings, seed, "data.text=text", "data.label=label"])

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        return {**state, "_model": None} if "_model" in state else state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _texts(given: Any) -> list[str]:
    """The texts as a list, each of them checked."""
    if isinstance(given, str):
        raise TextError(f"expected a list of texts, got a single str {given[:40]!r}", hint="write [text]")
    if not isinstance(given, Iterable):
        raise TextError(f"expected a list of texts, got {type(given).__name__}: {given!r:.40}")
    shape = getattr(given, "shape", (0,))
    if len(shape) != 1:
        raise TextError(f"expected a list of texts, got {type(given).__name__} of shape {list(shape)}")
    texts = list(given)
    if not texts:
        raise TextError("expected a list of texts, got an empty one")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TextError(f"text {place + 1} of {len(texts)} is no str but {type(text).__name__}: {text!r:.40}")
        if not text.strip():
            raise TextError(f"text {place + 1} of {len(texts)} is empty", hint="leave empty texts out")
    return [str(text) for text in texts]


def _labels(given: Any) -> np.ndarray:
    """The labels as one column of discrete values."""
    if given is None:
        raise TextError("TextClassifier requires y to be passed, but the target y is None")
    labels = column_or_1d(given, warn=True)
    check_classification_targets(labels)
    return np.asarray(labels)


def _names(classes: np.ndarray) -> list[str]:
    """What the classes are called in the run: as a person would write them, else by number."""
    names = [str(label).strip() for label in classes.tolist()]
    return names if all(names) and len(set(names)) == len(names) else [str(number) for number in range(len(names))]


def _held_out(texts: list[str], numbers: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """bool [N], which texts are held out: whole groups of equal texts, and never the last ones of a class."""
    held = np.zeros(len(texts), dtype=bool)
    wanted = int(fraction * len(texts))
    if wanted < LEAST_HELD_OUT:
        return held
    groups: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        groups.setdefault(text, []).append(place)
    left = np.bincount(numbers)
    members = list(groups.values())
    for index in np.random.default_rng(seed).permutation(len(members)):
        group = members[index]
        leaving = np.bincount(numbers[group], minlength=len(left))
        if held.sum() + len(group) <= wanted and (left > leaving)[leaving > 0].all():
            held[group] = True
            left -= leaving
    return held


def _write(folder: Path, texts: list[str], names: list[str], held: np.ndarray) -> None:
    """``train.jsonl`` and, when anything is held out, ``valid.jsonl``."""
    for part, chosen in (("train", ~held), ("valid", held)):
        if chosen.any():
            with (folder / f"{part}.jsonl").open("w", encoding="utf-8") as file:
                for place in np.flatnonzero(chosen):
                    file.write(json.dumps({"text": texts[place], "label": names[place]}) + "\n")


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
