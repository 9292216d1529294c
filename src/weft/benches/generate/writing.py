"""Whole writing, symbol by symbol with sampling: ``weft generate`` against the faster of two loops in torch."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence

import torch

from weft.benches._comparison import Comparison, Wanted
from weft.benches._rounds import Parts, Patience, alternate, timed
from weft.benches.generate.steppers import Stepper, cell_stepper, layer_stepper, reference
from weft.catalog import TASKS
from weft.config import TextData
from weft.data.codec import Codec
from weft.data.stream import StreamVocabulary
from weft.errors import BackendError
from weft.model import Model
from weft.tasks.language_model.config import Config
from weft.tasks.language_model.model import LanguageModel

LENGTHS = (400, 2000)
"""Symbols written at a time; the first is what ``weft generate`` writes unless told otherwise."""
LOOP_LENGTH = 100
"""Symbols that the loops write at a time: each costs them the same."""
WANTED = {"float32": Wanted(3.0), "int8": Wanted(6.0)}
PART = "weft generate against the faster torch loop"
TEMPERATURE = 0.8
CHECKED = 64
"""Symbols that must be the reference's."""
ALPHABET = (string.ascii_letters + string.digits + string.punctuation)[:63]
"""With the unknown symbol and the end of a line: 65."""


def measure(module: LanguageModel, symbols: Codec, *, patience: Patience) -> Iterator[Comparison]:
    """Check the text, then time its writing; packing the weights is part of it.

    Raises:
        BackendError: another text than the reference's.
    """
    written = model(module, symbols)
    check(written, symbols)
    loops = {"layer": layer_stepper(module), "cells": cell_stepper(module)}
    works = [timed(name, _looped(stepper, symbols)) for name, stepper in loops.items()]
    ours = {(precision, length): f"{precision}, {length:,} characters" for precision in WANTED for length in LENGTHS}
    able = {key: case for key, case in ours.items() if _writes(written, key[0])}
    works += [timed(case, _written(written, length, precision)) for (precision, length), case in able.items()]
    rounds = alternate(works, patience)
    other = LOOP_LENGTH / min(rounds.seconds(name) for name in loops)
    for (precision, length), case in ours.items():
        wanted = WANTED[precision]
        if (precision, length) not in able:
            yield Comparison(PART, f"{case}: needs the C++ core", wanted=wanted)
            continue
        ratio = rounds.ratio(_faster(list(loops), case, length))
        yield Comparison(PART, case, "char/s", length / rounds.seconds(case), other, ratio, wanted)


def codec() -> Codec:
    """The characters that are written."""
    return Codec.learn([ALPHABET], TextData.model_validate({"tokenizer": "char"}), end=True)


def model(module: LanguageModel, symbols: Codec) -> Model:
    """The network with its vocabulary, as a run would load."""
    task = TASKS.load(Config().task, "task").task
    return Model(config=Config(), task=task, vocabulary=StreamVocabulary(symbols), module=module)


def weft_text(model: Model, length: int, precision: str = "float32") -> str:
    """What ``weft generate`` writes: one sample, piece by piece."""
    return "".join(model.stream(length=length, temperature=TEMPERATURE, precision=precision))


def torch_text(stepper: Stepper, symbols: Codec, length: int) -> str:
    """What a loop writes that samples with torch: softmax, multinomial, the next step."""
    characters, pieces, symbol = symbols.symbols, [], symbols.end_id
    assert symbol is not None
    with torch.inference_mode():
        for _ in range(length):
            probabilities = torch.softmax(stepper(symbol) / TEMPERATURE, dim=-1)
            symbol = int(torch.multinomial(probabilities, 1))
            pieces.append(characters[symbol])
    return "".join(pieces)


def check(written: Model, symbols: Codec) -> None:
    """Hold the beginning of the text in float32 against what the reference in float64 writes from the same seed.

    Raises:
        BackendError: it is another text.
    """
    assert isinstance(written.module, LanguageModel)
    exact = model(reference(written.module), symbols)
    right, got = (weft_text(each, CHECKED) for each in (exact, written))
    if right != got:
        raise BackendError(f"weft generate wrote {got!r}, the reference {right!r}; it is not timed")


def _writes(written: Model, precision: str) -> bool:
    try:
        weft_text(written, 1, precision)
    except BackendError:
        return False
    return True


def _written(written: Model, length: int, precision: str) -> Callable[[], str]:
    return lambda: weft_text(written, length, precision)


def _looped(stepper: Stepper, symbols: Codec) -> Callable[[], str]:
    return lambda: torch_text(stepper, symbols, LOOP_LENGTH)


def _faster(loops: Sequence[str], ours: str, length: int) -> Callable[[Parts], float]:
    """Seconds a character of the faster loop, over ours."""
    return lambda parts: min(parts[name] for name in loops) / LOOP_LENGTH * length / parts[ours]
