"""Task ``classify``: texts with labels in, calibrated probabilities out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from weft.data.batching import BucketedFeed, pad
from weft.data.codec import Codec
from weft.data.corpus import Ragged, fingerprint
from weft.data.labels import Labels
from weft.data.problems import Problems
from weft.data.readers import Record, read_records
from weft.data.splitting import held_out
from weft.errors import DataError, RunError
from weft.metrics import calibration_error, fit_temperature
from weft.nn.losses import label_loss, multi_label_loss
from weft.tasks.classify.config import Config
from weft.tasks.classify.model import Classifier
from weft.types import (
    WAYS_IN_PIECES,
    WAYS_OF_RUNNING,
    Batch,
    Data,
    Feed,
    Files,
    LabelEvidence,
    Loss,
    Place,
    State,
)

CALIBRATION_TEXTS = 50
"""Fewer validation texts say too little: a handful that happens to be wrong would flatten every probability."""


@dataclass(frozen=True)
class ClassifyVocabulary:
    """Symbols of the text and names of the classes; ``labels`` is None only between ``adopt`` and ``prepare``."""

    text: Codec
    labels: Labels | None

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``vocabulary.json``."""
        return {"text": self.text.to_json(), "labels": self.known.to_json()}

    @property
    def known(self) -> Labels:
        """The classes."""
        if self.labels is None:
            raise RunError("this vocabulary holds no labels: it was not made by a classifier")
        return self.labels


