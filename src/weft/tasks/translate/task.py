"""Task ``translate``: a text in, another text out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from weft.alignment.attended import Alignment
from weft.data.abbreviating import Abbreviated
from weft.data.batching import pad
from weft.data.corpus import fingerprint
from weft.data.pairs import (
    NOTHING,
    PairFeed,
    PairVocabulary,
    number_pairs,
    pair_records,
    part_of,
    source_row,
)
from weft.data.problems import Problems
from weft.data.readers import Record
from weft.errors import ConfigError, DataError
from weft.nn.output import output_loss
from weft.search.settings import Search
from weft.tasks.translate.aligning import aligned, aligned_pair
from weft.tasks.translate.config import Config
from weft.tasks.translate.model import Translator
from weft.tasks.translate.scoring import looked_back, scored
from weft.tasks.translate.searching import answer, searched, shown, translated
from weft.types import (
    WAYS_IN_PIECES,
    WAYS_OF_RUNNING,
    Batch,
    Data,
    Feed,
    Files,
    LikelihoodEvidence,
    Loss,
    Place,
    State,
    TextEvidence,
    TranslationEvidence,
)


class TranslateTask:
    """Many to many; see ``weft.types.Task`` for what each member promises."""

    name = "translate"
    fields = ("source", "target")
    decision = "next symbol of the answer"
    in_step = False

    def measures(self, config: Config) -> tuple[str, ...]:
        """Nats a symbol of the known targets first, then what the outputs are worth."""
        return ("nats-per-symbol", "bleu", "bleu-lowercased", "chrf", "exact-match", "character-error-rate")

    def prepare(self, files: Files, config: Config, work: Path, vocabulary: PairVocabulary | None = None) -> Data:
        """Number both parts; without a validation file, equal sources stay on one side of the held-out share."""
        known = vocabulary or PairVocabulary.learn(
            lambda: self._part(files, config, Problems(), train=True), config.data
        )
        problems = Problems()
        train = number_pairs(
            self._part(files, config, problems, train=True), config.data, known, work / "train", problems, learning=True
        )
        seen = problems if files.valid else Problems()
        valid = number_pairs(
            self._part(files, config, seen, train=False), config.data, known, work / "valid", problems, learning=True
        )
        for part, rows in (("train on", train), ("hold out for validation", valid)):
            if not len(rows):
                raise DataError(
                    f"{', '.join(map(str, files.train))}: no pair is left to {part}",
                    hint="; ".join(problems.notes()[:3]),
                )
        size, seed = config.training.batch_size, config.training.seed
        read = Abbreviated(train, known.source, config.data, seed) if config.data.abbreviate else None
        return Data(
            train=PairFeed(train, batch_size=size, seed=seed, shuffle=True, read=read),
            valid=PairFeed(valid, batch_size=size, seed=seed, shuffle=False),
            vocabulary=known,
            notes=tuple(problems.notes()),
            sources=fingerprint([*files.train, *files.valid]),
        )

    def read(
        self,
        files: Sequence[Path],
        config: Config,
        vocabulary: PairVocabulary,
        work: Path,
        *,
        without: Collection[Place] = (),
    ) -> tuple[Feed, tuple[str, ...]]:
        """Number pairs with the run's vocabulary; every pair is measured, overlong sources cut."""
        problems = Problems()
        records = pair_records(files, config.data, problems, without=without)
        rows = number_pairs(records, config.data, vocabulary, work / "read", problems, learning=False)
        feed = PairFeed(rows, batch_size=config.training.batch_size, seed=0, shuffle=False)
        return feed, tuple(problems.notes())

    def vocabulary_from_json(self, values: Mapping[str, Any]) -> PairVocabulary:
        """Read ``vocabulary.json`` back."""
        return PairVocabulary.from_json(values)

    def adopt(self, values: Mapping[str, Any]) -> PairVocabulary:
        """Keep the symbols of another translator."""
        return PairVocabulary.from_json(values)

    def build(self, config: Config, vocabulary: PairVocabulary, parts: Mapping[str, Any]) -> Translator:
        """The network with fresh parameters."""
        end_id = vocabulary.target.end_id
        assert end_id is not None
        return Translator(config, sources=vocabulary.source.size, targets=vocabulary.target.size, end_id=end_id)

    def loss(self, module: Translator, batch: Batch, state: State | None) -> Loss:
        """Cross-entropy in nats a symbol of the target, summed."""
        assert batch.targets is not None
        said, lengths = module.written(module.encode(batch.ids, batch.lengths), batch.targets)
        readouts = module.dropout(said.readouts)
        if not module.smoothing:
            return Loss(*output_loss(readouts, module.output, batch.targets, lengths))
        real = batch.targets != NOTHING
        logits = module.output(readouts[real]).float()
        wanted = batch.targets[real]
        smooth = functional.cross_entropy(logits, wanted, reduction="sum", label_smoothing=module.smoothing)
        return Loss(smooth, len(wanted))

    def evidence(self, module: Translator, feed: Feed, vocabulary: PairVocabulary) -> TranslationEvidence:
        """How likely the known targets are, and what is written for their sources, in source order."""
        assert isinstance(feed, PairFeed)
        nats, symbols = np.zeros(len(feed)), np.zeros(len(feed), np.int64)
        references = [feed.pairs.reference(row) for row in range(len(feed))]
        hypotheses = [""] * len(feed)
        unknown = 0
        for batch in feed.epoch(0):
            assert batch.targets is not None
            nats[batch.rows] = looked_back(module, batch.ids, batch.lengths, batch.targets)[0].numpy()
            symbols[batch.rows] = (batch.targets != NOTHING).sum(dim=1).numpy()
            unknown += int((batch.targets == vocabulary.target.unknown_id).sum())
            found = searched(module, vocabulary, batch.ids, batch.lengths, n_best=1)
            for place, best in zip(batch.rows.tolist(), found, strict=True):
                hypotheses[place] = shown(best[0], feed.pairs.text(place), vocabulary, module)
        texts = TextEvidence(tuple(references), tuple(hypotheses))
        characters = np.array([len(text) + 1 for text in references])
        words = np.array([len(text.split()) + 1 for text in references])
        return TranslationEvidence(LikelihoodEvidence(nats, symbols, characters, words, unknown), texts)

    def finish(self, module: Translator, feed: Feed, vocabulary: PairVocabulary) -> dict[str, Any]:
        """Nothing to add."""
        return {}

    def predict(
        self, module: Translator, vocabulary: PairVocabulary, texts: Sequence[str], *, alternatives: int, first: int
    ) -> list[dict[str, Any]]:
        """The best output of each text and the next best ones; an empty text has an empty output."""
        return self.translate([module], vocabulary, texts, Search(), alternatives=alternatives)

    def translate(
        self,
        modules: Sequence[Translator],
        vocabulary: PairVocabulary,
        texts: Sequence[str],
        search: Search,
        *,
        alternatives: int,
    ) -> list[dict[str, Any]]:
        """As ``predict``, with a search of one's own and by several networks as one."""
        found = translated(modules, vocabulary, texts, search, alternatives=alternatives)
        return [answer(best, text, vocabulary, modules[0]) for best, text in zip(found, texts, strict=True)]

    def score_pairs(
        self, module: Translator, vocabulary: PairVocabulary, pairs: Sequence[tuple[str, str]]
    ) -> list[dict[str, Any]]:
        """log p of each target given its source, the end included; run as one batch."""
        return [row for row, _ in scored(module, vocabulary, pairs)]

    def refuse_alignment(self, module: Translator) -> str:
        """Why a translator has no alignment; "" when it has."""
        return "" if module.decoder.attends else "this translator has no attention"

    def align(
        self,
        module: Translator,
        vocabulary: PairVocabulary,
        texts: Sequence[str],
        answers: Sequence[str] | None = None,
    ) -> list[tuple[dict[str, Any], Alignment | None]]:
        """As ``predict`` with the best output alone, or as ``score_pairs`` where outputs are given, and what was looked
        at; None where there is nothing to look at.

        Raises:
            ConfigError: the network has no attention.
        """
        reason = self.refuse_alignment(module)
        if reason:
            raise ConfigError(reason)
        rows = [source_row(text, vocabulary.source, module.data) for text in texts]
        if answers is not None:
            if len(answers) != len(texts):
                raise ConfigError(
                    f"align: {len(texts)} texts and {len(answers)} answers", hint="give one answer a text"
                )
            known = scored(module, vocabulary, list(zip(texts, answers, strict=True)))
            return [
                (row, aligned_pair(numbers, text, looked, vocabulary, module))
                for (row, looked), numbers, text in zip(known, rows, answers, strict=True)
            ]
        found = searched(module, vocabulary, *pad(rows), n_best=1)
        return [
            (answer(best, text, vocabulary, module), aligned(text, row, best[0], vocabulary, module))
            for text, row, best in zip(texts, rows, found, strict=True)
        ]

    def encode(self, config: Config, vocabulary: PairVocabulary, text: str) -> np.ndarray:
        """The source's numbers up to ``data.max_length``, and the end symbol; none for an empty text."""
        row = source_row(text, vocabulary.source, config.data)
        return row if len(row) > 1 else row[:0]

    def train_texts(self, files: Files, config: Config) -> Iterator[str]:
        """Sources of the training files, less the held-out share where there is one."""
        return (record.values["source"] for record in self._part(files, config, Problems(), train=True))

    def valid_texts(self, files: Files, config: Config) -> Iterator[str]:
        """Sources of the validation files, or of the held-out share."""
        return (record.values["source"] for record in self._part(files, config, Problems(), train=False))

    def decide(self, module: Translator, y: Tensor, lengths: Tensor) -> list[Tensor]:
        """log p of every symbol of the answer, step by step along the greedy answer, which ends where ``y`` is NaN."""
        return [torch.log_softmax(row[: int((~row[:, 0].isnan()).sum())].double(), -1) for row in y]

    def ways(self, config: Config) -> Mapping[str, str]:
        """Every way but those in pieces: it writes when it has read all."""
        whole = "a translator reads the whole source before it writes"
        return dict.fromkeys(WAYS_OF_RUNNING, "") | dict.fromkeys(WAYS_IN_PIECES, whole)

    def tiny(self) -> dict[str, Any]:
        """Two updates of a network of four units."""
        return {
            "embedding": {"size": 4},
            "encoder": {"hidden": 4, "layers": 1},
            "decoder": {"hidden": 4, "layers": 1},
            "decoding": {"beam": 2, "longest_extra": 3},
            "training": {"max_steps": 2, "batch_size": 4, "epochs": 1, "threads": 1},
        }

    def _part(self, files: Files, config: Config, problems: Problems, *, train: bool) -> Iterator[Record]:
        return part_of(files, config.data, problems, seed=config.training.seed, train=train)


task = TranslateTask()
