"""The contracts every room agrees on: batches, states, cells, kernels, decoders, scores and tasks.

Sizes in shapes: B rows of a batch, T time steps, D input width, H hidden units, V symbols. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor, nn

    from weft.config import Recipe

State = dict[str, "Tensor"]
"""A recurrent state: flat, named, batch first, so that rows can be selected, saved, sent and joined."""

Params = Mapping[str, "Tensor"]
"""The parameters of one layer and direction by their names in the cell's ``Spec``."""


# --- data -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """A padded batch that carries its lengths.

    Attributes:
        ids: int64 [B, T]; what stands behind a row's length is padding and must not matter.
        lengths: int64 [B] on the CPU, 1 <= length <= T.
        targets: int64 [B] (one label), float [B, C] (several labels), int64 [B, T] (next symbols), or None. -1 marks a
            label unknown to training; it counts in no loss.
        rows: int64 numpy [B], the place of each row in the source data, so that order can be restored.
        tokens: real tokens in the batch (padding is not counted).
    """

    ids: Tensor
    lengths: Tensor
    targets: Tensor | None
    rows: np.ndarray
    tokens: int

    def to(self, device: torch.device | str) -> Batch:
        """The same batch with ids and targets on ``device``."""
        targets = None if self.targets is None else self.targets.to(device)
        return replace(self, ids=self.ids.to(device), targets=targets)


class Feed(Protocol):
    """What an epoch is made of: a pure function of the epoch's number, so that a resumed run finds its place."""

    @property
    def tokens(self) -> int:
        """Real tokens an epoch holds."""

    def epoch(self, number: int) -> Sequence[Batch]:
        """The batches of epoch ``number`` (from 0), each made when it is asked for."""


class Vocabulary(Protocol):
    """What ``vocabulary.json`` holds: everything that turns a person's data into numbers and back."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; the task's ``vocabulary_from_json`` reads them back."""


class TextVocabulary(Vocabulary, Protocol):
    """A vocabulary with a codec under the name ``text`` (``weft.data.codec.Codec``, a higher floor than this one)."""

    @property
    def text(self) -> Any:
        """Turns text into symbols and back."""


@dataclass(frozen=True)
class Data:
    """What a task read: feeds, the vocabulary frozen from the training part, and what was odd in the files."""

    train: Feed
    valid: Feed
    vocabulary: Vocabulary
    notes: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """Which files were read: {path: sha256}. A resumed run refuses other data."""


@dataclass(frozen=True)
class Files:
    """What a person gave: paths of the training and validation part (files or folders), ``-`` is not allowed here."""

    train: tuple[Path, ...]
    valid: tuple[Path, ...] = ()


# --- recurrence -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spec:
    """What a cell is, for one layer and one direction.

    Attributes:
        name: the cell's registry name.
        gates: names of the gates fed by the input, in the order of their rows in the weights.
        states: sizes of the named states; the first is the output ("h").
        params: shapes of the parameters by name.
        input_size, hidden_size: D and H.
        twin: the torch layer with the same equations and parameters ("LSTM", "GRU", "RNN_TANH", "RNN_RELU"), or "".
        state_weights: the matrices that multiply the state; weight dropout acts on these.
    """

    name: str
    gates: tuple[str, ...]
    states: Mapping[str, int]
    params: Mapping[str, tuple[int, ...]]
    input_size: int
    hidden_size: int
    twin: str = ""
    state_weights: tuple[str, ...] = ("weight_hh",)

    @property
    def output_size(self) -> int:
        """Width P of the output: H, or that of an LSTM's projection."""
        return next(iter(self.states.values()))


