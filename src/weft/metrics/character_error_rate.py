"""Errors a character: substituted, inserted and deleted characters over the characters of the references.

The edit distance of texts as short as names and dates. It may exceed 1. Characters are Unicode code points, compared as
they are written, white space included. Interval: percentiles of 1000 seeded resamplings of the texts.
"""

from __future__ import annotations

from weft.metrics._edit_errors import EditErrors, edit_errors, rate_score
from weft.metrics._evidence import check_texts
from weft.metrics._outcomes import Outcomes, ratio_of_sums
from weft.types import Score, TextEvidence

FIELD = "texts"


def score(evidence: TextEvidence) -> Score:
    """Errors a character, from 0.

    Raises:
        DataError: no texts, or the references hold no character.
    """
    return rate_score(_counted(evidence), "character-error-rate", "character")


def outcomes(evidence: TextEvidence) -> Outcomes:
    """Errors and characters of each text."""
    counted = _counted(evidence)
    return ratio_of_sums(counted.errors, counted.lengths)


def _counted(evidence: TextEvidence) -> EditErrors:
    check_texts(evidence, "character-error-rate")
    return edit_errors(evidence.references, evidence.hypotheses)
