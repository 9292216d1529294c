"""Measuring a model: a task's evidence on files, made into scores, and again without texts it was trained on."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import nn

from weft.adaptation import Variant
from weft.bundle import Origin
from weft.config import Recipe
from weft.data.overlap import Overlap, find_overlap
from weft.data.problems import Problems
from weft.data.readers import Record, read_records
from weft.errors import DataError, RunError
from weft.metrics import ClassRow, confusion, measure, per_class
from weft.types import Evidence, LabelEvidence, Place, Score, Task, Vocabulary

SHORTEST_LINE = 4
"""Words from which on a line of a stream counts as a leak. Shorter ones recur by chance: names of speakers, "Yes.". A
classifier's texts count however short they are, for a label was learned with each."""

PLACES_SHOWN = 5
NAME_THEM = "name the training files: weft evaluate RUN FILE --against TRAIN_FILE"


@dataclass(frozen=True)
class Leaks:
    """Texts of the test that stand in the training data, and what is measured without them.

    Attributes:
        overlap: which texts those are, exactly or nearly the same.
        against: names of the files they were looked for in.
        unit: what a text is called, "line" or "text".
        rest: the evaluation without them; None where none was found, or nothing is left.
    """

    overlap: Overlap
    against: tuple[str, ...]
    unit: str
    rest: Evaluation | None = None

    def sentences(self) -> Iterator[str]:
        """What was found, for a person."""
        found, texts, where = self.overlap.found, self.overlap.texts, ", ".join(self.against)
        if not found:
            yield f"none of {_counted(texts, self.unit)} stands in the training data ({where})"
        else:
            exact, near = len(self.overlap.exact), len(self.overlap.near)
            stand = "stands" if found == 1 else "stand"
            yield (
                f"{found:,} of {_counted(texts, self.unit)} {stand} in the training data ({where}), {exact:,} exactly "
                f"and {near:,} nearly: {self._first()}"
            )
            if self.rest is None:
                yield "nothing is left to measure without them"
        if self.overlap.short:
            yield (
                f"left out of this count: {_counted(self.overlap.short, self.unit)} of fewer than {SHORTEST_LINE} "
                "words that recur as well, as so short ones do by chance"
            )
        if self.overlap.repeated:
            repeat = "repeats" if self.overlap.repeated == 1 else "repeat"
            yield f"{_counted(self.overlap.repeated, self.unit)} {repeat} an earlier one of the test"

    def to_json(self) -> dict[str, Any]:
        """Plain values: counts, the first places, and the scores of the rest (None where there is none)."""
        rest = self.rest.to_json() if self.rest is not None else {}
        places = [{"file": path, "line": line} for path, line in self._places()]
        return {
            "against": list(self.against),
            f"{self.unit}s": self.overlap.texts,
            "exact": len(self.overlap.exact),
            "near": len(self.overlap.near),
            "short": self.overlap.short,
            "repeated": self.overlap.repeated,
            "first": places,
            **{key: rest.get(key) for key in ("scores", "classes", "confusion")},
        }

    def _places(self) -> list[Place]:
        return sorted((*self.overlap.exact, *self.overlap.near))[:PLACES_SHOWN]

    def _first(self) -> str:
        places = [f"{Path(path).name}:{line}" for path, line in self._places()]
        return ", ".join(places) + (", …" if self.overlap.found > len(places) else "")


@dataclass(frozen=True)
class Evaluation:
    """What ``evaluate`` measured.

    Attributes:
        scores: every metric of the task with n, interval and signature.
        classes: precision, recall and F1 of each class (classifiers).
        confusion: int64 [C, C], rows gold, columns predicted, with one more row for labels the model does not know
            where there are any; None when multi-label.
        notes: what was odd in the file.
        leaks: texts that stand in the training data; None where they were not looked for.
        variants: the same text measured by a model that learns on its way, where that was asked for.
    """

    scores: tuple[Score, ...]
    classes: tuple[ClassRow, ...] = ()
    confusion: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    leaks: Leaks | None = None
    variants: tuple[Variant, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "scores": [score.to_json() for score in self.scores],
            "classes": [dict(vars(row)) for row in self.classes],
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "notes": list(self.notes),
            "without_leaks": None if self.leaks is None else self.leaks.to_json(),
            "variants": [variant.to_json() for variant in self.variants],
        }


