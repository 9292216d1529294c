"""What every measure does first and last: check the evidence, and sign the number with its settings."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from weft.catalog import METRICS
from weft.errors import ConfigError, DataError
from weft.types import (
    AlignmentEvidence,
    Evidence,
    LabelEvidence,
    LikelihoodEvidence,
    Score,
    TextEvidence,
    TranslationEvidence,
)
from weft.version import VERSION

_KINDS: dict[str, type[Evidence]] = {
    "labels": LabelEvidence,
    "likelihood": LikelihoodEvidence,
    "texts": TextEvidence,
    "alignments": AlignmentEvidence,
}


def measure(name: str, evidence: Evidence) -> Score:
    """Apply one measure by its name in ``metrics/``.

    Raises:
        ConfigError: no such measure, or it reads another kind of evidence.
        DataError: the evidence is empty, or holds something that is not a number.
    """
    module, part = fitting(name, evidence)
    score = module.score(part)
    assert isinstance(score, Score)
    return score


def fitting(name: str, evidence: Evidence) -> tuple[ModuleType, Evidence]:
    """The measure's module and the part of the evidence that it reads.

    Raises:
        ConfigError: no such measure, or it reads another kind of evidence.
    """
    module, parts = METRICS.load(name), parts_of(evidence)
    if module.FIELD not in parts:
        found = " and ".join(parts)
        others = [other for other in METRICS.names() if METRICS.load(other).FIELD in parts]
        raise ConfigError(
            f"measure {name!r} reads {module.FIELD}, but this task gives {found}",
            hint=f"measures of {found}: {', '.join(others)}",
        )
    return module, parts[module.FIELD]


def parts_of(evidence: Evidence) -> dict[str, Evidence]:
    """The evidence by the ``FIELD`` of the measures that read it; a translator's is of two kinds."""
    if isinstance(evidence, TranslationEvidence):
        return {**parts_of(evidence.likelihood), **parts_of(evidence.texts)}
    return {next(field for field, kind in _KINDS.items() if isinstance(evidence, kind)): evidence}


def check_labels(evidence: LabelEvidence, name: str) -> int:
    """The number N of texts.

    Raises:
        DataError: no texts, or a probability is not a number (a diverged network).
    """
    if len(evidence.gold) == 0:
        raise DataError(f"{name}: 0 texts to measure on", hint="give a file that holds labelled texts")
    broken = int((~np.isfinite(evidence.probabilities)).any(axis=1).sum())
    if broken:
        raise DataError(
            f"{name}: the probabilities of {broken} of {len(evidence.gold)} texts are not numbers",
            hint="training diverged: lower training.lr or set training.clip_norm",
        )
    return len(evidence.gold)


def check_likelihood(evidence: LikelihoodEvidence, counts: np.ndarray, name: str, of: str) -> int:
    """The number of things (symbols, characters, words) that the evidence holds.

    Raises:
        DataError: nothing to divide by, or a likelihood is not a number (a diverged network).
    """
    n = round(float(counts.sum()))
    if n == 0:
        raise DataError(f"{name}: the text holds 0 {of} to measure on", hint="give a file that is not empty")
    broken = int((~np.isfinite(evidence.nats)).sum())
    if broken:
        raise DataError(
            f"{name}: the likelihood of {broken} of {len(evidence.nats)} blocks is not a number",
            hint="training diverged: lower training.lr or set training.clip_norm",
        )
    return n


def check_texts(evidence: TextEvidence, name: str) -> int:
    """The number N of texts.

    Raises:
        DataError: no texts, or not as many of one kind as of the other.
    """
    wanted, written = len(evidence.references), len(evidence.hypotheses)
    if wanted != written:
        raise DataError(
            f"{name}: {wanted:,} references and {written:,} hypotheses",
            hint="each text needs one reference, in the same order",
        )
    if not wanted:
        raise DataError(f"{name}: 0 texts to measure on", hint="give a file that holds references")
    return wanted


def unknown_labels(evidence: LabelEvidence) -> int:
    """How many texts carry a label that the model does not know; 0 when multi-label (there it is an absent column)."""
    return 0 if evidence.multi_label else int((evidence.gold < 0).sum())


def signature(**settings: object) -> str:
    """``name:value|...|weft:VERSION`` in the given order; a count of 0 unknown things is left out."""
    parts = [f"{key}:{value}" for key, value in settings.items() if (key, value) != ("unknown", 0)]
    return "|".join([*parts, f"weft:{VERSION}"])
