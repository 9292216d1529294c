"""Runs measured on the same texts: how far each is from the first, and how much of that is chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.catalog import METRICS
from weft.errors import ConfigError, DataError
from weft.evaluation import Trained, gather
from weft.metrics import Difference, measure, paired, unlike
from weft.types import Evidence, LikelihoodEvidence, Score, TranslationEvidence


@dataclass(frozen=True)
class Compared:
    """One run in one measure.

    Attributes:
        run: its name.
        score: what it reaches.
        difference: how far it is from the first run; None for that run itself, and where the two cannot be paired.
    """

    run: str
    score: Score
    difference: Difference | None = None

    @property
    def verdict(self) -> str:
        """Than the first run: "better", "worse", or "chance" where that may explain the difference; "" without one."""
        if self.difference is None:
            return ""
        if not self.difference.real:
            return "chance"
        return "better" if (self.difference.value > 0) == self.score.higher_is_better else "worse"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        difference = None if self.difference is None else self.difference.to_json()
        return {"run": self.run, "score": self.score.to_json(), "difference": difference, "verdict": self.verdict}


@dataclass(frozen=True)
class Comparison:
    """What ``compare`` found.

    Attributes:
        measures: the measures that all runs share, each with all runs, in the order in which they were given.
        notes: what was odd in the files, and what could not be paired.
    """

    measures: tuple[tuple[Compared, ...], ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        measures = {runs[0].score.name: [run.to_json() for run in runs] for runs in self.measures}
        return {"measures": measures, "notes": list(self.notes)}


@dataclass(frozen=True)
class _Answer:
    """What one run said of the files."""

    run: str
    evidence: Evidence
    measures: tuple[str, ...]
    notes: tuple[str, ...]


def compare(models: Iterable[tuple[str, Trained]], files: Sequence[Path]) -> Comparison:
    """Measure runs on the same files and hold each against the first by paired bootstrap over the texts (Koehn 2004).

    Args:
        models: names and models, two or more; one is asked for when the one before is done with, and may be forgotten.
        files: what to measure on, read by every run as its own recipe says.
    Raises:
        ConfigError: fewer than two runs, or they share no measure.
        DataError: the runs do not find the same labels or references in the files.
    """
    if Path("-") in files:
        raise DataError(
            "every run reads the texts for itself, and standard input ('-') comes only once",
            hint="write it to a file first",
        )
    answers = [_answer(run, model, files) for run, model in models]
    if len(answers) < 2:
        raise ConfigError(f"a comparison needs two runs or more, got {len(answers)}")
    shared = _shared(answers)
    notes = dict.fromkeys([*(note for answer in answers for note in answer.notes), *_unknown(answers)])
    measures = []
    for name in shared:
        runs, unpaired = _in_one(name, answers)
        measures.append(runs)
        notes |= dict.fromkeys(unpaired)
    return Comparison(tuple(measures), tuple(notes))


def _answer(run: str, model: Trained, files: Sequence[Path]) -> _Answer:
    evidence, notes = gather(model, files)
    return _Answer(run, evidence, model.task.measures(model.config), notes)


def _shared(answers: Sequence[_Answer]) -> list[str]:
    """The measures of all runs, in the order of the first.

    Raises:
        ConfigError: there is none.
    """
    first, *others = answers
    shared = [name for name in first.measures if all(name in other.measures for other in others)]
    if not shared:
        kinds = "; ".join(f"{answer.run}: {', '.join(answer.measures)}" for answer in answers)
        raise ConfigError(f"the runs share no measure ({kinds})", hint="compare runs of the same task")
    return shared


def _unknown(answers: Sequence[_Answer]) -> list[str]:
    """A warning where the runs do not know equally many symbols of the text."""
    parts = [answer.evidence for answer in answers]
    parts = [part.likelihood if isinstance(part, TranslationEvidence) else part for part in parts]
    counts = [part.unknown for part in parts if isinstance(part, LikelihoodEvidence)]
    if len(set(counts)) < 2:
        return []
    each = ", ".join(f"{answer.run} {count:,}" for answer, count in zip(answers, counts, strict=True))
    return [f"symbols scored as unknown: {each}; likelihood favours the run that knows fewer"]


def _in_one(name: str, answers: Sequence[_Answer]) -> tuple[tuple[Compared, ...], list[str]]:
    """All runs in one measure, and why some could not be paired with the first."""
    first, *others = answers
    runs, notes = [Compared(first.run, measure(name, first.evidence))], []
    for other in others:
        why = _unpaired(name, first, other)
        notes += [f"{other.run} and {first.run} {why}"] if why else []
        difference = None if why else paired(name, first.evidence, other.evidence)
        runs.append(Compared(other.run, measure(name, other.evidence), difference))
    return tuple(runs), notes


def _unpaired(name: str, first: _Answer, other: _Answer) -> str:
    """Why two runs' numbers stand side by side without a difference; "" where they can be paired.

    Raises:
        DataError: they were not measured on the same labels or references, so nothing can be said at all.
    """
    module = METRICS.load(name)
    if not hasattr(module, "outcomes"):
        return f"have no difference in {name}, which is not computed from one outcome a text"
    why = unlike(name, first.evidence, other.evidence)
    if why and module.FIELD != "likelihood":
        raise DataError(
            f"{other.run} and {first.run} were not measured on the same texts: {why}",
            hint="recipes that read a file differently (columns, case, left-out texts) give numbers apart",
        )
    return f"cannot be paired in likelihood: {why}" if why else ""
