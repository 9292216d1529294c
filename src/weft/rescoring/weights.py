"""The weights of a log-linear combination, and the file they are kept in.

    score = own score + sum over runs (logp_weight * log p + unknown_weight * unknown symbols) + word_weight * words

log p is in nats and counts the end of the line. The recogniser's own score has weight 1, so the others are relative to
it. A word weight above 0 favours long hypotheses; below 0 it is the word-insertion penalty. Unknown symbols get a
weight of their own since a run gives all of them one probability, however strange they are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from weft import bundle
from weft.data.corpus import fingerprint
from weft.errors import ConfigError
from weft.rescoring.form import Case, Form, Marks

FORMAT = 2
ENDING = ".json"
"""Of a file of weights; by it ``--weights`` tells one from numbers."""
SHOWN = 60
"""Characters of a file that a message shows."""


@dataclass(frozen=True)
class RunWeights:
    """What one run counts for: ``name`` is its folder's, ``identity`` what the function gives."""

    name: str
    logp: float
    unknown: float = 0.0
    identity: str = ""


@dataclass(frozen=True)
class Tuning:
    """What weights were tuned on: the file, its lists, and their word errors with the weights."""

    file: str
    lists: int
    errors: int


@dataclass(frozen=True)
class Weights:
    """A combination of runs, the form their texts are brought into, and where it comes from."""

    runs: tuple[RunWeights, ...]
    words: float
    form: Form
    tuning: Tuning | None = None

    @classmethod
    def of(cls, runs: Mapping[str, str], vector: np.ndarray, form: Form, tuning: Tuning) -> Weights:
        """What tuning found, [K] in the order of ``Table.features``; ``runs`` gives each name its identity."""
        values = vector.tolist()
        parts = zip(runs, values[:-1:2], values[1:-1:2], runs.values(), strict=True)
        return cls(tuple(RunWeights(*part) for part in parts), values[-1], form, tuning)

    @classmethod
    def given(cls, names: Sequence[str], text: str, form: Form) -> Weights:
        """Weights written by hand: a number for each run, and one more for the words if there is one.

        Raises:
            ConfigError: they are no numbers, or too few or too many.
        """
        try:
            values = [float(part) for part in text.split(",")]
        except ValueError:
            raise ConfigError(
                f"--weights {text!r} is neither a .json file nor numbers with commas between them",
                hint="write --weights 0.3,-0.5: a number for each run, then one a word; or a file of --save-weights",
            ) from None
        for place, value in enumerate(values, 1):
            if not math.isfinite(value):
                raise ConfigError(f"--weights {text!r}: weight {place} is {value}; weights are finite numbers")
        if len(values) - len(names) not in (0, 1):
            raise ConfigError(
                f"--weights {text!r} holds {len(values)} numbers for {len(names)} run(s)",
                hint=f"give {len(names)}, one a run, and perhaps one more for each word",
            )
        runs = tuple(RunWeights(name, value) for name, value in zip(names, values, strict=False))
        return cls(runs, values[len(names)] if len(values) > len(names) else 0.0, form)

    @property
    def vector(self) -> np.ndarray:
        """float64 [K] in the order of ``Table.features``."""
        return np.array([value for run in self.runs for value in (run.logp, run.unknown)] + [self.words])

    def write(self, path: Path) -> None:
        """Keep them in a file.

        Raises:
            ConfigError: it cannot be written.
        """
        values: dict[str, Any] = {
            "format": FORMAT,
            "runs": [dict(vars(run)) for run in self.runs],
            "words": self.words,
            "form": dict(vars(self.form)),
            "tuning": None if self.tuning is None else dict(vars(self.tuning)),
        }
        try:
            path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: the weights cannot be written: {error.strerror}") from error

    @classmethod
    def read(cls, path: Path, given: Mapping[str, str], form: Form) -> Weights:
        """Read a file that ``write`` made.

        Args:
            given: the runs that are there now, the identity of each by its name.
            form: what a person asks for now; what is left open is the file's.
        Raises:
            ConfigError: the file is missing or damaged, belongs to other runs or to runs before they were trained
                again, or was tuned on another form.
        """
        try:
            kept = cls(**_fields(json.loads(path.read_text(encoding="utf-8"))))
        except OSError as error:
            raise ConfigError(f"{path}: the weights cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ConfigError(
                f"{path} holds no weights of weft rescore: {_told(error)}",
                hint="make it with --dev DEV --save-weights FILE.json",
            ) from error
        kept._check_runs(path, given)
        kept._check_form(path, form)
        return kept

    def _check_runs(self, path: Path, given: Mapping[str, str]) -> None:
        wanted = [run.name for run in self.runs]
        if wanted != list(given):
            raise ConfigError(
                f"{path} holds weights for {', '.join(wanted) or 'no runs'}, given are {', '.join(given)}",
                hint="give the runs that the weights were tuned for, in that order",
            )
        changed = [run.name for run in self.runs if run.identity != given[run.name]]
        if changed:
            raise ConfigError(
                f"{path} holds weights for another {changed[0]}: the run's model or vocabulary has changed since",
                hint="tune again with --dev DEV --save-weights FILE.json, or give the run they were tuned for",
            )

    def _check_form(self, path: Path, form: Form) -> None:
        for option, asked in vars(form).items():
            kept = getattr(self.form, option)
            if asked is not None and asked != kept:
                raise ConfigError(
                    f"--{option} {asked}: the weights in {path} were tuned "
                    + (f"with --{option} {kept}" if kept else f"without --{option}"),
                    hint=f"leave --{option} out, or tune again",
                )


