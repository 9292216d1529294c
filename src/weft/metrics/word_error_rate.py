"""Errors a word of transcripts: substituted, inserted and deleted words over the words of the references.

It may exceed 1. Words are what stands between white space, compared as they are written: bring case and punctuation
together first. Interval: percentiles of 1000 seeded resamplings of the sentences.
"""

from __future__ import annotations

from weft.errors import DataError
from weft.metrics._evidence import signature
from weft.metrics._interval import REPLICATES
from weft.metrics._word_errors import error_rate, word_errors
from weft.types import Score, TranscriptEvidence

FIELD = "transcripts"


def score(evidence: TranscriptEvidence) -> Score:
    """Errors a word, from 0.

    Raises:
        DataError: the references hold no word.
    """
    counted = word_errors(evidence.references, evidence.hypotheses)
    n = int(counted.words.sum())
    if n == 0:
        raise DataError(
            "word-error-rate: the references hold 0 words to measure on", hint="give a file that holds references"
        )
    value, low, high = error_rate(counted.errors, counted.words)
    signed = signature(
        n=n,
        sentences=len(counted.words),
        substitutions=int(counted.substitutions.sum()),
        insertions=int(counted.insertions.sum()),
        deletions=int(counted.deletions.sum()),
        case="kept",
        interval=f"bootstrap{REPLICATES}",
    )
    return Score("word-error-rate", value, "errors/word", n, "words", low, high, signed, higher_is_better=False)
