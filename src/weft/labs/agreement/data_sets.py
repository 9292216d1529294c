"""The public data sets of pairs, by the names that ``--pairs`` knows, and what the agreement sentences train."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from weft.bundle import write_text, writing
from weft.errors import DataError
from weft.labs.agreement.formats import read_pairs
from weft.labs.agreement.nouns import Nouns, learn_nouns
from weft.labs.agreement.pairs import PairSet
from weft.labs.agreement.supervision import divided, further, marked, write_examples

LINZEN = "linzen"
SETS = {
    LINZEN: "agreement_linzen/valid.tsv",
    "colorless": "agreement_colorless/en.tsv",
    "marvin-linzen": "agreement_marvin_linzen/pairs.tsv.gz",
    "blimp": "blimp/blimp.jsonl.gz",
}
"""File of each set, below the data folder."""
TRAINING = "agreement_linzen/train.tsv.gz"
TREEBANK = "ud_english_ewt/train.conllu.gz"
HELD_OUT = 10
"""Every so many-th training sentence is held out, to choose the best epoch."""


def find(data: Path, names: Iterable[str]) -> dict[str, Path]:
    """The files of these sets; without names, of every set whose file is there.

    Raises:
        DataError: a set that was named has no file, or there is none at all.
    """
    wanted = list(names)
    found = {name: data / SETS[name] for name in wanted or SETS if (data / SETS[name]).is_file()}
    for name in wanted:
        if name not in found:
            raise DataError(f"{data} does not hold {SETS[name]}", hint="--data DIR names the data folder")
    if not found:
        raise DataError(
            f"{data} holds none of the sets of pairs: {', '.join(SETS.values())}",
            hint="--data DIR names the data folder",
        )
    return found


def linzen_training(data: Path) -> PairSet:
    """The agreement sentences to train on.

    Raises:
        DataError: the folder does not hold them.
    """
    if not (data / TRAINING).is_file():
        raise DataError(f"{data} does not hold {TRAINING}", hint="--data DIR names the data folder")
    return read_pairs(data / TRAINING, "linzen, training part")


def write_training(folder: Path, training: PairSet) -> None:
    """Write what models train on, and beside each part what of it is held out to choose the best epoch.

    ``train.txt`` and ``valid.txt`` are sentences, ``subjects.tsv`` and ``held-out.tsv`` what stands before their verbs.

    Raises:
        RunError: the folder cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    kept, held_out = divided(training.pairs, HELD_OUT)
    for name, own in (("train", kept), ("valid", held_out)):
        write_text(folder / f"{name}.txt", "".join(f"{pair.sentences()[0]}\n" for pair in own))
    write_examples(folder / "subjects.tsv", (*marked(kept), *further(kept)))
    write_examples(folder / "held-out.tsv", marked(held_out))


def nouns(data: Path) -> Nouns | None:
    """The nouns of the treebank, if the folder holds it."""
    return learn_nouns(data / TREEBANK) if (data / TREEBANK).is_file() else None
