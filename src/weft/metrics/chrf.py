"""chrF (Popović 2015) as sacrebleu has it: n-grams of one to six characters, recall counting twice, of 100.

Kinder than BLEU to languages that build long words. Cased; white space is left out. Interval: percentiles of 1000
seeded resamplings of the sentences.
"""

from __future__ import annotations

from weft.metrics._outcomes import Outcomes
from weft.types import Score, TextEvidence

FIELD = "texts"


def score(evidence: TextEvidence) -> Score:
    """chrF2 in [0, 100].

    Raises:
        DataError: no texts.
    """
    from weft.metrics._sacrebleu import sacrebleu_score

    return sacrebleu_score("chrf", evidence, "of 100")


def outcomes(evidence: TextEvidence) -> Outcomes:
    """For each order the n-grams written, wanted and matched in each sentence."""
    from weft.metrics._sacrebleu import sacrebleu_outcomes

    return sacrebleu_outcomes("chrf", evidence)
