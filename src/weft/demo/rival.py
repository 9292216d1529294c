"""The rival of the classifier: TF-IDF over character n-grams and logistic regression, by scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

NGRAMS = (1, 3)
INVERSE_PENALTY = 10.0
ROUNDS = 100


def fit(texts: Sequence[str], labels: Sequence[str]) -> Any:
    """A fitted pipeline. Longer n-grams and other penalties were tried: within half a point of these."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    features = TfidfVectorizer(
        analyzer="char_wb", ngram_range=NGRAMS, min_df=2, sublinear_tf=True, lowercase=False, dtype=np.float32
    )
    model = make_pipeline(features, LogisticRegression(C=INVERSE_PENALTY, max_iter=ROUNDS, tol=1e-3))
    with warnings.catch_warnings(), import_module("threadpoolctl").threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(list(texts), list(labels))
