"""Translators that labs train and measure by the length of the source: texts in parts, what was written."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft import bundle
from weft.api import train_or_stop
from weft.data.corpus import fingerprint
from weft.data.problems import Problems
from weft.data.readers import read_records
from weft.errors import ConfigError, DataError
from weft.labs._contract import LabOptions
from weft.labs._results import Record, ResultsFile
from weft.labs._side_by_side import side_by_side
from weft.metrics import Difference, measure, paired
from weft.model import Model, load
from weft.types import Score, TextEvidence

CHARACTERS, WORDS = "characters", "words"
PARTS = 5
"""Into so many parts of about equal size are texts divided whose lengths were not chosen."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """Texts whose sources are about equally long.

    Attributes:
        shortest, longest: of the sources.
        rows: which texts.
        seen: whether training held sources of these lengths; None where that is not known.
    """

    shortest: int
    longest: int
    rows: tuple[int, ...]
    seen: bool | None = None

    @property
    def name(self) -> str:
        """``5`` or ``5-8``."""
        return str(self.longest) if self.shortest == self.longest else f"{self.shortest}-{self.longest}"


@dataclass(frozen=True)
class Texts:
    """Pairs to be measured on.

    Attributes:
        name: what tables call them.
        pairs: sources and what is wanted for each.
        unit: what lengths count, ``CHARACTERS`` or ``WORDS``.
        metric: what tells how good outputs are.
        parts: by the length of the source, the shortest first.
    """

    name: str
    pairs: tuple[Pair, ...]
    unit: str
    metric: str
    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """Of the pairs."""
        text = "".join(f"{source}\t{target}\n" for source, target in self.pairs)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def evidence(self, written: Sequence[str], rows: Sequence[int]) -> TextEvidence:
        """What is wanted beside what was written, of some rows."""
        return TextEvidence(tuple(self.pairs[row][1] for row in rows), tuple(written[row] for row in rows))

    def score(self, written: Sequence[str], part: Part, metric: str = "") -> Score:
        """How good the outputs of a part are."""
        return measure(metric or self.metric, self.evidence(written, part.rows))

    def difference(self, before: Sequence[str], after: Sequence[str], part: Part) -> Difference:
        """By how much the second outputs of a part are better."""
        return paired(self.metric, self.evidence(before, part.rows), self.evidence(after, part.rows))


@dataclass(frozen=True)
class Job:
    """A translator to train.

    Attributes:
        network: what tables call it.
        recipe: nested plain values, or the name of a built-in one.
        settings: laid over the recipe.
        train, valid: the files of both parts.
        out: the run folder.
        seed: of the training.
    """

    network: str
    recipe: Mapping[str, Any] | str
    train: Path
    valid: Path
    out: Path
    seed: int
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A training, what it is measured on, and a digest of everything that it depends on."""

    job: Job
    texts: Texts
    digest: str

    @property
    def key(self) -> tuple[str, str]:
        """By what its result is found."""
        return self.texts.digest, self.digest


def planned(job: Job, texts: Texts) -> Planned:
    """A job with its digest: of recipe, settings, seed and the content of its files."""
    known = [job.recipe, job.settings, job.seed, list(fingerprint([job.train, job.valid]).values())]
    return Planned(job, texts, hashlib.blake2b(json.dumps(known, sort_keys=True).encode(), digest_size=12).hexdigest())


def key(record: Record) -> tuple[str, str]:
    """By what a result is found: digests of the texts and of the model."""
    return record["digest"], record["model"]


def train_missing(wanted: Sequence[Planned], results: ResultsFile, options: LabOptions) -> None:
    """Train what the results do not hold, side by side, each on one thread, and keep what is written."""
    missing = [each for each in wanted if each.key not in results.records]
    if len(missing) < len(wanted):
        options.progress(f"{len(wanted) - len(missing)} of {len(wanted)} trainings are in {results.path}", None)
    began = time.monotonic()
    for number, record in enumerate(side_by_side(train_and_answer, [(each,) for each in missing], options.threads), 1):
        results.add(record)
        left = (time.monotonic() - began) / number * (len(missing) - number)
        line = f"{record['set']}, seed {record['seed']}, {record['network']}: {record['seconds']:.0f} s of training"
        options.progress(f"{number} of {len(missing)}: {line}", left)


