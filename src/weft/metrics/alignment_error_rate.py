"""Alignment error rate (Och & Ney 2003): how far links between words are from those that people drew, in [0, 1].

AER = 1 - (|A & S| + |A & P|) / (|A| + |S|) for predicted links A, sure links S and possible links P, to which the sure
ones belong; without possible links it is 1 - F1. The signature tells precision |A & P| / |A| and recall |A & S| / |S|.
Interval: percentiles of 1000 seeded resamplings of the sentences.
"""

from __future__ import annotations

import numpy as np

from weft.errors import DataError
from weft.metrics._evidence import signature
from weft.metrics._interval import REPLICATES
from weft.metrics._outcomes import Outcomes, estimate, of_sums
from weft.types import AlignmentEvidence, Score

FIELD = "alignments"


def score(evidence: AlignmentEvidence) -> Score:
    """Alignment error rate in [0, 1].

    Raises:
        DataError: no texts, not as many of one kind as of another, or no link at all.
    """
    counted = outcomes(evidence)
    sure_hits, possible_hits, predicted, sure = counted.rows.sum(axis=0)
    if predicted + sure == 0:
        raise DataError(
            "alignment-error-rate: 0 links to measure on, neither predicted nor sure",
            hint="give alignments that hold links",
        )
    value, low, high = estimate(counted)
    n = len(counted.rows)
    signed = signature(
        n=n,
        predicted=int(predicted),
        sure=int(sure),
        possible=sum(len(allowed | needed) for allowed, needed in zip(evidence.possible, evidence.sure, strict=True)),
        precision=_share(possible_hits, predicted),
        recall=_share(sure_hits, sure),
        interval=f"bootstrap{REPLICATES}",
    )
    return Score("alignment-error-rate", value, "share", n, "sentences", low, high, signed, higher_is_better=False)


def outcomes(evidence: AlignmentEvidence) -> Outcomes:
    """|A & S|, |A & P|, |A| and |S| of each sentence."""
    sizes = {kind: len(links) for kind, links in vars(evidence).items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{size:,} {kind}" for kind, size in sizes.items())
        raise DataError(f"alignment-error-rate: {found} alignments", hint="each sentence needs one of each kind")
    if not evidence.predicted:
        raise DataError("alignment-error-rate: 0 texts to measure on", hint="give a file that holds alignments")
    rows = [
        (len(found & sure), len(found & (sure | possible)), len(found), len(sure))
        for found, sure, possible in zip(evidence.predicted, evidence.sure, evidence.possible, strict=True)
    ]
    return of_sums(np.array(rows), _error_rates)


def _error_rates(sums: np.ndarray) -> np.ndarray:
    """Sums [R, 4] -> [R]; 0 where a resampling holds no link: nothing is wrong then."""
    links = sums[:, 2] + sums[:, 3]
    return np.where(links > 0, 1 - (sums[:, 0] + sums[:, 1]) / np.maximum(links, 1), 0.0)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.4f}" if whole else "none"
