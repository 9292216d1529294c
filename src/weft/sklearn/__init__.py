"""Weft's models as scikit-learn estimators, one a file: ``TextClassifier`` labels texts, ``Translator`` writes others.

They take raw texts, so they stand alone or last in a ``Pipeline`` whose earlier steps give texts. A pickled estimator
holds the files of its run as bytes, not objects of torch.
"""

from weft.sklearn._texts import ArgumentError, TextError
from weft.sklearn.classifier import TextClassifier
from weft.sklearn.translator import Translator

__all__ = ["ArgumentError", "TextClassifier", "TextError", "Translator"]
