"""A trained run in memory: predict, evaluate, generate, score, read symbol by symbol, save."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from weft import bundle, types
from weft.adaptation import diverged, tune, variants
from weft.alignment.attended import Alignment
from weft.batched import batches, chunks, listed
from weft.catalog import TASKS
from weft.config import Recipe, resolve
from weft.devices import choose_device, set_threads
from weft.errors import BackendError, ConfigError, RunError, ShapeError
from weft.evaluation import Evaluation, evaluate
from weft.search.settings import Search
from weft.types import (
    Aligns,
    DynamicEvaluation,
    Fits,
    Generates,
    Network,
    NeuralCache,
    Predicts,
    State,
    Task,
    TextVocabulary,
    Trains,
    Translates,
    Tuned,
    Vocabulary,
)
from weft.writing import Author

__all__ = ["Evaluation", "Model", "Reader", "load"]


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
        module = _network(task, config, vocabulary, run / bundle.WEIGHTS).to(choose_device(device))
        if device == "cuda" and next(module.parameters()).device.type != device:
            raise BackendError(f"a model of task {config.task!r} runs on the CPU only", hint="leave --device out")
        return cls(config=config, task=task, vocabulary=vocabulary, module=module, run=run)

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
        for part in chunks(listed(texts), batch_size):
            rows += task.predict(self.module, self.vocabulary, part, alternatives=alternatives, first=len(rows) + 1)
        return rows

    def translate(
        self,
        texts: Sequence[str],
        search: Search | None = None,
        *,
        beside: Sequence[Model] = (),
        alternatives: int = 1,
        batch_size: int = 64,
    ) -> list[dict[str, Any]]:
        """Outputs of each text by a search of one's own.

        Args:
            search: beam, or samples and how they are ranked; None: the recipe's.
            beside: models of the same vocabulary, whose probabilities are averaged with this one's at every symbol.
            alternatives: outputs of each text.
        Returns:
            ``{"translation", "logp", "score", "finished", "alternatives"}`` a text, in order.
        Raises:
            ConfigError: the model writes no answers, or another has another vocabulary.
        """
        task: Translates = self._able("translate", "predict")
        for other in beside:
            if other.vocabulary.to_json() != self.vocabulary.to_json():
                raise ConfigError(
                    f"{other.run or 'a model'} has another vocabulary than {self.run or 'this one'}, so their"
                    " probabilities cannot be averaged",
                    hint="train all members with the same data and data settings, and other seeds",
                )
        modules = [self.module, *(other.module for other in beside)]
        rows: list[dict[str, Any]] = []
        for part in chunks(listed(texts), batch_size):
            rows += task.translate(modules, self.vocabulary, part, search or Search(), alternatives=alternatives)
        return rows

    def score_pairs(self, pairs: Sequence[tuple[str, str]], *, batch_size: int = 64) -> list[dict[str, Any]]:
        """log p of the second text of each pair given the first, in nats: ``{"logp", "symbols", "unknown"}`` a pair."""
        task: Translates = self._able("score_pairs", "score")
        rows: list[dict[str, Any]] = []
        for start in range(0, len(pairs), batch_size):
            rows += task.score_pairs(self.module, self.vocabulary, pairs[start : start + batch_size])
        return rows

    def align(
        self, texts: Sequence[str], answers: Sequence[str] | None = None, *, batch_size: int = 64
    ) -> list[tuple[dict[str, Any], Alignment | None]]:
        """The best answer to each text as ``predict`` gives it, and which words of the text were looked at for it.

        With ``answers`` these are aligned, and scored as by ``score_pairs``. None: an empty text looks at nothing.

        Raises:
            ConfigError: the model writes no answers, or has no attention.
        """
        task: Aligns = self._able("align", "predict")
        rows: list[tuple[dict[str, Any], Alignment | None]] = []
        for start in range(0, len(listed(texts)), batch_size):
            part = slice(start, start + batch_size)
            rows += task.align(self.module, self.vocabulary, texts[part], answers and listed(answers)[part])
        return rows

    def score(self, texts: Sequence[str], *, end: bool = True, batch_size: int = 64) -> list[dict[str, Any]]:
        """log p of each line of text in nats, its end included; without ``end`` the line is a beginning that goes on.

        Args:
            texts: raw texts; the rows come in their order.
            end: whether the end of the line is part of it.
            batch_size: lines run at once, at most: lines of like length, and so many of them that memory depends on the
                longest line alone.
        Returns:
            ``{"logp", "symbols", "unknown", "bits_per_character"}`` a line.

        Raises:
            ConfigError: the task is no language model, a single ``str`` was given, or something else than texts.
        """
        task: Generates = self._able("score", "predict")
        rows: list[dict[str, Any]] = [{}] * len(listed(texts))
        for places in batches(texts, batch_size):
            part = task.score(self.module, self.vocabulary, [texts[place] for place in places], end=end)
            for place, row in zip(places, part, strict=True):
                rows[place] = row
        return rows

    def generate(self, prompt: str = "", *, precision: str = "float32", **wish: Any) -> list[str]:
        """Continuations of a prompt, without it; ``wish``: what ``weft.writing.Author.write`` takes.

        ``length`` symbols each (200), ``samples`` of them (1), from ``seed`` (1), ``stop`` texts that end one, and the
        settings of ``weft.search.settings.Sampling``: ``temperature``, ``top_k``, ``top_p``, ``typical``, ... The same
        seed gives the same text, and a sample does not depend on how many others are drawn beside it.

        Raises:
            ConfigError: the task does not generate, or a setting is unknown or out of its range.
            BackendError: that precision cannot run here; the message says why.
        """
        return self.author(precision=precision).generate(prompt, **wish)

    def stream(self, prompt: str = "", *, precision: str = "float32", **wish: Any) -> Iterator[str]:
        """One sample, piece by piece as it is drawn; joined, the pieces are what ``generate`` returns.

        Raises:
            ConfigError, BackendError: as ``generate``, before the first piece.
        """
        return self.author(precision=precision).stream(prompt, **wish)

    def author(self, *, precision: str = "float32") -> Author:
        """What writes with this model as it is now: several texts, or verse of a form.

        Args:
            precision: "float32", or "int8": weights in 8 bits, faster and a little less accurate (``weft verify``).
        Raises:
            ConfigError: the task does not generate, or no such precision.
            BackendError: that precision cannot run here; the message says why.
        """
        task: Generates = self._able("decoder", "predict", verb="generate")
        decoder = task.decoder(self.module, cast(TextVocabulary, self.vocabulary), precision=precision)
        config: Any = self.config
        device = next(self.module.parameters(), torch.empty(0)).device
        return Author(decoder, cast(TextVocabulary, self.vocabulary).text, config.data, device)

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

    def evaluate(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        against: str | Path | Sequence[str | Path] | None = None,
        leaks: bool = True,
        dynamic: DynamicEvaluation | None = None,
        cache: NeuralCache | None = None,
    ) -> Evaluation:
        """Measure the model on labelled texts or plain text, read as the training part was.

        Texts that stand in the training data too, exactly or nearly, are counted in ``Evaluation.leaks``, with every
        score computed again without them.

        Args:
            paths: what to measure on.
            against: where to look for the texts; None: the data of the run, when it is still there and the same.
            leaks: False: do not look.
            dynamic, cache: measure also, apart in ``Evaluation.variants``, a copy of the model that learns from the
                text on its way; the model stays as it is.
        Raises:
            ConfigError: the task cannot learn on its way.
        """
        changed = variants(self, _paths(paths), dynamic, cache)
        plain = evaluate(self, _paths(paths), against=None if against is None else _paths(against), leaks=leaks)
        return replace(plain, variants=changed, notes=(*plain.notes, *diverged(changed)))

    def tune(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        dynamic: DynamicEvaluation | None = None,
        cache: NeuralCache | None = None,
    ) -> Tuned:
        """The best settings of a small grid for ``evaluate``, on the beginning of another text than it will measure.

        Args:
            paths: validation text, some thousand symbols of it.
            dynamic, cache: what to tune, and from where.
        Raises:
            ConfigError: the task cannot learn on its way, or nothing is asked for.
        """
        return tune(self, _paths(paths), dynamic, cache)

    def save(self, path: str | Path) -> Path:
        """Write a run folder that ``weft.load`` reads."""
        return bundle.save(
            Path(path), config=self.config, vocabulary=self.vocabulary.to_json(), module=self.module, source=self.run
        )

    def _network(self) -> Network:
        return cast(Network, self.module)

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


def _network(task: Task, config: Recipe, vocabulary: Vocabulary, weights: Path) -> nn.Module:
    """The network of a run: built from its recipe and filled; or, of a closed form, put together from its arrays.

    Raises:
        RunError: the file is missing or damaged, or does not fit recipe and vocabulary.
    """
    if not hasattr(task, "assemble"):
        module = cast(Trains, task).build(config, vocabulary, {})
        bundle.load_module(module, weights)
        return module
    arrays = {name: tensor.numpy() for name, tensor in bundle.read_tensors(weights).items()}
    try:
        return cast(Fits, task).assemble(config, vocabulary, arrays)
    except RunError as error:
        raise RunError(f"{weights}: {error}", hint=error.hint) from error


def _paths(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


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
