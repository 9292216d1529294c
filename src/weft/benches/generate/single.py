"""Single steps: ours in both precisions against torch's layer, a loop over cells, onnxruntime and reading alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from weft.benches._comparison import Comparison, Wanted, share_of
from weft.benches._machine import memory_size, reading
from weft.benches._rounds import Parts, Patience, Rounds, Work, alternate, timed
from weft.benches.generate import onnx_runtime, steppers
from weft.benches.generate.steppers import Stepper
from weft.errors import BackendError
from weft.kernels import PRECISIONS
from weft.tasks.language_model.model import LanguageModel

STEPS = 32
"""Symbols read at a time."""
LAYER, CELLS, ONNX = "torch.nn.LSTM", "LSTMCell loop", "onnxruntime"
WANTED = {LAYER: Wanted(5.0), CELLS: Wanted(3.0), ONNX: Wanted(1.5)}
INT8_WANTED = Wanted(1.8)
STEP, READ = "steps/s", "weights read, share of the machine's reading"
MEMORY = "read memory"
SETTLED = 0.005
"""Seconds after which onnxruntime's threads, which spin for work, have gone to sleep."""


@dataclass(frozen=True)
class Ours:
    """Our way of stepping in one precision; ``bytes`` of weights a step reads, 0 where that is not told."""

    stepper: Stepper
    error: float
    bytes: int = 0


def measure(module: LanguageModel, *, patience: Patience) -> Iterator[Comparison]:
    """Check every way, then time all of them in turns.

    Raises:
        BackendError: a logit is wrong.
    """
    ours, others = _ours(module), _others(module)
    text = steppers.drawn_text(module.embedding.vocabulary_size, STEPS)
    works = [timed(name, _reader(each.stepper, text)) for name, each in ours.items()]
    works += [timed(f"read {name}", reading(each.bytes)) for name, each in ours.items() if each.bytes]
    works += [_settling(timed(name, _reader(stepper, text))) for name, stepper in others.items()]
    works.append(timed(MEMORY, reading(memory_size())))
    rounds = alternate(works, patience)
    yield from _against_others(rounds, ours["float32"], others)
    yield from _int8(rounds, ours)
    for name, each in ours.items():
        if each.bytes:
            yield from _reading(rounds, name, each.bytes)


def path(module: LanguageModel) -> str:
    """Who takes our steps: the core, or the network itself and why."""
    try:
        steppers.core_stepper(module, "float32")
    except BackendError as error:
        return f"torch: {error}"
    return "core"


def _ours(module: LanguageModel) -> dict[str, Ours]:
    """By precision; without the core the network's own step, which has no int8."""
    found: dict[str, Ours] = {}
    for precision in PRECISIONS:
        try:
            (fresh, _), (stepper, size) = (steppers.core_stepper(module, precision) for _ in range(2))
        except BackendError:
            continue
        found[precision] = Ours(stepper, steppers.check(f"our step, {precision}", fresh, module, precision), size)
    if "float32" not in found:
        error = steppers.check("our step", steppers.module_stepper(module), module)
        found["float32"] = Ours(steppers.module_stepper(module), error)
    return found


def _others(module: LanguageModel) -> dict[str, Stepper]:
    made: dict[str, Callable[[LanguageModel], Stepper]] = {LAYER: steppers.layer_stepper, CELLS: steppers.cell_stepper}
    if not onnx_runtime.absence():
        made[ONNX] = onnx_runtime.OnnxStepper
    for name, make in made.items():
        steppers.check(name, make(module), module)
    return {name: make(module) for name, make in made.items()}


def _against_others(rounds: Rounds, ours: Ours, others: Mapping[str, Stepper]) -> Iterator[Comparison]:
    for name, wanted in WANTED.items():
        if name in others:
            ratio = rounds.ratio(_faster(name, "float32"))
            speeds = _speed(rounds, "float32"), _speed(rounds, name)
            yield Comparison(STEP, f"float32 against {name}", "steps/s", *speeds, ratio, wanted, ours.error)
        else:
            yield Comparison(STEP, f"float32 against {name}: {onnx_runtime.absence()}", wanted=wanted)


def _int8(rounds: Rounds, ours: Mapping[str, Ours]) -> Iterator[Comparison]:
    if "int8" not in ours:
        yield Comparison(STEP, "int8 against float32: needs the C++ core", wanted=INT8_WANTED)
        return
    speeds = _speed(rounds, "int8"), _speed(rounds, "float32")
    ratio = rounds.ratio(_faster("float32", "int8"))
    yield Comparison(STEP, "int8 against float32", "steps/s", *speeds, ratio, INT8_WANTED, ours["int8"].error)


def _reading(rounds: Rounds, name: str, size: int) -> Iterator[Comparison]:
    """Against what is read in the same rounds: a working set as large as the weights, and one far beyond the cache."""
    work, words = size * STEPS, f"{name}, {size / 2**20:.1f} MiB"
    for part, bytes_, of in ((f"read {name}", size, "a set of that size"), (MEMORY, memory_size(), "memory")):
        limit, ours = bytes_ / rounds.fastest(part), work / rounds.fastest(name)
        share = share_of(limit, work, rounds, name)
        yield Comparison(READ, f"{words}, against {of}", "GB/s", ours / 1e9, limit / 1e9, share)


def _faster(slow: str, fast: str) -> Callable[[Parts], float]:
    return lambda parts: parts[slow] / parts[fast]


def _speed(rounds: Rounds, name: str) -> float:
    return STEPS / rounds.seconds(name)


def _reader(stepper: Stepper, text: list[int]) -> Callable[[], None]:
    def read() -> None:
        for symbol in text:
            stepper(symbol)

    return read


def _settling(work: Work) -> Work:
    """The work, and then a moment of rest that is not timed."""

    def rested() -> Parts:
        parts = work()
        time.sleep(SETTLED)
        return parts

    return rested
