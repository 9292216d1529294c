"""A two-layer LSTM over characters that reads one symbol a call, by the core and by torch: logits of the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from weft.benches._agreement import TOLERANCE, largest_difference
from weft.kernels import Output, Symbols
from weft.nn.output import Full
from weft.nn.stepper import core_decoder
from weft.tasks.language_model.config import Config
from weft.tasks.language_model.model import LanguageModel

UNITS, LAYERS = 512, 2
CHECKED = 32
"""Symbols whose logits are held against the reference."""
TOLERANCES = {"float32": TOLERANCE, "int8": 0.02}
"""Largest difference of a logit from the reference in float64, as a share of the largest, by precision."""

Stepper = Callable[[int], Tensor]
"""Reads a symbol and gives the logits [V] of the next one; the state is carried on inside."""


def network(symbols: int, seed: int, *, kernel: str = "auto") -> LanguageModel:
    """The language model that all steppers are made of, with drawn weights."""
    torch.manual_seed(seed)
    config = Config.model_validate(
        {
            "embedding": {"size": UNITS},
            "encoder": {"cell": "lstm", "hidden": UNITS, "layers": LAYERS, "kernel": kernel},
        }
    )
    return LanguageModel(config, symbols=symbols).eval()


def core_stepper(module: LanguageModel, precision: str) -> tuple[Stepper, int]:
    """Our one-step path, and the bytes of weights that it reads a step.

    Raises:
        BackendError: the core is absent, or cannot run this.
    """
    embedding, output = module.embedding, full_output(module)
    decoder = core_decoder(
        module.encoder,
        symbols=Symbols(embedding.vocabulary_size, embedding.weight),
        output=Output(output.weight, output.bias),
        precision=precision,
    )
    state = module.begin(1)

    def step(symbol: int) -> Tensor:
        nonlocal state
        logits, state = decoder.step(torch.tensor([symbol]), state)
        return logits[0]

    return step, decoder.bytes


def module_stepper(module: LanguageModel) -> Stepper:
    """The network's own step, which writes where there is no core."""
    state = module.begin(1)

    def step(symbol: int) -> Tensor:
        nonlocal state
        with torch.inference_mode():
            logits, state = module.step(torch.tensor([symbol]), state)
            return logits[0]

    return step


def layer_stepper(module: LanguageModel) -> Stepper:
    """torch.nn.LSTM called with one step."""
    embedding, output = _ends(module)
    layers = nn.LSTM(UNITS, UNITS, LAYERS, batch_first=True)
    layers.load_state_dict(module.encoder.state_dict())
    state: Any = None

    def step(symbol: int) -> Tensor:
        nonlocal state
        with torch.inference_mode():
            y, state = layers(embedding(torch.tensor([[symbol]])), state)
            logits: Tensor = output(y[0, 0])
            return logits

    return step


def cell_stepper(module: LanguageModel) -> Stepper:
    """A loop over torch.nn.LSTMCell, as it is written by hand."""
    embedding, output = _ends(module)
    weights = module.encoder.state_dict()
    cells = [nn.LSTMCell(UNITS, UNITS) for _ in range(LAYERS)]
    for place, cell in enumerate(cells):
        cell.load_state_dict({name: weights[f"{name}_l{place}"] for name in cell.state_dict()})
    states: list[Any] = [None] * LAYERS

    def step(symbol: int) -> Tensor:
        with torch.inference_mode():
            x = embedding(torch.tensor([symbol]))
            for place, cell in enumerate(cells):
                states[place] = cell(x, states[place])
                x = states[place][0]
            logits: Tensor = output(x)[0]
            return logits

    return step


def reference(module: LanguageModel) -> LanguageModel:
    """The same network in float64, run by the reference kernel."""
    wide = network(module.embedding.vocabulary_size, 0, kernel="loop").double()
    wide.load_state_dict(module.state_dict())
    return wide


def check(name: str, stepper: Stepper, module: LanguageModel, precision: str = "float32") -> float:
    """Hold a fresh stepper's logits along a text against the reference; how far off they are.

    Raises:
        BackendError: a logit is wrong.
    """
    text = drawn_text(module.embedding.vocabulary_size, CHECKED)
    right, got = (torch.stack([step(each) for each in text]) for step in (module_stepper(reference(module)), stepper))
    return largest_difference(name, {"logits": right}, {"logits": got}, TOLERANCES[precision])


def full_output(module: LanguageModel) -> Full:
    """The output layer, which is the full one in every case."""
    assert isinstance(module.output, Full)
    return module.output


def drawn_text(symbols: int, length: int) -> list[int]:
    """Symbols that are read, the same every time."""
    drawn = torch.Generator().manual_seed(1)
    return torch.randint(symbols, (length,), generator=drawn).tolist()


def _ends(module: LanguageModel) -> tuple[nn.Embedding, nn.Linear]:
    assert module.embedding.weight is not None
    symbols, width = module.embedding.weight.shape
    return nn.Embedding(symbols, width, _weight=module.embedding.weight.detach()), full_output(module)
