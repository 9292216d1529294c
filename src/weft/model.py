"""A trained run in memory: predict, evaluate, generate, score, read symbol by symbol, save."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from weft import bundle, types
from weft.catalog import TASKS
from weft.config import Recipe, resolve
from weft.devices import choose_device, set_threads
from weft.errors import ConfigError, ShapeError
from weft.metrics import ClassRow, confusion, measure, per_class
from weft.search.sampling import sample
from weft.types import Generates, LabelEvidence, Network, Predicts, Score, State, Task, TextVocabulary, Vocabulary


@dataclass(frozen=True)
class Evaluation:
    """What ``evaluate`` measured.

    Attributes:
        scores: every metric of the task with n, interval and signature.
        classes: precision, recall and F1 of each class (classifiers).
        confusion: int64 [C, C], rows gold, columns predicted, with one more row for labels the model does not know
            where there are any; None when multi-label.
        notes: what was odd in the file.
    """

    scores: tuple[Score, ...]
    classes: tuple[ClassRow, ...] = ()
    confusion: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "scores": [score.to_json() for score in self.scores],
            "classes": [dict(vars(row)) for row in self.classes],
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "notes": list(self.notes),
        }


class Model:
    """A task, its recipe, its vocabulary and the trained network; made by ``weft.load`` and ``weft.train``.

    Nothing of a call stays behind in it: the state of a recurrence is an argument and a result.
    """

    def __init__(
        self, *, config: Recipe, task: Task, vocabulary: Vocabulary, module: nn.Module, run: Path | None = None
    ) -> None:
        self.config = config
        self.task = task
        self.vocabulary = vocabulary
        self.module = module.eval()
        self.run = run

    def __repr__(self) -> str:
        numbers = sum(parameter.numel() for parameter in self.module.parameters())
        return f"<weft {self.task.name} model, {numbers:,} parameters{f', {self.run}' if self.run else ''}>"

    @classmethod
    def load(cls, run: Path, *, device: str = "auto", threads: int | None = None, kernel: str | None = None) -> Model:
        """Read a run folder; see ``weft.load``."""
        config = bundle.read_recipe(run)
        if kernel is not None:
            config = resolve(config.model_dump(mode="json", exclude_none=True), [f'encoder.kernel="{kernel}"'])
        task: Task = TASKS.load(config.task, "task").task
        vocabulary = task.vocabulary_from_json(bundle.read_vocabulary(run))
        if threads is not None:
            set_threads(threads)
        module = task.build(config, vocabulary, {})
        bundle.load_module(module, run / bundle.WEIGHTS)
        return cls(config=config, task=task, vocabulary=vocabulary, module=module.to(choose_device(device)), run=run)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes of a classifier."""
        labels = getattr(self.vocabulary, "labels", None)
        if labels is None:
            raise ConfigError(f"a model of task {self.task.name!r} has no classes")
        return tuple(labels.names)

    def predict(self, texts: Sequence[str], *, alternatives: int = 3, batch_size: int = 64) -> list[dict[str, Any]]:
        """Answer each text, in order.

        Args:
            texts: raw texts; they are cut into symbols as in training.
            alternatives: how many classes to name with their probability.
            batch_size: texts run at once.
        Returns:
            ``{"label", "probability", "alternatives"}`` a text; ``{"labels", "probabilities"}`` when multi-label.
        Raises:
            ConfigError: the task does not predict, a single ``str`` was given, or something else than texts.
            DataError: a text holds no symbol.
        """
        task: Predicts = self._able("predict", "generate or score")
        rows: list[dict[str, Any]] = []
        for part in _chunks(_listed(texts), batch_size):
            rows += task.predict(self.module, self.vocabulary, part, alternatives=alternatives, first=len(rows) + 1)
        return rows

    def score(self, texts: Sequence[str], *, end: bool = True, batch_size: int = 64) -> list[dict[str, Any]]:
        """log p of each line of text in nats, its end included; without ``end`` the line is a beginning that goes on.

        Returns:
            ``{"logp", "symbols", "unknown", "bits_per_character"}`` a line.

        Raises:
            ConfigError: the task is no language model, a single ``str`` was given, or something else than texts.
        """
        task: Generates = self._able("score", "predict")
        rows: list[dict[str, Any]] = []
        for part in _chunks(_listed(texts), batch_size):
            rows += task.score(self.module, self.vocabulary, part, end=end)
        return rows

    def generate(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 1,
        samples: int = 1,
        precision: str = "float32",
    ) -> list[str]:
        """Sample ``samples`` continuations of ``length`` symbols each, without the prompt.

        The same seed gives the same text, and a sample does not depend on how many others are drawn beside it.
        ``precision`` "int8" takes the weights in 8 bits: faster, and a little less accurate (``weft verify`` says how).

        Raises:
            ConfigError: the task does not generate, or a setting is out of its range.
            BackendError: int8 cannot run here; the message says why.
        """
        settings: dict[str, Any] = {"length": length, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        drawn = self._sample(prompt, precision=precision, samples=samples, seed=seed, **settings)
        ids = np.array(list(drawn)).reshape(-1, samples)
        return [self._symbols().decode(column) for column in ids.T]

    def stream(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 1,
        precision: str = "float32",
    ) -> Iterator[str]:
        """One sample, piece by piece as it is drawn; joined, the pieces are what ``generate`` returns.

        Raises:
            ConfigError, BackendError: as ``generate``, before the first piece.
        """
        settings: dict[str, Any] = {"length": length, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        return self._pieces(self._sample(prompt, precision=precision, seed=seed, **settings))

    def encode(self, text: str) -> np.ndarray:
        """The numbers of a text as the network reads it, int64 [N]: a classifier's is cut at its longest length, a
        language model's begins with the end-of-line symbol that stands before every line."""
        return self.task.encode(self.config, self.vocabulary, text)

    def begin(self, n: int) -> State:
        """The state of ``n`` texts before their first symbol; an argument and a result of ``step``, kept nowhere.

        Rows of states are selected, joined and split by ``weft.nn``, which also makes bytes of them.

        Raises:
            ConfigError: the network is bidirectional and cannot read in pieces.
        """
        return self._network().begin(n)

    def step(self, ids: Tensor | Sequence[int], state: State) -> tuple[Tensor, State]:
        """Read one symbol of each text.

        Args:
            ids: int64 [n], numbers as ``encode`` gives them.
            state: what ``begin`` or the step before gave, n rows.
        Returns:
            what the model says now: log p of the next symbol, float [n, V] (language models), or the probabilities of
            the classes, float64 [n, C]; and the next state.
        Raises:
            ConfigError: the network is bidirectional and cannot read in pieces.
            ShapeError: ids or state do not fit.
        """
        network = self._network()
        numbers = _numbers(ids, next(self.module.parameters()).device)
        with torch.inference_mode():
            y, state = network.step(numbers, state)
            return network.answer(y), state

    def reader(self, *, precision: str = "float32") -> Reader:
        """A copy of the network for a stream: its ``begin`` and ``step`` are those of this class, many times faster.

        The C++ core packs the weights now; what happens to the model later does not reach the copy. Use one for as long
        as a stream lasts, ``step`` for a symbol or two.

        Args:
            precision: "float32", or "int8": weights in 8 bits, faster again and a little less accurate.
        Raises:
            BackendError: the core is absent or cannot run this network; the message says why, and ``step`` can.
            ConfigError: the network is bidirectional and cannot read in pieces, or no such precision.
        """
        return Reader(self._network(), self._network().reader(precision))

    def evaluate(self, paths: str | Path | Sequence[str | Path]) -> Evaluation:
        """Measure the model on labelled texts or plain text, read as the training part was."""
        files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
        with tempfile.TemporaryDirectory(prefix="weft-") as work:
            feed, notes = self.task.read(files, self.config, self.vocabulary, Path(work))
            evidence = self.task.evidence(self.module, feed, self.vocabulary)
        scores = tuple(measure(name, evidence) for name in self.task.measures(self.config))
        if not isinstance(evidence, LabelEvidence):
            return Evaluation(scores, notes=notes)
        table = None if evidence.multi_label else confusion(evidence)
        return Evaluation(scores, tuple(per_class(evidence)), table, notes)

    def save(self, path: str | Path) -> Path:
        """Write a run folder that ``weft.load`` reads."""
        return bundle.save(
            Path(path), config=self.config, vocabulary=self.vocabulary.to_json(), module=self.module, source=self.run
        )

    def _sample(self, prompt: str, *, precision: str, samples: int = 1, **settings: Any) -> Iterator[list[int]]:
        """Check everything now, draw when asked."""
        task: Generates = self._able("decoder", "predict", verb="generate")
        codec = self._symbols()
        decoder = task.decoder(self.module, cast(TextVocabulary, self.vocabulary), precision=precision)
        ids = torch.from_numpy(codec.encode(prompt).astype(np.int64)).to(next(self.module.parameters()).device)
        drawn = sample(decoder, ids, start_id=codec.end_id, samples=samples, **settings)
        return (symbols.tolist() for symbols in drawn)

    def _pieces(self, drawn: Iterator[list[int]]) -> Iterator[str]:
        streamer = self._symbols().streamer()
        for ids in drawn:
            yield streamer.feed(ids[0])
        yield streamer.finish()

    def _network(self) -> Network:
        return cast(Network, self.module)

    def _symbols(self) -> Any:
        return cast(TextVocabulary, self.vocabulary).text

    def _able(self, member: str, instead: str, *, verb: str = "") -> Any:
        if not hasattr(self.task, member):
            raise ConfigError(f"a model of task {self.task.name!r} does not {verb or member}; use {instead}")
        return self.task


class Reader:
    """A stream's own copy of a network; made by ``Model.reader``.

    Args:
        network: says what an answer is.
        own: the copy that takes the steps.
    """

    def __init__(self, network: Network, own: types.Reader) -> None:
        self._network, self._own = network, own

    def begin(self, n: int) -> State:
        """As ``Model.begin``."""
        return self._own.begin(n)

    def step(self, ids: Tensor | Sequence[int], state: State) -> tuple[Tensor, State]:
        """As ``Model.step``."""
        y, state = self._own.step(_numbers(ids, torch.device("cpu")), state)
        with torch.inference_mode():
            return self._network.answer(y), state


def load(run: str | Path, *, device: str = "auto", threads: int | None = None, kernel: str | None = None) -> Model:
    """Read a run folder. Nothing in it is executed.

    Args:
        run: the folder.
        device: "auto" (cuda where present), "cpu" or "cuda".
        threads: CPU threads of this process from now on, 0: one for each core; None leaves them as they are.
        kernel: who runs the recurrence, instead of the recipe's choice.
    Raises:
        RunError: the folder is missing, foreign or damaged.
        BackendError: the device or kernel asked for cannot run.
    """
    return Model.load(Path(run), device=device, threads=threads, kernel=kernel)


def _numbers(ids: Tensor | Sequence[int], device: torch.device) -> Tensor:
    """One symbol a text as int64 [n].

    Raises:
        ShapeError: it is something else.
    """
    numbers = torch.as_tensor(ids, device=device)
    if numbers.dim() != 1 or numbers.dtype not in (torch.int64, torch.int32) or not len(numbers):
        raise ShapeError(
            f"step: expected ids int64 [n], one symbol a text, got {str(numbers.dtype).removeprefix('torch.')}"
            f" {list(numbers.shape)}"
        )
    return numbers.long()


def _listed(texts: Sequence[str]) -> Sequence[str]:
    if isinstance(texts, str):
        raise ConfigError(f"expected a list of texts, got a single str {texts[:40]!r}", hint="write [text]")
    for place, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise ConfigError(
                f"text {place} of {len(texts)} is no str but {type(text).__name__}: {text!r:.40}",
                hint="give raw texts; they are cut into symbols as in training",
            )
    return texts


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
