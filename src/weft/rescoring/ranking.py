"""Lists in their new order, and what that did to the word error rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from weft.metrics import error_rate, measure
from weft.rescoring.form import AS_IT_CAME, Form
from weft.rescoring.lists import NBest
from weft.rescoring.table import Table, word_error_table
from weft.rescoring.weights import Weights
from weft.types import Score, TextEvidence


@dataclass(frozen=True)
class Ranked:
    """One list, re-ranked.

    Attributes:
        nbest: as it was read.
        order: places of the hypotheses, the best first; of equally good ones the earlier.
        scores: float [H], the new scores by place.
        logp: float [H, R], what each run said of them.
        before: place of the one with the highest score of its own, the first of equals.
    """

    nbest: NBest
    order: tuple[int, ...]
    scores: np.ndarray
    logp: np.ndarray
    before: int

    @property
    def after(self) -> int:
        """Place of the best one."""
        return self.order[0]

    def to_json(self) -> dict[str, Any]:
        """The object as it came, its hypotheses in the new order: ``score`` is the new one, ``own_score`` the one they
        came with, ``logp`` what each run said."""
        return {**self.nbest.row, "nbest": list(self._entries())}

    def _entries(self) -> Iterator[dict[str, Any]]:
        entries = self.nbest.row["nbest"]
        for place in self.order:
            said = {"own_score": self.nbest.scores[place], "logp": [float(value) for value in self.logp[place]]}
            yield {**entries[place], "score": float(self.scores[place]), **said}


@dataclass(frozen=True)
class Outcome:
    """What re-ranking did.

    Attributes:
        lists, hypotheses, changed: how many lists and hypotheses there are, and how many lists got another text on top.
        measured: lists with a reference, on which the rest was measured, if any reference has a word.
        form: what was done to hypotheses and references before errors were counted.
        before, after, oracle: word error rates: as the recogniser ranked, re-ranked, and of the best in each list.
        change: rise of the rate (negative: fall) with its 95 % interval (paired bootstrap over sentences).
        closed: share of the way from before to the oracle that was gone, with its interval.
    """

    lists: int
    hypotheses: int
    changed: int
    measured: int = 0
    form: Form = AS_IT_CAME
    before: Score | None = None
    after: Score | None = None
    oracle: Score | None = None
    change: tuple[float, float, float] | None = None
    closed: tuple[float, float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        values = dict(vars(self))
        scores = {name: value.to_json() for name, value in values.items() if isinstance(value, Score)}
        return values | scores | {"form": dict(vars(self.form))}


def rank(lists: Sequence[NBest], table: Table, weights: Weights) -> list[Ranked]:
    """Order every list by the combination."""
    totals = table.own + table.features @ weights.vector
    ranked = []
    for number, nbest in enumerate(lists):
        size = len(nbest.texts)
        order = np.argsort(-totals[number, :size], kind="stable")
        before = int(np.argmax(table.own[number, :size]))
        scores, logp = totals[number, :size], table.logp[number, :size]
        ranked.append(Ranked(nbest, tuple(order.tolist()), scores, logp, before))
    return ranked


def outcome(ranked: Sequence[Ranked], table: Table, form: Form = AS_IT_CAME) -> Outcome:
    """Measure the new order; without any word in a reference only what changed is counted.

    Args:
        ranked: the lists.
        table: what they were ranked by.
        form: what is done to hypotheses and references before errors are counted.
    """
    texts = [(row.nbest.texts[row.before], row.nbest.texts[row.after]) for row in ranked]
    hypotheses = sum(len(row.nbest.texts) for row in ranked)
    known = [number for number, row in enumerate(ranked) if row.nbest.reference is not None]
    changed = sum(first != second for first, second in texts)
    counted = Outcome(len(ranked), hypotheses, changed, measured=len(known), form=form)
    if not any(form.apply(ranked[number].nbest.reference or "").split() for number in known):
        return counted
    return _measured(counted, [ranked[number] for number in known], table.rows(known))


def _measured(counted: Outcome, ranked: Sequence[Ranked], table: Table) -> Outcome:
    apply = counted.form.apply
    errors = word_error_table([row.nbest for row in ranked], table, counted.form)
    references = tuple(apply(row.nbest.reference or "") for row in ranked)
    words = np.array([len(reference.split()) for reference in references])
    rows = np.arange(len(ranked))
    places = {
        "before": np.array([row.before for row in ranked]),
        "after": np.array([row.after for row in ranked]),
        "oracle": errors.argmin(axis=1),
    }
    before, after, oracle = (errors[rows, place] for place in places.values())
    gap = before - oracle
    rates: dict[str, Any] = {}
    for name, chosen in places.items():
        texts = tuple(apply(row.nbest.texts[place]) for row, place in zip(ranked, chosen.tolist(), strict=True))
        rates[name] = measure("word-error-rate", TextEvidence(references, texts))
    return replace(
        counted,
        **rates,
        change=error_rate(after - before, words),
        closed=error_rate(before - after, gap) if gap.sum() else None,
    )
