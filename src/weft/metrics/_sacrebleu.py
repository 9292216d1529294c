"""sacrebleu's measures, its statistics of each sentence and its scores of their sums; imported when one is measured.

Nothing of BLEU, chrF or TER is computed here, so a score is the one that sacrebleu's own command gives. Its bootstrap
would score a thousand corpora sentence by sentence; sums of the sentences' statistics give the same in a moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from weft.metrics._evidence import check_texts, signature
from weft.metrics._interval import REPLICATES
from weft.metrics._outcomes import Outcomes, estimate, of_sums
from weft.types import Score, TextEvidence

REMEMBERED = 8
"""Texts whose statistics are kept: a comparison asks for them again, and TER takes seconds."""


class _Counting(Metric):
    """What every measure of sacrebleu can do, said to outsiders."""

    def counts(self, references: tuple[str, ...], hypotheses: tuple[str, ...]) -> np.ndarray:
        """Statistics of each sentence, float64 [N, S]."""
        return np.array(self._extract_corpus_statistics(hypotheses, [references]), dtype=np.float64)

    def values(self, sums: np.ndarray) -> np.ndarray:
        """Sums of statistics, float [R, S] -> the scores of such corpora, float64 [R]."""
        return np.array([self._compute_score_from_stats(row).score for row in sums.tolist()])

    def settings(self, sums: np.ndarray) -> Mapping[str, str]:
        """sacrebleu's name of the measure and the parts of its signature, once something was counted."""
        name = self._compute_score_from_stats(sums.tolist()).name
        return {"sacrebleu": name, **dict(part.split(":", 1) for part in str(self.get_signature()).split("|"))}


class _Bleu(BLEU, _Counting):
    pass


class _Chrf(CHRF, _Counting):
    pass


class _Ter(TER, _Counting):
    pass


def _made(name: str) -> _Counting:
    """The measure of a name in ``metrics/``, in sacrebleu's default settings."""
    if name == "chrf":
        return _Chrf()
    if name == "ter":
        return _Ter()
    # `force` says no more than that texts which look tokenized are no reason to complain on standard error
    return _Bleu(lowercase=name == "bleu-lowercased", force=True)


def sacrebleu_score(name: str, evidence: TextEvidence, unit: str, *, higher_is_better: bool = True) -> Score:
    """A score of sacrebleu, its interval by bootstrap over the sentences, its signature inside ours.

    Raises:
        DataError: no texts.
    """
    value, low, high = estimate(sacrebleu_outcomes(name, evidence))
    n = len(evidence.references)
    counts, settings = _counted(name, evidence.references, evidence.hypotheses)
    written, wanted = counts[:, :2].sum(axis=0)
    # how long the texts are beside their references, of which BLEU's penalty of brevity speaks
    ratio = {"ratio": f"{written / max(wanted, 1):.3f}"} if name.startswith("bleu") else {}
    signed = signature(n=n, **settings, **ratio, interval=f"bootstrap{REPLICATES}")
    return Score(name, value, unit, n, "sentences", low, high, signed, higher_is_better)


def sacrebleu_outcomes(name: str, evidence: TextEvidence) -> Outcomes:
    """sacrebleu's statistics of each sentence."""
    check_texts(evidence, name)
    counts, _ = _counted(name, evidence.references, evidence.hypotheses)
    return of_sums(counts, _made(name).values)


@lru_cache(maxsize=REMEMBERED)
def _counted(
    name: str, references: tuple[str, ...], hypotheses: tuple[str, ...]
) -> tuple[np.ndarray, Mapping[str, str]]:
    """Statistics of each sentence, float64 [N, S], and the parts of sacrebleu's signature."""
    metric = _made(name)
    counts = metric.counts(references, hypotheses)
    counts.setflags(write=False)
    return counts, metric.settings(counts.sum(axis=0))
