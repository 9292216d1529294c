"""Which networks are trained on what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from weft.data.samples import number_words
from weft.data.samples._parts import write_rows
from weft.labs._architectures import attention_only, convolutional, recurrent
from weft.labs._contract import LabOptions
from weft.labs._copying import COPY, HEADER, REVERSE, Copying, texts_to_measure, write_parts
from weft.labs._translators import CHARACTERS, Job, Planned, Texts, parts_by_length, planned

NUMBERS = "number words"
LANGUAGE = "en"

FIXED, ATTENDING, CONVOLUTIONAL, ATTENTION_ONLY = "recurrent", "with attention", "convolutional", "attention only"
NETWORKS = (FIXED, ATTENDING, CONVOLUTIONAL, ATTENTION_ONLY)


@dataclass(frozen=True)
class Widths:
    """Units of each network, so that all have about as many parameters."""

    fixed: int
    attending: int
    convolutional: int
    attention_only: int


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        tasks: what is learned.
        strings: of the tasks with strings.
        numbers: pairs of the training part; ``number_texts`` are measured.
        updates: of every training.
        widths: of the networks.
        layers: of the convolutional network and of attention alone.
        seeds: trainings of each network.
        paced: lengths at which updates are timed; ``rounds``: how often each.
    """

    tasks: tuple[str, ...]
    strings: Copying
    numbers: int
    number_texts: int
    updates: int
    widths: Widths
    layers: tuple[int, int]
    seeds: int
    paced: tuple[int, ...]
    rounds: int


DEFAULT = Size(
    tasks=(REVERSE, NUMBERS),
    strings=Copying((5, 20), (5, 10, 15, 20, 25, 30)),
    numbers=10_000,
    number_texts=500,
    updates=600,
    widths=Widths(68, 64, 52, 52),
    layers=(3, 2),
    seeds=1,
    paced=(10, 20, 40, 80),
    rounds=7,
)
FULL = Size(
    tasks=(COPY, REVERSE, NUMBERS),
    strings=Copying((5, 30), (5, 10, 15, 20, 25, 30, 35, 40, 50), count=40_000, texts=500),
    numbers=20_000,
    number_texts=2000,
    updates=6000,
    widths=Widths(136, 128, 100, 100),
    layers=(3, 2),
    seeds=3,
    paced=(10, 20, 40, 80, 160, 320),
    rounds=15,
)
RATES = {FIXED: 0.01, ATTENDING: 0.01, CONVOLUTIONAL: 0.005, ATTENTION_ONLY: 0.004}
"""Adam's step sizes, from small trials of each network."""
TRIALS = (
    f"step sizes, the best of small trials on strings to be turned round: {FIXED} {RATES[FIXED]:g} (0.003 was worse),"
    f" {ATTENDING} {RATES[ATTENDING]:g} (0.005 was slower), {CONVOLUTIONAL} {RATES[CONVOLUTIONAL]:g} (0.002 was worse),"
    f" {ATTENTION_ONLY} {RATES[ATTENTION_ONLY]:g} (0.002 and 0.005 were alike); all: Adam, a tenth of the updates rises"
    " to that rate, a cosine falls from it, gradients cut to norm 1, batches of 32, greedy outputs"
)


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        size: how much.
        texts: what is measured, by task and seed.
        trainings: every network on each of them.
        networks: recipes by name, for the pace.
        notes: what was left out.
    """

    size: Size
    texts: dict[tuple[str, int], Texts]
    trainings: tuple[Planned, ...]
    networks: dict[str, dict[str, Any]]
    notes: tuple[str, ...]


def make(options: LabOptions) -> Plan:
    """The plan of these options; what is trained on is written.

    Raises:
        DataError: the folder cannot be written.
    """
    size = FULL if options.full else DEFAULT
    tasks, notes = list(size.tasks), []
    if NUMBERS in tasks and find_spec("num2words") is None:
        tasks.remove(NUMBERS)
        notes.append(f"{NUMBERS} were left out: num2words is not installed (pip install 'weft[demo]')")
    found, trainings = {}, []
    for task in tasks:
        for seed in range(options.seed, options.seed + size.seeds):
            folder = options.out / f"{task.replace(' ', '-')}{'-full' if options.full else ''}-seed{seed}"
            train, valid, texts = _files(task, size, folder, seed)
            found[task, seed] = texts
            for name, recipe in networks(size).items():
                job = Job(name, recipe, train, valid, folder / name.replace(" ", "-"), seed)
                trainings.append(planned(job, texts))
    # The longest first: those at the end are then short, and no core waits long for another.
    trainings.sort(key=lambda each: NETWORKS.index(each.job.network), reverse=True)
    return Plan(size, found, tuple(trainings), networks(size), tuple(notes))


def networks(size: Size) -> dict[str, dict[str, Any]]:
    """The recipe of every network."""
    widths, steps, (blocks, layers) = size.widths, size.updates, size.layers
    made: dict[str, Callable[[float], dict[str, Any]]] = {
        FIXED: lambda lr: recurrent(False, hidden=widths.fixed, lr=lr, steps=steps),
        ATTENDING: lambda lr: recurrent(True, hidden=widths.attending, lr=lr, steps=steps),
        CONVOLUTIONAL: lambda lr: convolutional(hidden=widths.convolutional, layers=blocks, lr=lr, steps=steps),
        ATTENTION_ONLY: lambda lr: attention_only(hidden=widths.attention_only, layers=layers, lr=lr, steps=steps),
    }
    return {name: make_it(RATES[name]) for name, make_it in made.items()}


def in_turn(recipe: dict[str, Any], length: int) -> tuple[int, int, int]:
    """Operations that wait for one another, in a layer over texts of a length: reading, learning to write, writing.

    A recurrence has a step for each symbol. Convolutions and attention take all symbols side by side while they read
    and where the target is known; every network writes one symbol after the other.
    """
    side_by_side = recipe.get("architecture", "recurrent") != "recurrent"
    return (1, 1, length) if side_by_side else (length, length, length)


def layers_of(recipe: dict[str, Any]) -> int:
    """Layers on either side."""
    sections = {"convolutional": "convolution", "self-attention": "self_attention"}
    section = sections.get(recipe.get("architecture", ""))
    return int(recipe[section]["layers"]) if section else 1


def _files(task: str, size: Size, folder: Path, seed: int) -> tuple[Path, Path, Texts]:
    if task != NUMBERS:
        return *write_parts(folder, task, size.strings, seed), texts_to_measure(task, size.strings, seed)
    counts = {"train": size.numbers, "valid": size.strings.held_out, "test": size.number_texts}
    drawn = {
        part: [
            (pair.source, pair.target)
            for pair in number_words.pairs(count, seed=seed, part=part, languages=(LANGUAGE,))
        ]
        for part, count in counts.items()
    }
    train, valid = (write_rows(folder / f"{part}.csv", HEADER, drawn[part]) for part in ("train", "valid"))
    pairs = tuple(drawn["test"])
    parts = parts_by_length([len(source) for source, _ in pairs])
    return train, valid, Texts(NUMBERS, pairs, CHARACTERS, "exact-match", parts)
