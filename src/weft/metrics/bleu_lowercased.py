"""BLEU of lower-cased text, to compare with papers that report it; otherwise as ``bleu``.

Papers that also tokenized otherwise (Moses, or the data's own tokens) stay a little apart; the signature says which
tokenizer was used. Interval: percentiles of 1000 seeded resamplings of the sentences.
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

    return sacrebleu_score("bleu-lowercased", evidence, "of 100")


def outcomes(evidence: TextEvidence) -> Outcomes:
    """Lengths, n-grams that match and n-grams there are of each sentence."""
    from weft.metrics._sacrebleu import sacrebleu_outcomes

    return sacrebleu_outcomes("bleu-lowercased", evidence)
