"""Sentences and their nonsense twins with all content words replaced (Gulordava et al. 2018), in four languages.

The file tells neither attractors nor the subject's place in a way that counts could be taken from.
"""

from __future__ import annotations

from collections.abc import Mapping

from weft.labs.agreement.pairs import Pair

COLUMNS = ("type", "target_index", "correct", "wrong", "prefix", "sentence")
OPTIONAL: tuple[str, ...] = ()
ODD = "their two words are equal"


def pair(values: Mapping[str, str]) -> Pair | None:
    """The pair of a row, its group ``original`` or ``nonsense``."""
    if values["correct"] == values["wrong"]:
        return None
    rest = values["sentence"].split()[int(values["target_index"]) + 1 :]
    return Pair(values["correct"], values["wrong"], prefix=values["prefix"], group=values["type"], rest=" ".join(rest))
