"""TER (Snover et al. 2006) as sacrebleu has it: edits that a reader would make, moves of phrases too, per 100 words.

Words are what stands between white space, in lower case (the default of sacrebleu, and of papers). It may exceed 100.
Interval: percentiles of 1000 seeded resamplings of the sentences.
"""

from __future__ import annotations

from weft.metrics._outcomes import Outcomes
from weft.types import Score, TextEvidence

FIELD = "texts"


def score(evidence: TextEvidence) -> Score:
    """Edits per 100 words of the references, from 0.

    Raises:
        DataError: no texts.
    """
    from weft.metrics._sacrebleu import sacrebleu_score

    return sacrebleu_score("ter", evidence, "edits/100 words", higher_is_better=False)


def outcomes(evidence: TextEvidence) -> Outcomes:
    """Edits and words of each sentence."""
    from weft.metrics._sacrebleu import sacrebleu_outcomes

    return sacrebleu_outcomes("ter", evidence)