class ClassifyTask:
    """Many to one; see ``weft.types.Task`` for what each member promises."""

    name = "classify"
    fields = ("text", "label")
    decision = "label"
    in_step = False

    def measures(self, config: Config) -> tuple[str, ...]:
        """Accuracy first; with several labels a text micro-F1, since the exact set of labels is a hard measure."""
        first = ("micro-f1", "accuracy") if config.head.multi_label else ("accuracy",)
        return (*first, "macro-f1", "log-loss", "calibration-error")

    def prepare(self, files: Files, config: Config, work: Path, vocabulary: ClassifyVocabulary | None = None) -> Data:
        """Read the parts; without a validation file, equal texts stay on one side of the held-out share."""
        text = vocabulary.text if vocabulary else self._learn_text(files, config)
        labels = vocabulary.labels if vocabulary and vocabulary.labels else self._learn_labels(files, config)
        if len(labels.names) < 2 and not config.head.multi_label:
            raise DataError(
                f"{_names(files.train)}: every training text has the label {labels.names[0]!r}; "
                "a classifier needs at least two",
                hint="check the label column: --set data.label=NAME",
            )
        complete = ClassifyVocabulary(text, labels)
        problems, seen = Problems(), Problems()
        train = self._number(_part(files, config, problems, train=True), config, complete, work / "train", problems)
        valid = self._number(
            _part(files, config, seen if not files.valid else problems, train=False),
            config,
            complete,
            work / "valid",
            problems,
        )
        if not files.valid and not len(valid[0]):
            raise DataError(
                f"{_names(files.train)}: {len(train[0])} text(s) are too few to hold some out for validation",
                hint="give a validation file with --valid, or a larger data.valid_fraction",
            )
        size, seed = config.training.batch_size, config.training.seed
        return Data(
            train=BucketedFeed(*train, batch_size=size, seed=seed, shuffle=True),
            valid=BucketedFeed(*valid, batch_size=size, seed=seed, shuffle=False),
            vocabulary=complete,
            notes=tuple(problems.notes()),
            sources=fingerprint([*files.train, *files.valid]),
        )

    def read(
        self,
        files: Sequence[Path],
        config: Config,
        vocabulary: ClassifyVocabulary,
        work: Path,
        *,
        without: Collection[Place] = (),
    ) -> tuple[Feed, tuple[str, ...]]:
        """Number labelled texts with the run's vocabulary; a label that training never saw counts as wrong."""
        problems = Problems()
        records = _records(files, config, problems, without=without)
        rows, targets = self._number(records, config, vocabulary, work / "read", problems)
        feed = BucketedFeed(rows, targets, batch_size=config.training.batch_size, seed=0, shuffle=False)
        return feed, tuple(problems.notes())

    def vocabulary_from_json(self, values: Mapping[str, Any]) -> ClassifyVocabulary:
        """Read ``vocabulary.json`` back."""
        if "text" not in values or "labels" not in values:
            raise RunError(f"vocabulary.json of a classifier needs 'text' and 'labels', got {sorted(values)}")
        return ClassifyVocabulary(Codec.from_json(values["text"]), Labels.from_json(values["labels"]))

    def adopt(self, values: Mapping[str, Any]) -> ClassifyVocabulary:
        """Keep the symbols of another run; the labels are learned anew."""
        if "text" not in values:
            raise RunError(f"the run to start from has no text vocabulary, only {sorted(values)}")
        return ClassifyVocabulary(Codec.from_json(values["text"]), None)

    def build(self, config: Config, vocabulary: ClassifyVocabulary, parts: Mapping[str, Any]) -> Classifier:
        """The network with fresh parameters."""
        weights = _class_weights(vocabulary.known, config)
        return Classifier(config, symbols=vocabulary.text.size, class_weights=weights)

    def loss(self, module: Classifier, batch: Batch, state: State | None) -> Loss:
        """Cross-entropy in nats a text (a class when multi-label), summed."""
        assert batch.targets is not None
        compute = multi_label_loss if module.multi_label else label_loss
        total, count = compute(module(batch.ids, batch.lengths), batch.targets, module.class_weights)
        return Loss(total, count)

    def evidence(self, module: Classifier, feed: Feed, vocabulary: ClassifyVocabulary) -> LabelEvidence:
        """Probabilities of every text of a labelled feed, in source order."""
        return _stated(module, *_run(module, feed), vocabulary)

    def finish(self, module: Classifier, feed: Feed, vocabulary: ClassifyVocabulary) -> dict[str, Any]:
        """Calibrate the probabilities on the validation part, if large enough (one temperature, Guo et al. 2017)."""
        logits, gold = _run(module, feed)
        if len(gold) < CALIBRATION_TEXTS:
            return {"calibration": f"left out: {len(gold)} validation texts, {CALIBRATION_TEXTS} are needed"}
        before = _stated(module, logits, gold, vocabulary)
        module.temperature.fill_(fit_temperature(logits.double().numpy(), gold))
        after = _stated(module, logits, gold, vocabulary)
        return {
            "temperature": float(module.temperature),
            "calibration_error_before": calibration_error.score(before).value,
            "calibration_error_after": calibration_error.score(after).value,
        }

    def predict(
        self, module: Classifier, vocabulary: ClassifyVocabulary, texts: Sequence[str], *, alternatives: int, first: int
    ) -> list[dict[str, Any]]:
        """Label, probability and the next best classes of each text; all labels above one half when multi-label."""
        encoded = [_encode(text, place, vocabulary.text) for place, text in enumerate(texts, first)]
        ids, lengths = pad([row[: module.max_length] for row in encoded])
        with torch.inference_mode():
            logits = module(ids.to(module.temperature.device), lengths)
            probabilities = module.probabilities(logits).cpu().numpy()
        names = vocabulary.known.names
        if module.multi_label:
            answers = [_several(row, names) for row in probabilities]
        else:
            answers = [_one(row, names, alternatives) for row in probabilities]
        for row, whole in zip(answers, encoded, strict=True):
            if len(whole) > module.max_length:
                row["cut_at"] = module.max_length
        return answers

    def encode(self, config: Config, vocabulary: ClassifyVocabulary, text: str) -> np.ndarray:
        """The text's numbers up to ``data.max_length``."""
        return vocabulary.text.encode(text)[: config.data.max_length].astype(np.int64)

    def train_texts(self, files: Files, config: Config) -> Iterator[str]:
        """Texts of the training files, less the held-out share where there is one."""
        return (record.values["text"] for record in _part(files, config, Problems(), train=True))

    def valid_texts(self, files: Files, config: Config) -> Iterator[str]:
        """Texts of the validation files, or of the held-out share."""
        return (record.values["text"] for record in _part(files, config, Problems(), train=False))

    def decide(self, module: Classifier, y: Tensor, lengths: Tensor) -> list[Tensor]:
        """log p of every class, calibrated as in ``predict``; yes and no of each class when multi-label."""
        logp = module.log_probabilities(y)
        return list(logp) if module.multi_label else list(logp.unsqueeze(1))

    def ways(self, config: Config) -> Mapping[str, str]:
        """Every way but those in pieces, which a bidirectional encoder cannot go."""
        both = "the encoder is bidirectional: its reverse direction starts at the text's end, so it cannot stream"
        pieces = dict.fromkeys(WAYS_IN_PIECES, both if config.encoder.bidirectional else "")
        return dict.fromkeys(WAYS_OF_RUNNING, "") | pieces

    def tiny(self) -> dict[str, Any]:
        """Two updates of a network of four units."""
        return {
            "embedding": {"size": 4},
            "encoder": {"hidden": 4, "layers": 1},
            "training": {"max_steps": 2, "batch_size": 4, "epochs": 1, "threads": 1},
        }

    def _learn_text(self, files: Files, config: Config) -> Codec:
        texts = (record.values["text"] for record in _part(files, config, Problems(), train=True))
        return Codec.learn(texts, config.data, end=False)

    def _learn_labels(self, files: Files, config: Config) -> Labels:
        records = _part(files, config, Problems(), train=True)
        return Labels.learn(name for record in records for name in record.values["labels"])

    def _number(
        self,
        records: Iterable[Record],
        config: Config,
        vocabulary: ClassifyVocabulary,
        path: Path,
        problems: Problems,
    ) -> tuple[Ragged, np.ndarray]:
        """Numbered texts, and targets int64 [N] or float32 [N, C]."""
        targets: list[Any] = []

        def numbered() -> Iterator[np.ndarray]:
            for record in records:
                ids = vocabulary.text.encode(record.values["text"])
                if not len(ids):
                    problems.add("empty-text", record.path, record.line)
                    continue
                if len(ids) > config.data.max_length:
                    limit = config.data.max_length
                    problems.add("cut-text", record.path, record.line, f"data.max_length = {limit} symbols")
                targets.append(_target(record, vocabulary.known, config.head.multi_label, problems))
                yield ids[: config.data.max_length]

        rows = Ragged.write(numbered(), path, vocabulary.text.dtype)
        return rows, np.array(targets, dtype=np.float32 if config.head.multi_label else np.int64)