class Trained(Protocol):
    """What is measured; ``weft.model.Model`` is one."""

    config: Recipe
    task: Task
    vocabulary: Vocabulary
    module: nn.Module
    run: Path | None


def evaluate(
    model: Trained, files: Sequence[Path], *, against: Sequence[Path] | None = None, leaks: bool = True
) -> Evaluation:
    """Measure a model on labelled texts or plain text; see ``Model.evaluate``."""
    found, unknown = _look(model, files, against) if leaks else (None, "")
    plain = _measured(model, files)
    if found is not None and 0 < found.overlap.found < found.overlap.texts:
        found = replace(found, rest=_rest(model, files, found.overlap))
    notes = (f"not checked for texts of the training data: {unknown}",) if unknown else ()
    return replace(plain, notes=(*plain.notes, *notes), leaks=found)


def _look(model: Trained, files: Sequence[Path], against: Sequence[Path] | None) -> tuple[Leaks | None, str]:
    """The test compared with the texts it should not hold, or why nobody can."""
    if Path("-") in files:
        return None, "standard input comes only once; write it to a file first"
    names: Sequence[Path]
    training: Iterator[str]
    if against is not None:
        names, training = against, (record.values["text"] for record in _read(model, against, model.task.fields[:1]))
    else:
        try:
            names, training = _own_training(model)
        except (RunError, DataError) as error:
            return None, "; ".join(filter(None, (str(error), error.hint)))
    test = _read(model, files, model.task.fields)
    overlap = find_overlap(test, training, shortest=SHORTEST_LINE if model.task.in_step else 1)
    return Leaks(overlap, tuple(path.name for path in names), "line" if model.task.in_step else "text"), ""


def _own_training(model: Trained) -> tuple[Sequence[Path], Iterator[str]]:
    """The files of the run's training part and its texts.

    Raises:
        RunError, DataError: they are not known, not there any more, or not the same.
    """
    if model.run is None:
        raise RunError("this model has no run folder that says where its training texts are", hint=NAME_THEM)
    origin = Origin.read(model.run, what="training texts", hint=NAME_THEM)
    origin.check(origin.files.train)
    return origin.files.train, model.task.train_texts(origin.files, model.config)


def _read(model: Trained, files: Sequence[Path], fields: Sequence[str]) -> Iterator[Record]:
    """What the model is given to read, the first of the fields, where it is text: a column may hold lists."""
    data: Any = model.config
    columns = {field: getattr(data.data, field) for field in fields}
    for record in read_records(files, columns, quoting=data.data.quoting, problems=Problems()):
        text = record.values[fields[0]]
        if isinstance(text, str):
            yield Record(record.path, record.line, {"text": text})


def _rest(model: Trained, files: Sequence[Path], overlap: Overlap) -> Evaluation | None:
    """The evaluation without what was found; None when what is left holds no symbol."""
    try:
        return _measured(model, files, without={*overlap.exact, *overlap.near})
    except DataError:
        return None


def gather(model: Trained, files: Sequence[Path], without: Collection[Place] = ()) -> tuple[Evidence, tuple[str, ...]]:
    """What the model says of files, but for the records ``without``, for any of its measures; and what was odd."""
    with tempfile.TemporaryDirectory(prefix="weft-") as work:
        feed, notes = model.task.read(files, model.config, model.vocabulary, Path(work), without=without)
        return model.task.evidence(model.module, feed, model.vocabulary), notes


def _measured(model: Trained, files: Sequence[Path], without: Collection[Place] = ()) -> Evaluation:
    evidence, notes = gather(model, files, without)
    scores = tuple(measure(name, evidence) for name in model.task.measures(model.config))
    if not isinstance(evidence, LabelEvidence):
        return Evaluation(scores, notes=notes)
    table = None if evidence.multi_label else confusion(evidence)
    return Evaluation(scores, tuple(per_class(evidence)), table, notes)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
