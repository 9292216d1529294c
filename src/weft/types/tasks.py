"""Tasks: what ties data, network, loss and metrics together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from weft.types.data import Batch, Data, Feed, Files, Place, TextVocabulary, Vocabulary
from weft.types.decoding import Decoder
from weft.types.measures import Evidence
from weft.types.recurrence import State

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from weft.config import Recipe


WAYS_IN_PIECES = ("streamed", "stepped", "split")
"""Ways of running (files of verify/ways/) that read a text in pieces."""

WAYS_OF_RUNNING = (
    "alone", "padded", "more-padding", "ragged", "other-padding", "shuffled", "company", *WAYS_IN_PIECES, "saved",
    "kernel", "repeated", "reseeded", "cpu-threads", "python-threads", "float64", "cuda",
)  # fmt: skip
"""Every way that a certificate of a recurrent network compares. A task names them in its ``ways``, so that one whose
file is gone is missed."""


FitProgress = Callable[[str], None]
"""Is told, in words, what a closed form is at now."""


@dataclass(frozen=True)
class Loss:
    """A batch's loss: the sum in nats (with its graph), how many things it sums over, the state to carry on.

    ``penalty`` is added to the mean for the gradient's sake (with its graph), and to no number that is reported.
    """

    total: Tensor
    count: int
    state: State | None = None
    penalty: Tensor | None = None


@dataclass(frozen=True)
class Fit:
    """What a closed form gave: the named arrays that are the model, all that a run keeps of it beside recipe and
    vocabulary; and sentences a person should know."""

    arrays: Mapping[str, np.ndarray]
    notes: tuple[str, ...] = ()


class Network(Protocol):
    """What a task's module (a ``torch.nn.Module``) can do beside ``forward``. ``y`` is what it says before ``answer``:
    logits [B, C] of the text read so far, or [B, T, V] of the next symbol after each one read."""

    def read(self, ids: Tensor, lengths: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read ids int64 [B, T] on from ``state`` (None: from the start) -> y, and the state to read on from."""

    def begin(self, n: int) -> State:
        """The state of ``n`` rows before their first symbol. Raises ConfigError when it cannot read in pieces."""

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """``read`` of one symbol a row, ids int64 [B]; y without the axis T."""

    def answer(self, y: Tensor) -> Tensor:
        """y as a person wants it: probabilities of the labels, log p of the next symbols."""

    def reader(self, precision: str = "float32") -> Reader:
        """The fastest reader there is, its weights packed by the C++ core in a precision of ``kernels.PRECISIONS``.
        Raises ConfigError when the network cannot read in pieces, BackendError when the core cannot run it."""


class Reader(Protocol):
    """A copy of a network that reads on symbol by symbol; what becomes of the network later does not reach it."""

    def begin(self, n: int) -> State:
        """As ``Network.begin``."""

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """As ``Network.step``."""


class Task(Protocol):
    """What wires the ends: a folder ``tasks/NAME/`` with ``config.Config`` (no torch), ``model.py`` (a ``Network``)
    and, in ``task.py``, one instance called ``task`` of a class with these members and those of ``Trains`` or ``Fits``,
    which say how data becomes a network. A task imports no other task."""

    name: str
    fields: tuple[str, ...]
    """What it reads, first what its models are given to answer: "text", "label", ..."""
    decision: str
    """What the network decides: "label", "next symbol"."""
    in_step: bool
    """Whether it decides after every symbol it reads, and not once a text."""

    def measures(self, config: Recipe) -> tuple[str, ...]:
        """Names of metrics/; the first is watched unless the recipe says otherwise."""

    def prepare(self, files: Files, config: Recipe, work: Path, vocabulary: Vocabulary | None = None) -> Data:
        """Read and number the files; ``work`` takes memory-mapped token files. A given vocabulary is kept as it is
        (resume, evaluation, ``--init``), else one is learned from the training part."""

    def vocabulary_from_json(self, values: Mapping[str, Any]) -> Vocabulary:
        """Read back what ``Vocabulary.to_json`` gave."""

    def adopt(self, values: Mapping[str, Any]) -> Vocabulary:
        """What can be kept of another run's ``vocabulary.json`` (``--init``; perhaps of another task): the symbols of
        the text. ``prepare`` learns the rest. Raises RunError when there is nothing to keep."""

    def evidence(self, module: nn.Module, feed: Feed, vocabulary: Vocabulary) -> Evidence:
        """Run the network over a feed (evaluation mode, no gradients), in the order of the source rows."""

    def finish(self, module: nn.Module, feed: Feed, vocabulary: Vocabulary) -> dict[str, Any]:
        """Last touches on the trained network with the validation part (calibration); what was measured, by name."""

    def read(
        self,
        files: Sequence[Path],
        config: Recipe,
        vocabulary: Vocabulary,
        work: Path,
        *,
        without: Collection[Place] = (),
    ) -> tuple[Feed, tuple[str, ...]]:
        """Number files of the same kind with a frozen vocabulary, for ``evaluate``, as if the records ``without`` were
        not in them; the feed and what was odd."""

    def encode(self, config: Recipe, vocabulary: Vocabulary, text: str) -> np.ndarray:
        """The numbers of a text as the network reads it, int64 [N]; none when it holds no symbol."""

    def train_texts(self, files: Files, config: Recipe) -> Iterator[str]:
        """The raw texts of the training part, in the order of the files, whichever way the parts are divided."""

    def valid_texts(self, files: Files, config: Recipe) -> Iterator[str]:
        """The raw texts of the validation part, in the order of the files, whichever way the parts are divided."""

    def decide(self, module: nn.Module, y: Tensor, lengths: Tensor) -> list[Tensor]:
        """log p of every choice of each decision: a row of float64 [decisions, K] for every row that the network's
        ``read`` gave ``y`` for, as ``predict`` or ``score`` would answer it."""

    def ways(self, config: Recipe) -> Mapping[str, str]:
        """The certificate's ways of running (names of verify/ways/) that a run must stand: "" where it must, else why
        the way does not apply to this recipe."""

    def tiny(self) -> dict[str, Any]:
        """Nested recipe overrides for contract tests: two steps, under a second."""


