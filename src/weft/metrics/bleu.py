"""BLEU (Papineni et al. 2002) as sacrebleu has it: n-grams of one to four words that the reference has too, of 100.

Raw text on both sides, cased: sacrebleu's own tokenizer 13a cuts it, so that scores can be compared whatever a model's
symbols are. Interval: percentiles of 1000 seeded resamplings of the sentences.
"""

from __future__ import annotations

from weft.metrics._outcomes import Outcomes
from weft.types import Score, TextEvidence

FIELD = "texts"


def score(evidence: TextEvidence) -> Score:
    """BLEU in [0, 100].

    Raises:
        DataError: no texts.
    """
    from weft.metrics._sacrebleu import sacrebleu_score

    return sacrebleu_score("bleu", evidence, "of 100")


def outcomes(evidence: TextEvidence) -> Outcomes:
    """Lengths, n-grams that match and n-grams there are of each sentence."""
    from weft.metrics._sacrebleu import sacrebleu_outcomes

    return sacrebleu_outcomes("bleu", evidence)