class Cell(Protocol):
    """One recurrence: a module of ``cells/`` has ``make(input_size, hidden_size, *, OPTION=DEFAULT...) -> Cell``.

    A cell holds no tensors. ``step`` is the reference that every faster path is held against.
    """

    @property
    def spec(self) -> Spec:
        """What the cell is."""

    def init(self, params: Params, generator: torch.Generator | None = None) -> None:
        """Fill fresh parameters in place."""

    def project(self, x: Tensor, params: Params) -> Tensor:
        """The part of all gates that needs no state: x [..., D] -> wx [..., W], biases of the input included."""

    def values(self, wx: Tensor, state: State, params: Params) -> dict[str, Tensor]:
        """Every named value of one step: the gates of the ``Spec`` after their squashing, and the next states."""

    def step(self, wx: Tensor, state: State, params: Params) -> tuple[Tensor, State]:
        """One step: wx [B, W] and the state -> output [B, P] and the next state, as ``values`` gives them. Pure."""


@runtime_checkable
class LinearCell(Cell, Protocol):
    """A cell without products of the state, h_t = a_t * h_{t-1} + b_t: all steps can be computed side by side."""

    def coefficients(self, wx: Tensor) -> tuple[Tensor, Tensor]:
        """wx [..., W] -> a and b, each [..., H], 0 <= a <= 1."""


class LookUp(NamedTuple):
    """Input given as symbols and their vectors: whoever multiplies the vectors may do so once a symbol.

    Attributes:
        table: the vectors of all symbols, [V, D].
        ids: int64 [B, T], 0 <= id < V, at padding too.
    """

    table: Tensor
    ids: Tensor

    def vectors(self) -> Tensor:
        """[B, T, D]."""
        from torch.nn import functional

        return functional.embedding(self.ids, self.table)