def identity(run: Path) -> str:
    """What tells a run from every other, and from itself trained again: of model and vocabulary, from their sha256."""
    prints = fingerprint([run / bundle.WEIGHTS, run / bundle.VOCABULARY])
    return "-".join(digest[:16] for digest in prints.values())


def check_ending(path: Path) -> None:
    """Check that a file of weights will be known as one.

    Raises:
        ConfigError: it has another ending.
    """
    if path.suffix != ENDING:
        raise ConfigError(
            f"--save-weights {path}: weights are kept in a {ENDING} file, and --weights reads no other",
            hint=f"write --save-weights {path.with_suffix(ENDING) if path.name else 'FILE' + ENDING}",
        )


def _fields(values: Any) -> dict[str, Any]:
    """The fields of ``Weights``, from the plain values of a file."""
    runs, form, tuning = _at(values, "runs"), _at(values, "form"), _at(values, "tuning")
    if not isinstance(runs, list):
        raise ValueError(f"'runs' must be a list, found {runs!r}")
    return {
        "runs": tuple(map(_run_weights, runs)),
        "words": _number(values, "words"),
        "form": Form(_one_of(Case, _at(form, "case")), _one_of(Marks, _at(form, "punctuation"))),
        "tuning": Tuning(*(_at(tuning, key) for key in ("file", "lists", "errors"))) if tuning else None,
    }


def _run_weights(values: Any) -> RunWeights:
    name, own = str(_at(values, "name")), str(_at(values, "identity"))
    return RunWeights(name, _number(values, "logp"), _number(values, "unknown"), own)


def _at(values: Any, key: str) -> Any:
    if not isinstance(values, dict):
        raise ValueError(f"expected an object with {key!r}, found {json.dumps(values)[:SHOWN]}")
    if key not in values:
        raise ValueError(f"{key!r} is missing")
    return values[key]


def _number(values: Any, key: str) -> float:
    value = _at(values, key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key!r} must be a finite number, found {value!r}")
    return float(value)


def _told(error: ValueError) -> str:
    """What is wrong in a file, without the words of the machine that read it."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno} breaks the JSON: {error.msg}"
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def _one_of(kind: Any, value: Any) -> Any:
    if value is not None and value not in get_args(kind):
        raise ValueError(f"expected one of {', '.join(get_args(kind))} or null, found {value!r}")
    return value
