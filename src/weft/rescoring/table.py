"""What the runs say of every hypothesis, as arrays that tuning and ranking work on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from weft.errors import RunError
from weft.metrics import word_errors
from weft.rescoring.form import AS_IT_CAME, Form
from weft.rescoring.lists import NBest

T = TypeVar("T")


class Scores(Protocol):
    """A language model: ``weft.model.Model`` is one."""

    def score(self, texts: Sequence[str], /) -> list[dict[str, Any]]:
        """``{"logp", "unknown", ...}`` a text."""


@dataclass(frozen=True)
class Table:
    """N lists of up to H hypotheses; a shorter list is filled with copies of its first.

    Attributes:
        own: float64 [N, H], the scores they came with.
        features: float64 [N, H, K]: of each run in turn log p of the text in nats and how many of its symbols are
            unknown to the run; then the number of words.
    """

    own: np.ndarray
    features: np.ndarray

    @property
    def logp(self) -> np.ndarray:
        """log p of every hypothesis by each run, float64 [N, H, R]."""
        return self.features[:, :, :-1:2]

    def rows(self, places: Sequence[int]) -> Table:
        """Some of the lists."""
        return Table(self.own[places], self.features[places])

    def by_runs(self, places: Sequence[int]) -> Table:
        """What some of the runs say, and the number of words."""
        columns = [column for place in places for column in (2 * place, 2 * place + 1)]
        return Table(self.own, self.features[:, :, [*columns, -1]])


def tabulate(lists: Sequence[NBest], runs: Mapping[str, Scores], form: Form, say: Callable[[str], None]) -> Table:
    """Score every hypothesis with every run, each distinct text once.

    Args:
        runs: by name.
        form: what is done to the texts before the runs read them; words are counted as they came.
        say: takes a line of talk for each run.
    Raises:
        RunError: a run gives a text no finite log-probability.
    """
    width = max(len(one.texts) for one in lists)
    texts = [filled(one.texts, width) for one in lists]
    forms = {text: form.apply(text) for row in texts for text in row}
    distinct = sorted(set(forms.values()), key=len)
    columns = []
    for name, run in runs.items():
        say(f"{name} scores {len(distinct):,} texts")
        said = {text: _checked(name, text, row) for text, row in zip(distinct, run.score(distinct), strict=True)}
        columns += [[[said[forms[text]][part] for text in row] for row in texts] for part in ("logp", "unknown")]
    columns.append([[len(text.split()) for text in row] for row in texts])
    return Table(
        own=np.array([filled(one.scores, width) for one in lists]),
        features=np.stack([np.array(column, dtype=np.float64) for column in columns], axis=2),
    )


def word_error_table(lists: Sequence[NBest], table: Table, form: Form = AS_IT_CAME) -> np.ndarray:
    """Word errors of every hypothesis, int64 [N, H], both sides in this form; every list has its reference."""
    width = table.own.shape[1]
    references = [text for one in lists for text in [form.apply(one.reference or "")] * width]
    texts = [text for one in lists for text in filled([*map(form.apply, one.texts)], width)]
    return word_errors(references, texts).errors.reshape(table.own.shape)


def filled(values: Sequence[T], width: int) -> list[T]:
    """So many values: the first one again where there are fewer."""
    return [*values, *[values[0]] * (width - len(values))]


def _checked(name: str, text: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    if not math.isfinite(row["logp"]):
        raise RunError(
            f"run {name} gives the text {text[:40]!r} the log-probability {row['logp']}",
            hint="a network diverged in training, or an n-gram model knows no unknown symbol: take another run",
        )
    return row
