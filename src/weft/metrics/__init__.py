"""Measures, one a file: a number with its n, its 95 % interval and the settings it depends on.

A measure ``metrics/NAME.py`` has ``FIELD`` ("labels", "likelihood", "texts" or "alignments": the evidence it reads) and
``score(evidence) -> Score``; one that can compare two systems text by text also ``outcomes(evidence) -> Outcomes``.
Beside them stand the tables and pictures behind the numbers. Needs numpy only; sacrebleu is imported when one of its
measures is asked for, matplotlib when a picture is drawn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weft.metrics._calibration import ReliabilityBin, fit_temperature, reliability
    from weft.metrics._confusion_picture import draw_confusion
    from weft.metrics._edit_errors import EditErrors, edit_errors, error_rate, word_errors
    from weft.metrics._evidence import measure
    from weft.metrics._interval import wilson
    from weft.metrics._paired import Difference, paired, unlike
    from weft.metrics._table import ClassRow, confusion, per_class

_HOMES = {
    "ClassRow": "_table",
    "Difference": "_paired",
    "EditErrors": "_edit_errors",
    "ReliabilityBin": "_calibration",
    "confusion": "_table",
    "draw_confusion": "_confusion_picture",
    "edit_errors": "_edit_errors",
    "error_rate": "_edit_errors",
    "fit_temperature": "_calibration",
    "measure": "_evidence",
    "paired": "_paired",
    "per_class": "_table",
    "reliability": "_calibration",
    "unlike": "_paired",
    "wilson": "_interval",
    "word_errors": "_edit_errors",
}

__all__ = [
    "ClassRow",
    "Difference",
    "EditErrors",
    "ReliabilityBin",
    "confusion",
    "draw_confusion",
    "edit_errors",
    "error_rate",
    "fit_temperature",
    "measure",
    "paired",
    "per_class",
    "reliability",
    "unlike",
    "wilson",
    "word_errors",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'weft.metrics' has no attribute {name!r}")
    return getattr(import_module(f"weft.metrics.{_HOMES[name]}"), name)
