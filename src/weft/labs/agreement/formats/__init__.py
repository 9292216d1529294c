"""Files of minimal pairs; which format one has is told by the names of its columns.

own              prefix, good, bad — or grammatical, ungrammatical — and, where known, attractors, distance, group, rest
linzen           target_index, correct, wrong, n_attractors, sentence
colorless        type, correct, wrong, prefix, sentence
marvin_linzen    case, condition, grammatical, ungrammatical
blimp            sentence_good, sentence_bad, linguistics_term, UID (JSON lines)

A format has ``COLUMNS`` (a file that has them is of it), ``OPTIONAL`` ones, and ``pair(values)``: a row's pair, or None
for a row that holds none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from weft.data.problems import Problems, show_path
from weft.data.readers import list_columns, read_records
from weft.errors import DataError
from weft.labs.agreement.formats import blimp, colorless, linzen, marvin_linzen, own
from weft.labs.agreement.pairs import Pair, PairSet

MOST = 100
"""Pairs of a kind that are measured of the large sets without ``--full``."""


class Format(Protocol):
    """What a module of this folder has."""

    @property
    def COLUMNS(self) -> tuple[str, ...]:  # noqa: N802
        """What tells the format."""

    @property
    def OPTIONAL(self) -> tuple[str, ...]:  # noqa: N802
        """What is read where it is there."""

    @property
    def ODD(self) -> str:  # noqa: N802
        """Why a row may hold no pair."""

    def pair(self, values: Mapping[str, str], /) -> Pair | None:
        """The pair of a row; None where it holds none, which ``ODD`` says in words.

        Raises:
            ValueError: a value is not what it must be; the message says which.
        """


FORMATS: Sequence[Format] = (linzen, colorless, marvin_linzen, blimp, own.SENTENCES, own.PREFIXES)


def read_pairs(path: Path, name: str, *, full: bool = True) -> PairSet:
    """Read a file of pairs.

    Args:
        path: a .tsv, .csv or .jsonl file (.gz too), its columns those of one of the formats.
        name: what the set is called.
        full: all pairs; otherwise at most ``MOST`` of a kind.
    Raises:
        DataError: no such file, no format of these columns, a value that is not what it must be (with its line), or no
            pair at all.
    """
    found = list_columns(path)
    form = next((each for each in FORMATS if set(each.COLUMNS) <= set(found)), None)
    if form is None:
        known = "; ".join(", ".join(each.COLUMNS) for each in FORMATS)
        raise DataError(
            f"{path}: no pairs have the columns {', '.join(found[:20])}", hint=f"columns that pairs may have: {known}"
        )
    problems, pairs, odd = Problems(), [], []
    columns = {column: column for column in (*form.COLUMNS, *(each for each in form.OPTIONAL if each in found))}
    for record in read_records([path], columns, problems=problems):
        try:
            pair = form.pair(record.values)
        except ValueError as error:
            raise DataError(f"{show_path(path)}:{record.line}: {error}", hint="mend or remove the line") from error
        if pair is None:
            odd.append(record.line)
        else:
            pairs.append(pair)
    if not pairs:
        raise DataError(f"{path}: none of its {len(odd)} rows holds a pair: {form.ODD}")
    left_out = [f"{name}: {len(odd)} rows left out, {form.ODD} (lines {_first(odd)})"] if odd else []
    whole = PairSet(name, tuple(pairs), (*problems.notes(), *left_out))
    return whole if full else whole.thinned(MOST)


def _first(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines[:5])) + (", …" if len(lines) > 5 else "")
