"""``TextClassifier``: a Weft classifier as a scikit-learn estimator.

TextClassifier("tiny-classify", settings=["encoder.hidden=64"]).fit(texts, labels).predict(["..."])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from weft.config import Recipe
from weft.model import Model
from weft.sklearn._estimator import RunEstimator
from weft.sklearn._texts import ArgumentError, TextError, checked_texts, held_out


class TextClassifier(ClassifierMixin, RunEstimator):  # type: ignore[misc]
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

    _task = "classify"
    _columns = ("text", "label")
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
        texts, labels = checked_texts(X), _labels(y)
        check_consistent_length(texts, labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise TextError(f"the labels hold 1 class, {classes.tolist()[0]!r}; a classifier needs at least two")
        names = _names(classes)
        held = held_out(texts, numbers, self.valid_fraction, self.seed)
        columns = {"text": texts, "label": [names[number] for number in numbers]}
        model, files = self._trained(config, columns, held)
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
        texts = checked_texts(X)
        columns = {name: column for column, name in enumerate(self._names)}
        table = np.zeros((len(texts), len(columns)))
        for row, answer in enumerate(self.model_.predict(texts, alternatives=len(columns))):
            for other in answer["alternatives"]:
                table[row, columns[other["label"]]] = other["probability"]
        return np.asarray(table / table.sum(axis=1, keepdims=True))

    def _config(self) -> Recipe:
        config = super()._config()
        if config.model_dump()["head"]["multi_label"]:
            raise ArgumentError("head.multi_label is true, but TextClassifier gives one label a text")
        return config


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