class Kernel(Protocol):
    """Who runs a cell over time: a module of ``kernels/`` with these two functions."""

    def refuse(self, cell: Cell, x: Tensor) -> str:
        """Why this kernel cannot take the cell and input; an empty string when it can."""

    def run(self, cell: Cell, params: Params, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
        """x [B, T, D], lengths int64 [B] on the CPU (None: every row has T steps), state [B, ...] -> outputs [B, T, P]
        (zero at padding) and the state after each row's last real step."""


@runtime_checkable
class DirectKernel(Kernel, Protocol):
    """A kernel that reads rows from their ends, and symbols, as they are."""

    def run_direct(
        self,
        cell: Cell,
        params: Params,
        x: Tensor | LookUp,
        lengths: Tensor | None,
        state: State,
        *,
        reverse: bool,
    ) -> tuple[Tensor, State]:
        """As ``run``; with ``reverse`` each row from its own end to its start, outputs standing where inputs do."""


# --- decoding ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What a decoder says of the next symbol: logp float [B, V] (normalized), the next state, attention [B, S]."""

    logp: Tensor
    state: State
    attention: Tensor | None = None


class Decoder(Protocol):
    """All that search knows of a model."""

    def start(self, n: int) -> State:
        """The state of ``n`` rows before the first symbol."""

    def step(self, state: State, ids: Tensor) -> Step:
        """Feed one symbol a row, ids int64 [B]."""

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given rows (int64 [N]), in their order; a row may be asked for more than once."""


class Writer(Protocol):
    """Rows that a decoder writes on, their state inside: it feeds symbols and draws the next ones in one call."""

    def next(self, ids: Tensor, numbers: Tensor) -> Tensor | None:
        """Feed one symbol a row, ids int64 [B], and draw the next ones, int64 [B]: those at which the running sums of
        probability pass ``numbers``, float64 [B] in [0, 1). None when the probabilities are not numbers."""

    def keep(self, rows: Tensor) -> None:
        """Go on with the given rows only, int64 [N]."""


@runtime_checkable
class Draws(Decoder, Protocol):
    """A decoder that can draw by itself."""

    def writer(self, state: State, *, temperature: float, top_k: int, top_p: float) -> Writer | None:
        """Rows that go on from ``state`` and draw as ``weft.search.sampling`` would; None when it cannot."""


# --- measures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """A number that never travels without what it was measured on.

    Attributes:
        name, value, unit: "accuracy", 0.87, "share".
        n: how many things it was measured on; ``of`` says what they are ("texts").
        low, high: 95 % confidence interval.
        signature: settings that the value depends on ("classes:2|interval:wilson|weft:0.1.0").
        higher_is_better: for choosing the best model.
    """

    name: str
    value: float
    unit: str
    n: int
    of: str
    low: float
    high: float
    signature: str
    higher_is_better: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``metrics.json``."""
        return dict(vars(self))


@dataclass(frozen=True)
class LabelEvidence:
    """What a classifier said about labelled texts.

    Attributes:
        classes: the C names known to the model.
        gold: int64 numpy [N], -1 for a label the model does not know (always counted wrong); bool [N, C] when there may
            be several.
        probabilities: float64 numpy [N, C].
    """

    classes: tuple[str, ...]
    gold: np.ndarray
    probabilities: np.ndarray

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels (or none)."""
        return self.gold.ndim == 2


@dataclass(frozen=True)
class LikelihoodEvidence:
    """What a language model said about text, in nats, cut into blocks for the confidence interval.

    Attributes:
        nats: float64 numpy [N], negative log-likelihood of each block.
        symbols, characters, words: numpy [N], what each block holds (the unit of the model; Unicode code points;
            white-space separated words, ends of line included). Characters and words may be shared out evenly by
            symbols; their sums are exact.
        unknown: how many symbols were scored as unknown.
    """

    nats: np.ndarray
    symbols: np.ndarray
    characters: np.ndarray
    words: np.ndarray
    unknown: int = 0


Evidence = LabelEvidence | LikelihoodEvidence


# --- tasks ------------------------------------------------------------------------------------------------------------

WAYS_IN_PIECES = ("streamed", "split")
"""Ways of running (files of verify/ways/) that read a text in pieces."""

WAYS_OF_RUNNING = (
    "alone", "padded", "more-padding", "ragged", "other-padding", "shuffled", "company", *WAYS_IN_PIECES, "saved",
    "kernel", "repeated", "reseeded", "cpu-threads", "python-threads", "float64", "cuda",
)  # fmt: skip
"""Every way that a certificate of a recurrent network compares. A task names them in its ``ways``, so that one whose
file is gone is missed."""


@dataclass(frozen=True)
class Loss:
    """A batch's loss: the sum in nats (with its graph), how many things it sums over, the state to carry on."""

    total: Tensor
    count: int
    state: State | None = None


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


class Task(Protocol):
    """What wires the ends: a folder ``tasks/NAME/`` with ``config.Config`` (no torch), ``model.py`` (a ``Network``)
    and, in ``task.py``, one instance called ``task`` of a class with these members. A task imports no other task."""

    name: str
    fields: tuple[str, ...]
    """What it reads: "text", "label", ..."""
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

    def build(self, config: Recipe, vocabulary: Vocabulary, parts: Mapping[str, nn.Module]) -> nn.Module:
        """The network with fresh parameters (from torch's current random stream)."""

    def loss(self, module: nn.Module, batch: Batch, state: State | None) -> Loss:
        """The loss of one batch; ``state`` is what the batch before left (None at the start of an epoch)."""

    def evidence(self, module: nn.Module, feed: Feed, vocabulary: Vocabulary) -> Evidence:
        """Run the network over a feed (evaluation mode, no gradients), in the order of the source rows."""

    def finish(self, module: nn.Module, feed: Feed, vocabulary: Vocabulary) -> dict[str, Any]:
        """Last touches on the trained network with the validation part (calibration); what was measured, by name."""

    def read(
        self, files: Sequence[Path], config: Recipe, vocabulary: Vocabulary, work: Path
    ) -> tuple[Feed, tuple[str, ...]]:
        """Number files of the same kind with a frozen vocabulary, for ``evaluate``; the feed and what was odd."""

    def encode(self, config: Recipe, vocabulary: Vocabulary, text: str) -> np.ndarray:
        """The numbers of a text as the network reads it, int64 [N]; none when it holds no symbol."""

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

    def score(self, module: nn.Module, vocabulary: Vocabulary, texts: Sequence[str]) -> list[dict[str, Any]]:
        """log p of each text, end of line included; run as one batch."""
