"""What is measured with which models, from the options; the models are trained later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from weft.errors import ConfigError, nearest
from weft.labs._contract import LabOptions
from weft.labs.agreement import built_in, data_sets
from weft.labs.agreement.formats import read_pairs
from weft.labs.agreement.formats.own import write_pairs
from weft.labs.agreement.models import Job, language_models, number_prediction
from weft.labs.agreement.nouns import Nouns, balanced, reliability
from weft.labs.agreement.pairs import PairSet

CELLS = ("lstm", "elman")
FULL_CELLS = ("lstm", "gru", "elman", "mingru")
SEEDS = 3
LINZEN_SETTINGS = ("data.min_count=2", "training.epochs=8", "embedding.dropout=0.2", "output.dropout=0.2")
"""The agreement sentences are few words for a language model: 150,000."""


Runs = tuple[tuple[str, Path], ...]
"""Models that were given, by the name of their column."""


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        sets: the pairs.
        models: language models to train.
        numbers: number predictions to train.
        runs: models that were given.
        usual: the number that most verbs of the training part have, where shortcuts are compared.
        nouns: which words are nouns, where shortcuts are compared.
    """

    sets: tuple[PairSet, ...]
    models: tuple[Job, ...] = ()
    numbers: tuple[Job, ...] = ()
    runs: Runs = ()
    usual: str = ""
    nouns: Nouns | None = None


def make(options: LabOptions) -> Plan:
    """The plan of these options; what is trained on is written.

    Raises:
        ConfigError: a set of pairs is named that is none.
        DataError: a file is missing or holds no pairs.
    """
    names, files = _divided(options)
    sets = [read_pairs(path, path.name, full=options.full) for path in files]
    runs = tuple(zip(_column_names(options.runs), options.runs, strict=True))
    if options.data is not None:
        return _with_data(options, options.data, names, sets, runs)
    if not sets:
        sets = [built_in.pairs(built_in.FULL if options.full else built_in.DEFAULT, options.seed)]
        write_pairs(options.out / "built-in.tsv", sets[0].pairs)
    return Plan(tuple(sets), runs=runs) if runs else replace(_trained_on_built_in(options), sets=tuple(sets))


def _divided(options: LabOptions) -> tuple[list[str], list[Path]]:
    """Sets of the data folder and files, as ``--pairs`` names them."""
    names = [each for each in options.pairs if each in data_sets.SETS]
    files = [Path(each) for each in options.pairs if each not in data_sets.SETS]
    for path in files:
        if not path.suffix and not path.exists():
            raise ConfigError(
                f"--pairs {path}: neither a file nor a set of pairs{nearest(str(path), data_sets.SETS)}",
                hint=f"sets of a data folder: {', '.join(data_sets.SETS)}",
            )
    if names and options.data is None:
        raise ConfigError(f"--pairs {names[0]} is a set of the data folder, and none was given", hint="add --data DIR")
    return names, files


def _trained_on_built_in(options: LabOptions) -> Plan:
    """Models of the built-in sentences."""
    size = built_in.FULL if options.full else built_in.DEFAULT
    folder = options.out / f"built-in{'-full' if options.full else ''}-seed{options.seed}"
    built_in.write_training(folder, built_in.pairs(size, options.seed), size, options.seed)
    models = language_models(FULL_CELLS if options.full else CELLS, folder, options.seed)
    return Plan((), tuple(models), tuple(number_prediction(folder, [options.seed])))


def _with_data(options: LabOptions, data: Path, wanted: Sequence[str], files: list[PairSet], runs: Runs) -> Plan:
    """The sets of a data folder; with runs these alone, else models of the agreement sentences, measured on those."""
    found = data_sets.find(data, wanted or ([] if runs else [data_sets.LINZEN]))
    sets = {name: read_pairs(path, name, full=options.full) for name, path in found.items()}
    linzen = sets.get(data_sets.LINZEN)
    nouns = None if linzen is None else data_sets.nouns(data)
    if linzen is not None:
        sets[data_sets.LINZEN] = _with_balance(linzen, nouns)
    if runs:
        return Plan((*sets.values(), *files), runs=runs)
    folder = options.out / f"linzen-seed{options.seed}"
    training = data_sets.linzen_training(data)
    data_sets.write_training(folder, training)
    models = language_models(CELLS, folder, options.seed, LINZEN_SETTINGS)
    made = Plan((*sets.values(), *files), models=tuple(models))
    if linzen is None:
        return made
    numbers = [str(pair.number) for pair in training.pairs]
    return replace(
        made,
        numbers=tuple(number_prediction(folder, range(options.seed, options.seed + SEEDS))),
        usual=max(sorted(set(numbers)), key=numbers.count),
        nouns=nouns,
    )


def _with_balance(linzen: PairSet, nouns: Nouns | None) -> PairSet:
    """The set with its balanced part, where nouns are known."""
    if nouns is None:
        missing = f"linzen: no shortcuts and no balanced part: the data folder does not hold {data_sets.TREEBANK}"
        return replace(linzen, notes=(*linzen.notes, missing))
    notes = (*linzen.notes, f"linzen: {reliability(linzen.pairs, nouns)}")
    return replace(linzen, slices=(balanced(linzen.pairs, nouns),), notes=notes)


def _column_names(runs: Sequence[Path]) -> list[str]:
    """The folders' names; whole paths where two are alike."""
    names = [run.name for run in runs]
    return [str(run) if names.count(run.name) > 1 else run.name for run in runs]
