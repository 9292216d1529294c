"""``Translator``: a Weft translator as a scikit-learn estimator.

Translator("tiny-translate", settings=["training.epochs=30"]).fit(sources, targets).predict(["..."])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from weft.model import Model
from weft.sklearn._estimator import RunEstimator
from weft.sklearn._texts import TextError, checked_texts, held_out


class Translator(RunEstimator):
    """Texts to texts by a recipe of task ``translate``.

    Args:
        recipe: a built-in name, a TOML file, or the same as nested plain values.
        settings: ``"section.key=value"`` laid over the recipe; a list of such lists can be searched by
            ``GridSearchCV(..., {"settings": [...]})``.
        seed: of everything random; the same seed, data and machine give the same network.
        valid_fraction: share of the pairs held out to choose the best epoch; equal sources stay on one side. Where that
            gives fewer than 10 pairs, the training pairs themselves serve.
        out: a folder that keeps the run of ``fit`` (it must not hold one yet); None keeps it in the estimator only.

    Attributes:
        run_files_: the files of the trained run by name, as bytes.
    """

    _task = "translate"
    _columns = ("source", "target")
    run_files_: dict[str, bytes]
    _model: Model | None

    def __init__(
        self,
        recipe: str | Path | Mapping[str, Any] = "tiny-translate",
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

    def fit(self, X: Iterable[str], y: Iterable[str]) -> Translator:  # noqa: N803 - scikit-learn's name
        """Train a new network; nothing of an earlier ``fit`` stays.

        Args:
            X: N sources, none of them empty.
            y: their N targets, none of them empty.
        Raises:
            TextError: a single ``str``, an empty text, or something that is no text.
            ArgumentError: an argument of the estimator is out of its range, or the recipe is not one for it.
            ConfigError, DataError, RunError: as ``weft.train``.
        """
        config = self._config()
        sources, targets = checked_texts(X), _targets(y)
        check_consistent_length(sources, targets)
        held = held_out(sources, np.zeros(len(sources), dtype=int), self.valid_fraction, self.seed)
        columns = {"source": sources, "target": targets}
        self._model, self.run_files_ = self._trained(config, columns, held)
        return self

    def predict(self, X: Iterable[str]) -> np.ndarray:  # noqa: N803
        """The best output for each text, as the recipe searches for it: object [N] of ``str``; "" for an empty text.

        Raises:
            TextError: as ``fit``, but that texts may be empty.
            sklearn.exceptions.NotFittedError: before ``fit``.
        """
        check_is_fitted(self)
        texts = checked_texts(X, empty=True)
        rows = self.model_.predict(texts, alternatives=1)
        return np.array([row["translation"] for row in rows], dtype=object)

    def score(self, X: Iterable[str], y: Iterable[str], sample_weight: Any = None) -> float:  # noqa: N803
        """Exact match: the share of texts whose best output is their target, as the measure ``exact-match`` counts it.

        Args:
            X: N sources.
            y: their N targets.
            sample_weight: None, or N weights.
        """
        texts, targets = checked_texts(X, empty=True), _targets(y, empty=True)
        check_consistent_length(texts, targets, sample_weight)
        pairs = zip(self.predict(texts), targets, strict=True)
        return float(np.average([found == wanted for found, wanted in pairs], weights=sample_weight))


def _targets(given: Any, *, empty: bool = False) -> list[str]:
    if given is None:
        raise TextError("Translator requires y to be passed, but the target y is None")
    try:
        return checked_texts(given, empty=empty)
    except TextError as error:
        raise TextError(f"y: {error}", hint=error.hint) from error
