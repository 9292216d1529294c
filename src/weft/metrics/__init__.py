"""Measures, one a file: a number with its n, its 95 % interval and the settings it depends on.

A measure ``metrics/NAME.py`` has ``FIELD`` ("labels", "likelihood" or "transcripts": the evidence it reads) and
``score(evidence) -> Score``. Beside them stand the tables and pictures behind the numbers. Needs numpy only; matplotlib
is imported when a picture is drawn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weft.metrics._calibration import ReliabilityBin, fit_temperature, reliability
    from weft.metrics._confusion_picture import draw_confusion
    from weft.metrics._evidence import measure
    from weft.metrics._interval import wilson
    from weft.metrics._table import ClassRow, confusion, per_class
    from weft.metrics._word_errors import WordErrors, error_rate, word_errors

_HOMES = {
    "ClassRow": "_table",
    "ReliabilityBin": "_calibration",
    "WordErrors": "_word_errors",
    "confusion": "_table",
    "draw_confusion": "_confusion_picture",
    "error_rate": "_word_errors",
    "fit_temperature": "_calibration",
    "measure": "_evidence",
    "per_class": "_table",
    "reliability": "_calibration",
    "wilson": "_interval",
    "word_errors": "_word_errors",
}

__all__ = [
    "ClassRow",
    "ReliabilityBin",
    "WordErrors",
    "confusion",
    "draw_confusion",
    "error_rate",
    "fit_temperature",
    "measure",
    "per_class",
    "reliability",
    "wilson",
    "word_errors",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'weft.metrics' has no attribute {name!r}")
    return getattr(import_module(f"weft.metrics.{_HOMES[name]}"), name)