task = ClassifyTask()


def _records(
    paths: Sequence[Path], config: Config, problems: Problems, *, without: Collection[Place] = ()
) -> Iterator[Record]:
    """Records with a text and ``labels`` (a list); those without are counted and left out."""
    columns = {"text": config.data.text, "label": config.data.label}
    for record in read_records(paths, columns, quoting=config.data.quoting, problems=problems, without=without):
        labels = _label_list(record.values["label"], config)
        if not record.values["text"].strip():
            problems.add("empty-text", record.path, record.line)
        elif not labels and not config.head.multi_label:
            problems.add("empty-label", record.path, record.line)
        else:
            yield Record(record.path, record.line, {"text": record.values["text"], "labels": labels})


def _label_list(value: Any, config: Config) -> list[str]:
    if not config.head.multi_label:
        return [str(value).strip()] if str(value).strip() else []
    parts = value if isinstance(value, list) else str(value).split(config.data.label_separator)
    return [str(part).strip() for part in parts if str(part).strip()]


def _part(files: Files, config: Config, problems: Problems, *, train: bool) -> Iterator[Record]:
    """Records of the training or the validation part, whichever way they are divided."""
    if files.valid:
        yield from _records(files.train if train else files.valid, config, problems)
        return
    for record in _records(files.train, config, problems):
        kept_out = held_out(record.values["text"], config.data.valid_fraction, seed=config.training.seed)
        if kept_out != train:
            yield record


def _target(record: Record, labels: Labels, multi_label: bool, problems: Problems) -> Any:
    numbers = [labels.number(name) for name in record.values["labels"]]
    for name, number in zip(record.values["labels"], numbers, strict=True):
        if number < 0:
            problems.add("unknown-label", record.path, record.line, repr(name))
    if not multi_label:
        return numbers[0]
    row = np.zeros(len(labels.names), dtype=np.float32)
    row[[number for number in numbers if number >= 0]] = 1.0
    return row


def _class_weights(labels: Labels, config: Config) -> Tensor:
    if config.head.class_weights == "none":
        return torch.ones(len(labels.names))
    counts = torch.tensor(labels.counts, dtype=torch.float32)
    return counts.sum() / (len(counts) * counts)


def _run(module: Classifier, feed: Feed) -> tuple[Tensor, np.ndarray]:
    """Uncalibrated logits float [N, C] on the CPU and the gold labels, in source order."""
    device = module.temperature.device
    logits, targets, rows = [], [], []
    with torch.inference_mode():
        for batch in feed.epoch(0):
            moved = batch.to(device)
            assert batch.targets is not None
            logits.append(module(moved.ids, moved.lengths).float().cpu())
            targets.append(batch.targets)
            rows.append(batch.rows)
    order = np.argsort(np.concatenate(rows))
    gold = torch.cat(targets).numpy()[order]
    return torch.cat(logits)[order], gold.astype(bool) if module.multi_label else gold


def _stated(module: Classifier, logits: Tensor, gold: np.ndarray, vocabulary: ClassifyVocabulary) -> LabelEvidence:
    """What the network says of these logits at its present temperature."""
    probabilities = module.probabilities(logits.to(module.temperature.device)).cpu().numpy()
    return LabelEvidence(vocabulary.known.names, gold, probabilities)


def _encode(text: str, place: int, codec: Codec) -> np.ndarray:
    ids = codec.encode(text)
    if not len(ids):
        raise DataError(f"text {place} holds no symbol: {text!r}", hint="leave empty texts out")
    return ids


def _one(probabilities: np.ndarray, names: tuple[str, ...], alternatives: int) -> dict[str, Any]:
    best = np.argsort(-probabilities, kind="stable")[: max(1, alternatives)]
    ranked = [{"label": names[k], "probability": float(probabilities[k])} for k in best]
    return {**ranked[0], "alternatives": ranked}


def _several(probabilities: np.ndarray, names: tuple[str, ...]) -> dict[str, Any]:
    chosen = [names[k] for k in np.flatnonzero(probabilities >= 0.5)]
    return {"labels": chosen, "probabilities": {name: float(p) for name, p in zip(names, probabilities, strict=True)}}


def _names(paths: Iterable[Path]) -> str:
    return ", ".join(path.name for path in paths)
