"""What is trained and measured, from the options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from weft import bundle
from weft.data.corpus import fingerprint
from weft.errors import ConfigError, DataError
from weft.labs._architectures import recurrent
from weft.labs._contract import LabOptions
from weft.labs._copying import COPY, REVERSE, Copying, texts_to_measure, write_parts
from weft.labs._translators import Job, Planned, Texts, planned, texts_of

WITHOUT, WITH = "fixed vector", "attention"
MULTI30K = "multi30k"
PARTS = {"train": ".gz", "val": "", "test2016": ""}
"""Parts of the data set and how its files end."""

DATA_RECIPE = "bahdanau2015"
DATA_SETTINGS = (
    "data.max_symbols=4000",
    "embedding.size=128",
    "encoder.hidden=128",
    "decoder.hidden=256",
    "decoder.readout=128",
    "decoding.beam=5",
)
"""The recipe at half its width, for a few cores."""
NO_ATTENTION = ('decoder.attention="none"', "decoder.attention_width=0", "decoder.summary=true")


@dataclass(frozen=True)
class Size:
    """How much is measured without data.

    Attributes:
        strings: what is trained on, and which lengths are measured.
        updates: of every training.
        hidden: units of the writing GRU and of each direction of the reading one.
        seeds: trainings of each network.
    """

    strings: Copying
    updates: int
    hidden: int
    seeds: int


DEFAULT = Size(Copying((5, 20), (5, 10, 15, 20, 25, 30)), updates=1000, hidden=64, seeds=1)
FULL = Size(
    Copying((5, 30), (5, 10, 15, 20, 25, 30, 35, 40, 50), count=40_000, texts=500), updates=6000, hidden=128, seeds=3
)
RATE = 0.01
"""Adam's step size, for either network the best of small trials (0.003, 0.01 without; 0.005, 0.01 with attention)."""
DATA_EPOCHS, DATA_FULL_EPOCHS = 6, 20


@dataclass(frozen=True)
class Given:
    """A translator that is there: its column and its run folder."""

    name: str
    run: Path

    @property
    def digest(self) -> str:
        """Of its weights, symbols and recipe, which says how outputs are searched for."""
        files = [self.run / name for name in (bundle.WEIGHTS, bundle.VOCABULARY, bundle.RECIPE)]
        return "-".join(digest[:12] for digest in dict(fingerprint(files)).values())


@dataclass(frozen=True)
class Case:
    """Networks that are held against each other on the same texts; the first is what the others are held against."""

    texts: Texts
    seed: int | None
    jobs: tuple[Planned, ...] = ()
    given: tuple[Given, ...] = ()


def make(options: LabOptions) -> list[Case]:
    """The plan of these options; what is trained on is written.

    Raises:
        ConfigError: the options do not fit together.
        DataError: a file is missing or holds no pairs.
    """
    if options.runs:
        return _of_runs(options)
    if options.pairs:
        raise ConfigError("--pairs names texts to measure given translators on", hint="add --run RUN, twice or more")
    if options.data is not None:
        return _with_data(options, options.data)
    size = FULL if options.full else DEFAULT
    seeds = range(options.seed, options.seed + size.seeds)
    return [_built_in(task, size, seed, options) for task in (COPY, REVERSE) for seed in seeds]


def _of_runs(options: LabOptions) -> list[Case]:
    if len(options.runs) < 2:
        raise ConfigError(f"runs are held against each other: two or more, got {len(options.runs)}", hint="--run again")
    for run in options.runs:
        bundle.check_run(run)
    names = [run.name for run in options.runs]
    names = [str(run) if names.count(run.name) > 1 else run.name for run in options.runs]
    if len(set(names)) < len(names):
        raise ConfigError(f"a run was given twice: {', '.join(names)}")
    given = tuple(Given(name, run) for name, run in zip(names, options.runs, strict=True))
    sets = [texts_of(Path(each.split(":")[0]).name, each) for each in options.pairs]
    if options.data is not None:
        sets.append(texts_of(f"{MULTI30K} en-de", _multi30k(options.data, "test2016")))
    if not sets:
        size = FULL if options.full else DEFAULT
        sets = [texts_to_measure(task, size.strings, options.seed) for task in (COPY, REVERSE)]
        # Nothing says what lengths these runs were trained on.
        sets = [replace(each, parts=tuple(replace(part, seen=None) for part in each.parts)) for each in sets]
    return [Case(texts, None, given=given) for texts in sets]


def _built_in(task: str, size: Size, seed: int, options: LabOptions) -> Case:
    folder = options.out / f"{task}{'-full' if options.full else ''}-seed{seed}"
    train, valid = write_parts(folder, task, size.strings, seed)
    texts = texts_to_measure(task, size.strings, seed)
    jobs = []
    for network, attention in ((WITHOUT, False), (WITH, True)):
        recipe = recurrent(attention, hidden=size.hidden, lr=RATE, steps=size.updates)
        jobs.append(planned(Job(network, recipe, train, valid, folder / network.replace(" ", "-"), seed), texts))
    return Case(texts, seed, tuple(jobs))


def _with_data(options: LabOptions, data: Path) -> list[Case]:
    """English to German, on the parts of the data set."""
    train, valid = Path(_multi30k(data, "train")), Path(_multi30k(data, "val"))
    texts = texts_of(f"{MULTI30K} en-de", _multi30k(data, "test2016"))
    epochs = DATA_FULL_EPOCHS if options.full else DATA_EPOCHS
    folder = options.out / f"{MULTI30K}{'-full' if options.full else ''}-seed{options.seed}"
    # In full the recipe is as it stands, at its whole width.
    shared = (*(() if options.full else DATA_SETTINGS), f"training.epochs={epochs}")
    jobs = []
    for network, more in ((WITHOUT, NO_ATTENTION), (WITH, ())):
        out = folder / network.replace(" ", "-")
        job = Job(network, DATA_RECIPE, train, valid, out, options.seed, (*shared, *more))
        jobs.append(planned(job, texts))
    return [Case(texts, options.seed, tuple(jobs))]


def _multi30k(data: Path, part: str) -> str:
    """The two aligned files of a part, ``a:b``.

    Raises:
        DataError: the folder does not hold them.
    """
    paths = [data / MULTI30K / f"{part}.{side}{PARTS[part]}" for side in ("en", "de")]
    for path in paths:
        if not path.is_file():
            raise DataError(f"{data} does not hold {path.relative_to(data)}", hint="--data DIR names the data folder")
    return ":".join(map(str, paths))
