"""Which language is this? The classifier, what it is compared on, and where it goes wrong."""

from __future__ import annotations

import csv
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from weft.catalog import METRICS
from weft.demo import rival
from weft.types import LabelEvidence, Score

if TYPE_CHECKING:
    from weft.model import Evaluation

SAMPLE = "languages"
RUN = "languages"
RECIPE = "demo-languages"
SECONDS = 70.0
"""Training ends well after this long, on however slow a machine."""


@dataclass(frozen=True)
class Rows:
    """A part of the sample: the phrases, their languages, and of what kind each is."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Rival:
    """The fitted rival, and the seconds that fitting it took."""

    model: Any
    seconds: float

    def labels(self, texts: Sequence[str]) -> list[str]:
        """Its answers."""
        return [str(label) for label in self.model.predict(list(texts))]


@dataclass(frozen=True)
class Contest:
    """The network and its rival on the same held-out rows.

    Attributes:
        network, rival: accuracy with its interval.
        lead, low, high: the network's accuracy less the rival's, with its 95 % interval (the rows are paired).
        kinds: of each kind of phrase its name, how many, and the accuracy of both.
    """

    network: Score
    rival: Score
    lead: float
    low: float
    high: float
    kinds: tuple[tuple[str, int, float, float], ...]


@dataclass(frozen=True)
class Mixup:
    """Two languages that are taken for one another: how often (both ways), and a phrase it happened to."""

    first: str
    second: str
    times: int
    text: str
    label: str
    taken_for: str


def read_rows(path: Path) -> Rows:
    """The rows of one part."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Rows(*(tuple(row[column] for row in rows) for column in ("text", "label", "kind")))


def fit_rival(rows: Rows) -> Rival:
    """Fit the rival on the training rows."""
    begin = time.perf_counter()
    model = rival.fit(rows.texts, rows.labels)
    return Rival(model, time.perf_counter() - begin)


def compare(answers: Sequence[dict[str, Any]], evaluation: Evaluation, fitted: Rival, test: Rows) -> Contest:
    """Hold the network's answers and the rival's against the test rows."""
    classes = tuple(str(name) for name in fitted.model.classes_)
    gold = np.array([classes.index(label) if label in classes else -1 for label in test.labels])
    evidence = LabelEvidence(classes, gold, fitted.model.predict_proba(list(test.texts)).astype(np.float64))
    ours = np.array([answer["label"] == label for answer, label in zip(answers, test.labels, strict=True)])
    theirs = evidence.probabilities.argmax(axis=1) == gold
    lead = ours.astype(float) - theirs
    reach = 1.96 * float(lead.std()) / math.sqrt(len(lead))
    mean = float(lead.mean())
    return Contest(
        network=next(score for score in evaluation.scores if score.name == "accuracy"),
        rival=METRICS.load("accuracy").score(evidence),
        lead=mean,
        low=mean - reach,
        high=mean + reach,
        kinds=_by_kind(test.kinds, ours, theirs),
    )


def mixups(answers: Sequence[dict[str, Any]], rows: Rows, *, most: int) -> list[Mixup]:
    """The pairs of languages that are confused most often, each with the surest of its wrong answers."""
    wrong = [
        (answer["probability"], text, label, answer["label"])
        for answer, text, label in zip(answers, rows.texts, rows.labels, strict=True)
        if answer["label"] != label
    ]
    pairs = Counter(tuple(sorted((label, taken))) for _, _, label, taken in wrong)
    found = []
    for pair, times in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:most]:
        _, text, label, taken = max(case for case in wrong if tuple(sorted(case[2:])) == pair)
        found.append(Mixup(pair[0], pair[1], times, text, label, taken))
    return found


def _by_kind(kinds: Sequence[str], ours: np.ndarray, theirs: np.ndarray) -> tuple[tuple[str, int, float, float], ...]:
    """Accuracy of both on each kind, the easiest for the network first."""
    names = np.array(kinds)
    rows = []
    for kind in dict.fromkeys(kinds):
        own = names == kind
        rows.append((kind, int(own.sum()), float(ours[own].mean()), float(theirs[own].mean())))
    return tuple(sorted(rows, key=lambda row: -row[2]))
