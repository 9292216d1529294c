"""Errors a word: substituted, inserted and deleted words over the words of the references.

It may exceed 1. Words are what stands between white space, compared as they are written: bring case and punctuation
together first. Interval: percentiles of 1000 seeded resamplings of the texts.
"""

from __future__ import annotations

from weft.metrics._edit_errors import EditErrors, rate_score, word_errors
from weft.metrics._evidence import check_texts
from weft.metrics._outcomes import Outcomes, ratio_of_sums
from weft.types import Score, TextEvidence

FIELD = "texts"


def score(evidence: TextEvidence) -> Score:
    """Errors a word, from 0.

    Raises:
        DataError: no texts, or the references hold no word.
    """
    return rate_score(_counted(evidence), "word-error-rate", "word")


def outcomes(evidence: TextEvidence) -> Outcomes:
    """Errors and words of each text."""
    counted = _counted(evidence)
    return ratio_of_sums(counted.errors, counted.lengths)


def _counted(evidence: TextEvidence) -> EditErrors:
    check_texts(evidence, "word-error-rate")
    return word_errors(evidence.references, evidence.hypotheses)