def train_and_answer(wanted: Planned) -> Record:
    """Train, and let the translator answer; plain values for one line of results."""
    job, texts = wanted.job, wanted.texts
    written = answers(train(job), texts)
    known = {"set": texts.name, "digest": texts.digest, "model": wanted.digest}
    return {**known, "network": job.network, "seed": job.seed, **facts(job.out), "written": written}


def train(job: Job) -> Model:
    """Train on one thread, or go on where training stopped.

    Raises:
        RunError: the folder holds a run of something else.
        KeyboardInterrupt: it was stopped.
    """
    files: dict[str, Any] = {"train": job.train, "valid": job.valid, "out": job.out}
    settings = [*job.settings, "training.threads=1"]
    return train_or_stop(job.recipe, **files, settings=settings, seed=job.seed, resume=True)


def facts(run: Path) -> Record:
    """What its training cost: numbers trained, updates, and seconds without those of validation."""
    told = bundle.read_metrics(run)
    validating = sum(line.get("took", 0.0) for line in bundle.read_log(run / bundle.LOG))
    seconds = round(max(0.0, told["seconds"] - validating), 2)
    return {"parameters": told["parameters"], "updates": told["steps"], "seconds": seconds}


def answers(model: Model, texts: Texts) -> list[str]:
    """What a model writes for each source, by its recipe's search."""
    return [str(row["translation"]) for row in model.translate([source for source, _ in texts.pairs])]


def load_translator(run: Path) -> Model:
    """A trained translator.

    Raises:
        ConfigError: it is a run of another task.
        RunError: it is no run.
    """
    model = load(run)
    if model.task.name != "translate":
        raise ConfigError(f"{run} is a run of task {model.task.name!r}; this lab measures translators")
    return model


def texts_of(name: str, files: str | Path) -> Texts:
    """The pairs of a file, in parts of about equal size by the length of the source.

    Lengths are words and the measure is BLEU where a source has white space, else characters and exact matches.

    Args:
        name: what tables call them.
        files: a file with the columns ``source`` and ``target``, or two aligned ones, ``a:b``.
    Raises:
        DataError: the file is missing or holds no pairs.
    """
    columns = {"source": "source", "target": "target"}
    records = read_records([Path(files)], columns, problems=Problems())
    pairs = tuple((str(each.values["source"]), str(each.values["target"])) for each in records)
    pairs = tuple((source, target) for source, target in pairs if source.strip())
    if not pairs:
        raise DataError(f"{files}: no pair with a source")
    spaced = any(len(source.split()) > 1 for source, _ in pairs)
    lengths = [len(source.split()) if spaced else len(source) for source, _ in pairs]
    unit, metric = (WORDS, "bleu") if spaced else (CHARACTERS, "exact-match")
    return Texts(name, pairs, unit, metric, parts_by_length(lengths))


def parts_by_length(lengths: Sequence[int]) -> tuple[Part, ...]:
    """At most ``PARTS`` parts of about equal size; texts of one length stay together."""
    ordered = sorted(range(len(lengths)), key=lambda row: lengths[row])
    cuts = {lengths[ordered[len(ordered) * number // PARTS]] for number in range(1, PARTS)}
    edges = [*sorted(cuts - {lengths[ordered[0]]}), math.inf]
    parts, low = [], -math.inf
    for edge in edges:
        rows = [row for row in ordered if low <= lengths[row] < edge]
        if rows:
            parts.append(Part(lengths[rows[0]], lengths[rows[-1]], tuple(sorted(rows))))
        low = edge
    return tuple(parts)


def apart(first: Difference, second: Difference) -> tuple[float, float, float]:
    """The second difference less the first, of other texts, with its 95 % interval.

    The interval is that of G. Zou and A. Donner, "Construction of confidence limits about effect measures", Statistics
    in Medicine 27 (2008), from the two intervals.
    """
    value = second.value - first.value
    low = value - math.hypot(second.value - second.low, first.high - first.value)
    high = value + math.hypot(second.high - second.value, first.value - first.low)
    return value, low, high