class Trains(Task, Protocol):
    """A task whose network is built from the recipe and trained step by step; its ``Config`` is a ``NetworkRecipe``."""

    def build(self, config: Recipe, vocabulary: Vocabulary, parts: Mapping[str, nn.Module]) -> nn.Module:
        """The network with fresh parameters (from torch's current random stream)."""

    def loss(self, module: nn.Module, batch: Batch, state: State | None) -> Loss:
        """The loss of one batch; ``state`` is what the batch before left (None at the start of an epoch)."""


class Fits(Task, Protocol):
    """A task whose model follows from the data in closed form. Its sizes come from the data as well, so there is no
    network before ``fit`` has run, and ``assemble`` takes the place of ``Trains.build``."""

    def fit(self, data: Data, config: Recipe, work: Path, progress: FitProgress) -> Fit:
        """The model that follows from the training part; ``work`` takes files where memory does not suffice."""

    def assemble(self, config: Recipe, vocabulary: Vocabulary, arrays: Mapping[str, np.ndarray]) -> nn.Module:
        """The network of these arrays; its ``state_dict`` gives them back by the same names.

        Raises:
            RunError: arrays are missing or do not fit each other, the recipe or the vocabulary.
        """


class Predicts(Protocol):
    """A task that answers one text with one row of plain values."""

    def predict(
        self, module: nn.Module, vocabulary: Vocabulary, texts: Sequence[str], *, alternatives: int, first: int
    ) -> list[dict[str, Any]]:
        """One row a text, in order; run as one batch. ``first`` is the place of the first text, for messages.

        Raises:
            DataError: a text holds no symbol.
        """


class Generates(Protocol):
    """A task that says how likely a text is, and so can be searched for likely ones."""

    def decoder(self, module: nn.Module, vocabulary: TextVocabulary, *, precision: str = "float32") -> Decoder:
        """What search runs on; the unknown symbol is never proposed. ``precision`` "int8": with weights in 8 bits.

        Raises:
            BackendError: that precision cannot run here.
            ConfigError: no such precision.
        """

    def score(
        self, module: nn.Module, vocabulary: Vocabulary, texts: Sequence[str], *, end: bool = True
    ) -> list[dict[str, Any]]:
        """log p of each text, its end of line included unless ``end`` is False; run as one batch."""


class Aligns(Protocol):
    """A task whose answers can be aligned with the texts they answer."""

    def refuse_alignment(self, module: nn.Module) -> str:
        """Why this network's answers cannot; "" when they can."""

    def align(
        self, module: nn.Module, vocabulary: Vocabulary, texts: Sequence[str], answers: Sequence[str] | None = None
    ) -> list[tuple[dict[str, Any], Any | None]]:
        """The best answer to each text, or how likely the given one is, and what was looked at for it
        (``weft.alignment.attended.Alignment``, a higher floor than this one); None for an empty text. Raises
        ConfigError when they cannot be aligned."""


class Translates(Protocol):
    """A task whose answers are texts, which are searched for, and can be scored."""

    def translate(
        self,
        modules: Sequence[nn.Module],
        vocabulary: Vocabulary,
        texts: Sequence[str],
        search: Any,
        *,
        alternatives: int,
    ) -> list[dict[str, Any]]:
        """As ``Predicts.predict``, with ``search`` (``weft.search.settings.Search``) instead of the recipe's, by one
        network or the mean of several."""

    def score_pairs(
        self, module: nn.Module, vocabulary: Vocabulary, pairs: Sequence[tuple[str, str]]
    ) -> list[dict[str, Any]]:
        """log p of each answer given its text, pairs of (text, answer), its end included; run as one batch."""
